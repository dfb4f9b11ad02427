/**
 * A network of each kind that learnt the karate club: the page begins with it, and browsers without WebGPU have nothing else. demo/graph/record.ts
 * makes the file. Without a device, what a graph without one of its ties is read as, tie by tie, stands there, too.
 */
import { packNumbers, unpackNumbers } from '../session/packed-numbers';
import type { History } from '../session/protocol';
import type { Attention, GraphRun, Guesses, Judged, Looked, TrainedNet } from './session/protocol';

const SHARES = 32_767;
/** Weights are smaller than 4: steps of 1/8,191 are finer than what a class hangs on. */
const WEIGHTS = 8_191;

export const KINDS = ['gatv2', 'gat'] as const;
export type KindName = (typeof KINDS)[number];

export interface RecordedNet extends TrainedNet {
  readonly history: History;
  readonly judged: readonly Judged[];
  readonly looked: Looked;
  /** Of each tie: the shares of all classes without it, (N, K). */
  readonly without: readonly Float32Array[];
  readonly guesses: Guesses;
}

interface PackedNet extends Pick<RecordedNet, 'history' | 'judged' | 'guesses'> {
  readonly run: GraphRun;
  readonly weights: Readonly<Record<string, string>>;
  readonly shares: string;
  readonly attention: readonly (Omit<Attention, 'toSource' | 'toTarget' | 'own'> &
    Readonly<Record<'toSource' | 'toTarget' | 'own', string>>)[];
  readonly without: readonly string[];
}

export interface RecordedFile {
  readonly adapter: string;
  readonly runs: Readonly<Record<KindName, PackedNet>>;
}

const each = <From, To>(record: Readonly<Record<string, From>>, to: (one: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, one]) => [name, to(one)]));

export function pack({ run, weights, looked, without, ...rest }: RecordedNet): PackedNet {
  const shares = (list: Float32Array): string => packNumbers(list, SHARES);
  const attention = looked.attention.map(({ heads, toSource, toTarget, own }) => ({
    ...{ heads, toSource: shares(toSource), toTarget: shares(toTarget), own: shares(own) },
  }));
  return {
    ...{ ...rest, run, attention, shares: shares(looked.shares), without: without.map(shares) },
    weights: each(weights, (list) => packNumbers(list, WEIGHTS)),
  };
}

export function unpack({ run, weights, shares, attention, without, ...rest }: PackedNet): RecordedNet {
  const list = (packed: string): Float32Array => unpackNumbers(packed, SHARES);
  const layers = attention.map(({ heads, toSource, toTarget, own }) => ({
    ...{ heads, toSource: list(toSource), toTarget: list(toTarget), own: list(own) },
  }));
  return {
    ...{ ...rest, run, without: without.map(list) },
    looked: { step: run.step, shares: list(shares), attention: layers },
    weights: each(weights, (packed) => unpackNumbers(packed, WEIGHTS)),
  };
}
