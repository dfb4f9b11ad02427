/**
 * A text on its way through the writer that ships, once, for browsers without WebGPU. demo/course/record.ts makes the file; its
 * numbers are rounded: logits to thousandths, others to 1/2,000, attention and likeness to 1/32,767.
 */
import type { Likely } from '../session/likeliest';
import type { Maps } from '../session/maps';
import { packNumbers, unpackNumbers } from '../session/packed-numbers';
import type { CourseInfo, Stage, Walk } from './session/protocol';

const LOGITS = 1000;
const NUMBERS = 2000;
const SHARES = 32_767;

export interface Recording {
  readonly info: CourseInfo;
  readonly walk: Walk;
  /** The stages with each block left out, in their order, and at the end without positions. */
  readonly without: readonly (readonly Stage[])[];
  readonly adapter: string;
}

type Pair = readonly [id: number, share: number];

interface RecordedStage {
  readonly lengths: readonly number[];
  readonly added: readonly number[] | null;
  readonly guesses: readonly (readonly Pair[])[];
}

/** As the file has it; numbers of 16 bits in base64, little end first. */
export interface RecordedFile {
  readonly adapter: string;
  readonly info: Omit<CourseInfo, 'positions'> & { readonly positions: string };
  readonly ids: readonly number[];
  readonly text: string;
  readonly tokens: string;
  readonly positions: string;
  readonly near: readonly (readonly Pair[])[];
  readonly qkv: readonly string[];
  readonly maps: readonly string[];
  readonly stages: readonly RecordedStage[];
  readonly logits: string;
  readonly difference: number;
  readonly without: readonly (readonly RecordedStage[])[];
}

const pairs = (all: readonly Likely[]): Pair[] => all.map(({ id, share }) => [id, Number(share.toFixed(4))]);
const likely = (all: readonly Pair[]): Likely[] => all.map(([id, share]) => ({ id, share }));
const rounded = (all: Float32Array): number[] => Array.from(all, (x) => Number(x.toFixed(2)));

const packStage = ({ lengths, added, guesses }: Stage): RecordedStage => ({
  ...{ lengths: rounded(lengths), added: added && rounded(added), guesses: guesses.map(pairs) },
});
const unpackStage = ({ lengths, added, guesses }: RecordedStage): Stage => ({
  lengths: Float32Array.from(lengths),
  added: added && Float32Array.from(added),
  guesses: guesses.map(likely),
});

export function pack({ info, walk, without, adapter }: Recording): RecordedFile {
  const numbers = (all: Float32Array): string => packNumbers(all, NUMBERS);
  const { ids, text, tokens, positions, near, qkv, maps, stages, logits, difference } = walk;
  return {
    adapter,
    info: { ...info, positions: packNumbers(info.positions, SHARES / 1.001) },
    ...{ ids: [...ids], text, difference: difference! },
    ...{ tokens: numbers(tokens), positions: numbers(positions), qkv: qkv.map(numbers) },
    near: near.map(pairs),
    maps: maps.map(({ probabilities }) => packNumbers(probabilities, SHARES)),
    stages: stages.map(packStage),
    logits: packNumbers(logits, LOGITS),
    without: without.map((all) => all.map(packStage)),
  };
}

export function unpack(file: RecordedFile): Recording {
  const { adapter, info, text, difference, without } = file;
  const numbers = (packed: string): Float32Array => unpackNumbers(packed, NUMBERS);
  const T = file.ids.length;
  return {
    adapter,
    info: { ...info, positions: unpackNumbers(info.positions, SHARES / 1.001) },
    walk: {
      ...{ text, difference, cut: false, ids: Uint32Array.from(file.ids) },
      ...{ tokens: numbers(file.tokens), positions: numbers(file.positions), qkv: file.qkv.map(numbers) },
      near: file.near.map(likely),
      maps: file.maps.map((packed): Maps => {
        const probabilities = unpackNumbers(packed, SHARES);
        return { heads: info.heads, rows: T, columns: T, probabilities };
      }),
      stages: file.stages.map(unpackStage),
      logits: unpackNumbers(file.logits, LOGITS),
    },
    without: without.map((all) => all.map(unpackStage)),
  };
}
