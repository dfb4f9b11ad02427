/**
 * Zachary's karate club (1977), as networkx has it (tests/fixtures/make_graphs.py): 34 members, 78 ties of friendship, and the
 * club that each went to when it split: the instructor's, member 1, or the president's, member 34.
 */
import karate from '../../../tests/fixtures/karate.json';
import type { Net } from './net';

const LEADERS = [0, 33];

/** Told of both leaders only. */
export function karateClub(classes: readonly string[]): Net {
  return {
    members: karate.clubs.map((label, id) => ({
      ...{ id, name: String(id + 1), label },
      told: LEADERS.includes(id),
    })),
    ties: karate.source.map((a, i) => ({ a, b: karate.target[i], cut: false })),
    classes,
  };
}
