/** A step of several sentences, row by row. */
import { fnv1a, NO_TOKEN, type Step } from '../../engine/index';
import { bansOf, placesFor } from './bans';
import type { Decoding } from './decoding';
import { penalises } from './option_table';
import type { SequenceSearch } from './search';
import { seenIn, seenTable } from './seen';
import type { CompleteOptions } from './sequence_options';
import type { Choice, StepRows } from './steps';

export interface Sentence {
  readonly index: number;
  /** Null where the prompt begins the text. */
  readonly source: ArrayLike<number> | null;
  /** What comes before the first token made. */
  readonly prompt: readonly number[];
  readonly search: SequenceSearch;
  /** Most tokens to make. */
  readonly tokens: number;
  /** What its samples are keyed by: a hash of what it is, so that they do not depend on its neighbours. */
  readonly key: number;
}

interface BatchStep {
  readonly rows: StepRows;
  /** Of each row, in no order. */
  readonly bans: readonly (readonly number[])[];
  readonly now: Pick<Step, 'position' | 'length' | 'index'>;
  readonly choice: Omit<Choice, 'mode' | 'count' | 'coverage'>;
  /** Whether tokens of any row are free, and whether any row's is forced. */
  readonly drawn: boolean;
  readonly forced: boolean;
}

/** What token number `index` of all sentences takes; number 0 feeds their prompts. */
export function stepRows(
  decoding: Decoding,
  group: readonly Sentence[],
  index: number,
  o: CompleteOptions,
): BatchStep {
  const { beams: K } = o;
  const prompts = group.map(({ prompt }) => prompt.length);
  const [shortest, longest] = [Math.min(...prompts), Math.max(...prompts)];
  const fed = index === 0 ? longest : 1; // rows that are real
  const length = fed === 1 ? 1 : decoding.stretch(fed);
  const rows = Array.from({ length: decoding.rows }, (_, row) => row);
  const bans = rows.map((): readonly number[] => []);
  const seen = rows.map(() => new Map<number, number>());
  const ids = new Uint32Array(rows.length * length);
  // Rows that nothing lives in stand with the shortest, and are as long as one token.
  const lengths = new Uint32Array(rows.length).fill(1);
  const starts = new Uint32Array(rows.length);
  const order = Uint32Array.from(rows);
  const only = new Uint32Array(rows.length).fill(NO_TOKEN);
  const counters = new Uint32Array(rows.length);
  let [forced, drawn] = [false, false];
  for (const [n, { search, index: sentence, key, prompt }] of group.entries()) {
    const beginning = o.forced[sentence];
    for (let row = n * K; index === 0 && row < (n + 1) * K; row++) {
      ids.set(prompt, row * length);
      lengths[row] = prompt.length;
    }
    for (const { ids: text, row: own, parent } of search.live) {
      const row = n * K + own;
      if (index > 0) ids[row] = text[index - 1];
      starts[row] = prompt.length - shortest;
      order[row] = n * K + parent;
      only[row] = beginning[index] ?? NO_TOKEN;
      counters[row] = fnv1a([own], key);
      if (penalises(o)) {
        seen[row] = seenIn([...prompt, ...text.slice(0, beginning.length)], text.slice(beginning.length));
      }
      // A forced token is taken banned or not, and its probability is that among all.
      if (only[row] === NO_TOKEN) bans[row] = bansOf([...prompt, ...text], o, { made: index, end: o.end });
      if (only[row] === NO_TOKEN) drawn = true;
      else forced = true;
    }
  }
  const places = placesFor(bans.reduce((most, own) => Math.max(most, own.length), 1));
  const table = new Uint32Array(rows.length * places).fill(NO_TOKEN);
  bans.forEach((own, row) => table.set(Uint32Array.from(own).sort(), row * places));
  const uneven = shortest < longest;
  const seenPlaces = penalises(o) ? placesFor(seen.reduce((most, { size }) => Math.max(most, size), 1)) : 0;
  return {
    rows: {
      ...{ ids, order, only, counters, bans: table },
      ...(uneven && (index === 0 ? { lengths } : { starts })),
      ...(seenPlaces > 0 && {
        seen: seenTable(seen, seenPlaces),
        penalties: Float32Array.of(o.repetitionPenalty, o.presencePenalty, o.frequencyPenalty),
      }),
    },
    now: { position: index === 0 ? 0 : shortest + index - 1, length: fed, index },
    choice: {
      ...{ length, uneven, bans: places, seen: seenPlaces, renormalize: o.renormalize },
      penalised: o.mode === 'beam' ? 'log-probabilities' : 'logits',
    },
    ...{ bans, drawn, forced },
  };
}
