/** From pairs of texts to batches of ids: what a training run reads, as a function of its settings. */
import { DataError, throwIfAborted } from '../../engine/index';
import {
  PairBatches,
  splitPairs,
  type IdPair,
  type PairBatch,
  type PairBatchOptions,
  type TextPair,
} from '../../engine/data';
import { PairVocabulary, type PairVocabularyOptions } from './pair_vocabulary';
import type { VocabularyProgress } from './pair_tokens';

export interface TranslationDataSettings {
  readonly vocabulary: Pick<PairVocabularyOptions, 'kind' | 'vocabularySize' | 'minFrequency'>;
  /** Held out to watch the training by, and for a test at its end: shares or numbers of pairs, see `splitPairs`. */
  readonly validation: number;
  readonly test: number;
  readonly apart: 'source' | 'both';
  readonly splitSeed: number;
  /** Tokens of a batch, padding included. */
  readonly tokens: number;
  /** Tokens of a source or target, with its end: longer pairs are left out. */
  readonly maxLength: number;
  readonly maxShapes: number;
  readonly seed: number;
}

/** What became of the pairs. */
export interface TranslationDataReport {
  readonly pairs: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Of the training pairs: left out because of their length, or without a token on one side. */
  readonly tooLong: number;
  readonly empty: number;
  /** Tokens of the vocabulary: the source's and the target's. */
  readonly vocabulary: readonly [source: number, target: number];
  /** Of an epoch, without padding. */
  readonly tokens: { readonly source: number; readonly target: number };
  readonly paddingShare: number;
  readonly shapes: number;
  readonly batchesPerEpoch: number;
}

export interface TranslationData {
  readonly vocabulary: PairVocabulary;
  readonly batches: PairBatches;
  /** Empty where no validation pair fits the shapes of the batches. */
  readonly validationBatches: readonly PairBatch[];
  readonly validation: readonly TextPair[];
  readonly test: readonly TextPair[];
  /** Tokens of the longest source. */
  readonly longest: number;
  readonly report: TranslationDataReport;
}

export type DataProgress = (phase: 'vocabulary' | 'encode', done: number, total: number | null) => void;

/** Pairs that are encoded before the thread is given back. */
const TURN = 2000;

export async function prepareTranslationData(
  pairs: readonly TextPair[],
  settings: TranslationDataSettings,
  {
    vocabulary: given = null,
    signal,
    onProgress,
  }: {
    readonly vocabulary?: PairVocabulary | null;
    readonly signal?: AbortSignal;
    readonly onProgress?: DataProgress;
  } = {},
): Promise<TranslationData> {
  const { validation, test, apart, splitSeed: seed } = settings;
  const split = splitPairs(pairs, { validation, test, apart, seed });
  const vocabulary =
    given ??
    (await PairVocabulary.learn(split.train, {
      ...settings.vocabulary,
      signal,
      onProgress: ({ phase, done, total }: VocabularyProgress) => {
        if (phase === 'merge') onProgress?.('vocabulary', done, total);
      },
    }));

  let encoded = 0;
  const total = split.train.length + split.validation.length;
  const encode = async (part: readonly TextPair[]): Promise<IdPair[]> => {
    const ids: IdPair[] = [];
    for (const { source, target } of part) {
      ids.push({
        source: vocabulary.encodeSource(source, { unknown: 'token' }),
        target: vocabulary.encodeTarget(target),
      });
      if (++encoded % TURN !== 0) continue;
      onProgress?.('encode', encoded, total);
      await new Promise((resolve) => setTimeout(resolve));
      throwIfAborted(signal);
    }
    return ids;
  };
  const trainIds = await encode(split.train);
  const validationIds = await encode(split.validation);
  onProgress?.('encode', total, total);

  const { begin, end, pad } = vocabulary;
  const { tokens, maxLength, maxShapes } = settings;
  const options: PairBatchOptions = { begin, end, pad, tokens, maxLength, maxShapes, seed: settings.seed };
  const batches = new PairBatches(trainIds, options);
  const shapes = { ...options, shapes: batches.shapes, shuffle: false };
  const held = split.validation.filter((_, i) => fits(validationIds[i], maxLength));
  return {
    vocabulary,
    batches,
    validationBatches: validationBatches(validationIds, shapes),
    validation: held,
    test: split.test,
    longest: batches.shapes.reduce((most, { S }) => Math.max(most, S), 0),
    report: {
      pairs: pairs.length,
      train: split.train.length,
      validation: held.length,
      test: split.test.length,
      tooLong: batches.tooLong.count,
      empty: batches.empty.count,
      vocabulary: [vocabulary.sourceSize, vocabulary.size],
      tokens: { source: batches.tokens.source, target: batches.tokens.target },
      paddingShare: batches.paddingShare,
      shapes: batches.shapes.length,
      batchesPerEpoch: batches.perEpoch,
    },
  };
}

function fits({ source, target }: IdPair, maxLength: number): boolean {
  return source.length > 0 && target.length > 0 && Math.max(source.length, target.length) < maxLength;
}

function validationBatches(ids: readonly IdPair[], options: PairBatchOptions): PairBatch[] {
  if (ids.length === 0) return [];
  try {
    const batches = new PairBatches(ids, options);
    return Array.from({ length: batches.perEpoch }, (_, k) => batches.at(k));
  } catch (error) {
    if (error instanceof DataError) return []; // none fits
    throw error;
  }
}
