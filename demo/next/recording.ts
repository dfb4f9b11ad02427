/**
 * What the recommender that ships says of a few customers, and of them with one more good: the page begins with it, and browsers without WebGPU have
 * nothing else. demo/next/record.ts makes the file.
 */
import { K } from './settings';
import type { Answer, ItemShare } from './session/protocol';

interface PackedAnswer {
  readonly history: readonly number[];
  readonly attention: readonly number[];
  /** Items, then shares. */
  readonly model: readonly number[];
  readonly popularity: readonly number[];
  readonly markov: readonly number[];
  /** Row by row, -1 where there is none. */
  readonly without: readonly number[];
}

export interface RecordedFile {
  readonly adapter: string;
  readonly answers: readonly PackedAnswer[];
}

const packShares = (list: readonly ItemShare[]): number[] => [
  ...list.map(({ item }) => item),
  ...list.map(({ share }) => share),
];
const unpackShares = (list: readonly number[]): ItemShare[] =>
  Array.from({ length: list.length / 2 }, (_, i) => ({ item: list[i], share: list[i + list.length / 2] }));

export const pack = ({ history, attention, model, popularity, markov, without }: Answer): PackedAnswer => ({
  ...{ history, attention, model: packShares(model) },
  ...{ popularity: packShares(popularity ?? []), markov: packShares(markov ?? []) },
  without: without.flat().map((share) => (Number.isNaN(share) ? -1 : share)),
});

export function unpack({ history, attention, model, popularity, markov, without }: PackedAnswer): Answer {
  const { length } = history;
  const row = (i: number): number[] =>
    without.slice(i * length, (i + 1) * length).map((share) => (share < 0 ? NaN : share));
  return {
    ...{ history, attention, again: false, model: unpackShares(model) },
    ...{ popularity: unpackShares(popularity), markov: unpackShares(markov) },
    without: Array.from({ length: K }, (_, i) => row(i)),
  };
}
