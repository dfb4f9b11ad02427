/**
 * Places for the members of a graph: ties pull, everybody pushes everybody away, and both come to rest (Fruchterman and Reingold
 * 1991). The same graph in the same room has the same places.
 */
import type { Net } from './net';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Room {
  readonly width: number;
  readonly height: number;
}

/** Middles of members are at least so far apart, and from the edge, px: a finger finds each. */
export const APART = 30;
const EDGE = 20;
const ROUNDS = 300;

const within = (value: number, most: number): number => Math.min(most - EDGE, Math.max(EDGE, value));

export const inside = ({ x, y }: Place, { width, height }: Room): Place => ({
  x: within(x, width),
  y: within(y, height),
});

/** Those who have a place begin there, as parts of the room from 0 to 1; others where a spiral puts them. */
export function layOut(
  net: Net,
  room: Room,
  before: ReadonlyMap<number, Place> = new Map(),
): Map<number, Place> {
  const { width, height } = room;
  const { members } = net;
  const count = members.length;
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  members.forEach(({ id }, i) => {
    const known = before.get(id);
    const [turn, far] = [2.39996 * i, 0.45 * Math.sqrt((i + 0.5) / count)];
    x[i] = known ? known.x * width : width * (0.5 + far * Math.cos(turn));
    y[i] = known ? known.y * height : height * (0.5 + far * Math.sin(turn));
  });
  const at = new Map(members.map(({ id }, i) => [id, i]));
  const ties = net.ties.map(({ a, b }) => [at.get(a)!, at.get(b)!] as const);
  const unit = 0.8 * Math.sqrt((width * height) / Math.max(1, count));
  for (let round = 0; round < ROUNDS; round++) {
    pull(x, y, ties, { room, unit, heat: (unit * (ROUNDS - round)) / ROUNDS });
  }
  for (let round = 0; round < 60; round++) spread(x, y, room);
  return new Map(members.map(({ id }, i) => [id, { x: x[i] / width, y: y[i] / height }]));
}

function pull(
  x: Float64Array,
  y: Float64Array,
  ties: readonly (readonly [number, number])[],
  { room, unit, heat }: { readonly room: Room; readonly unit: number; readonly heat: number },
): void {
  const [dx, dy] = [new Float64Array(x.length), new Float64Array(x.length)];
  const push = (i: number, j: number, force: (far: number) => number): void => {
    const [ax, ay] = [x[i] - x[j] || 0.01 * (i - j), y[i] - y[j]];
    const far = Math.hypot(ax, ay);
    const by = force(far) / far;
    dx[i] += ax * by;
    dy[i] += ay * by;
    dx[j] -= ax * by;
    dy[j] -= ay * by;
  };
  for (let i = 0; i < x.length; i++) {
    for (let j = i + 1; j < x.length; j++) push(i, j, (far) => (unit * unit) / far);
    // Towards the middle, so that parts without a tie between them stay in the room.
    dx[i] -= 0.6 * (x[i] - room.width / 2);
    dy[i] -= 0.6 * (y[i] - room.height / 2) * (room.width / room.height);
  }
  for (const [a, b] of ties) push(a, b, (far) => -(far * far) / unit);
  for (let i = 0; i < x.length; i++) {
    const far = Math.hypot(dx[i], dy[i]) || 1;
    const by = Math.min(far, heat) / far;
    x[i] = within(x[i] + dx[i] * by, room.width);
    y[i] = within(y[i] + dy[i] * by, room.height);
  }
}

/** Whoever stands too close to another moves aside. */
function spread(x: Float64Array, y: Float64Array, room: Room): void {
  for (let i = 0; i < x.length; i++) {
    for (let j = i + 1; j < x.length; j++) {
      const [ax, ay] = [x[i] - x[j] || 0.5 * (i - j), y[i] - y[j]];
      const far = Math.hypot(ax, ay) || 1;
      if (far >= APART) continue;
      const by = (APART - far) / 2 / far;
      x[i] = within(x[i] + ax * by, room.width);
      y[i] = within(y[i] + ay * by, room.height);
      x[j] = within(x[j] - ax * by, room.width);
      y[j] = within(y[j] - ay * by, room.height);
    }
  }
}
