import type { Looked } from '../session/protocol';
import { tieBetween, type Net } from '../net/net';

/** The graph on view, and what the network says of it. */
export interface Scene {
  readonly net: Net;
  /** Null: nothing has looked at it yet. */
  readonly looked: Reading | null;
  /** Of the attention that is drawn. */
  readonly layer: number;
  /** Null: the mean of all heads. */
  readonly head: number | null;
  /** Id of the member that is looked at. */
  readonly chosen: number | null;
}

/** What a network said, with the graph that it was asked of. */
export interface Reading {
  readonly net: Net;
  readonly looked: Looked;
  /** What it said of the graph with all its ties; null where none is cut. */
  readonly whole: Looked | null;
}

/** Shares of a member's classes; null where the network said nothing of it. */
export function sharesOf(
  scene: Pick<Scene, 'looked'>,
  id: number,
  of: 'looked' | 'whole' = 'looked',
): number[] | null {
  const reading = scene.looked;
  const looked = reading?.[of];
  const at = reading ? reading.net.members.findIndex((one) => one.id === id) : -1;
  if (!looked || at < 0) return null;
  return rowOf(looked.shares, at, reading.net.classes.length);
}

export const rowOf = (shares: Float32Array, at: number, classes: number): number[] => [
  ...shares.subarray(at * classes, (at + 1) * classes),
];

export const likeliest = (shares: readonly number[]): number => shares.indexOf(Math.max(...shares));

/** Id of the member whose class the network is least sure of; null where there is none. */
export function leastSure({ net, looked }: Reading): number | null {
  let [id, least]: [number | null, number] = [null, Infinity];
  net.members.forEach((member, at) => {
    const most = Math.max(...rowOf(looked.shares, at, net.classes.length));
    if (most < least) [id, least] = [member.id, most];
  });
  return id;
}

/** How much a member gives to a neighbour, or to itself; null where the network did not see their tie. */
export function attentionOf({ looked, layer, head }: Scene, from: number, to: number): number | null {
  if (!looked) return null;
  const { net, looked: said } = looked;
  const attention = said.attention[Math.min(layer, said.attention.length - 1)];
  let [list, at]: [Float32Array, number] = [attention.own, net.members.findIndex(({ id }) => id === from)];
  if (from !== to) {
    const tie = tieBetween(net, from, to);
    if (tie < 0 || net.ties[tie].cut) return null;
    at = net.ties.slice(0, tie).filter(({ cut }) => !cut).length;
    list = net.ties[tie].a === from ? attention.toTarget : attention.toSource;
  }
  if (at < 0) return null;
  const heads = list.subarray(at * attention.heads, (at + 1) * attention.heads);
  return head === null || head >= heads.length
    ? heads.reduce((sum, x) => sum + x, 0) / heads.length
    : heads[head];
}
