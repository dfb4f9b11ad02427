/** Tokens that a text holds already, and how often each was made: what penalties go by. */
import { NO_TOKEN } from '../../engine/index';

export interface SeenTable {
  /** (rows, places), each row different ids, then `NO_TOKEN`. */
  readonly ids: Uint32Array;
  /** (rows, places), 0 for tokens of the prompt only. */
  readonly counts: Uint32Array;
}

/** A row's tokens; those of the prompt count 0. */
export function seenIn(prompt: readonly number[], text: readonly number[]): Map<number, number> {
  const seen = new Map<number, number>(prompt.map((id) => [id, 0]));
  for (const id of text) seen.set(id, (seen.get(id) ?? 0) + 1);
  return seen;
}

export function seenTable(rows: readonly ReadonlyMap<number, number>[], places: number): SeenTable {
  const ids = new Uint32Array(rows.length * places).fill(NO_TOKEN);
  const counts = new Uint32Array(ids.length);
  for (const [r, seen] of rows.entries()) {
    ids.set([...seen.keys()], r * places);
    counts.set([...seen.values()], r * places);
  }
  return { ids, counts };
}
