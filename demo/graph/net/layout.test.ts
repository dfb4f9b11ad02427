import { expect, test } from 'vitest';
import { karateClub } from './karate';
import { APART, layOut, type Place, type Room } from './layout';
import { withMember } from './net';

const club = karateClub(['a', 'b']);

test.each([
  { width: 760, height: 560 },
  { width: 350, height: 440 },
])('%j: members stand in the room, apart, and nearer to friends than to others', (room: Room) => {
  const places = layOut(club, room);
  const px = ({ x, y }: Place): Place => ({ x: x * room.width, y: y * room.height });
  const far = (a: number, b: number): number => {
    const [p, q] = [px(places.get(a)!), px(places.get(b)!)];
    return Math.hypot(p.x - q.x, p.y - q.y);
  };
  const all: number[] = [];
  for (let a = 0; a < 34; a++) {
    const { x, y } = px(places.get(a)!);
    expect(Math.min(x, y, room.width - x, room.height - y)).toBeGreaterThan(19);
    for (let b = a + 1; b < 34; b++) all.push(far(a, b));
  }
  expect(Math.min(...all)).toBeGreaterThan(0.8 * APART);
  const mean = (list: readonly number[]): number => list.reduce((sum, d) => sum + d, 0) / list.length;
  expect(mean(club.ties.map(({ a, b }) => far(a, b)))).toBeLessThan(0.7 * mean(all));
  expect(layOut(club, room)).toEqual(places);
});

test('a graph of one, and two in one place, are placed all the same', () => {
  const room = { width: 300, height: 300 };
  const one = layOut(withMember({ members: [], ties: [], classes: [] }), room);
  expect([...one.values()].every(({ x, y }) => x > 0 && x < 1 && y > 0 && y < 1)).toBe(true);
  const two = withMember(withMember({ members: [], ties: [], classes: [] }));
  const same = new Map(two.members.map(({ id }) => [id, { x: 0.5, y: 0.5 }]));
  const [a, b] = [...layOut(two, room, same).values()];
  expect(Math.hypot(a.x - b.x, a.y - b.y) * 300).toBeGreaterThan(0.9 * APART);
});
