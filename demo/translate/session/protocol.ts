/** What the Translate page and its worker say to each other: calls through Comlink, everything that happens as events. */
import type { SkipReason, SkippedRows, TextPair } from '../../../engine/data';
import type {
  AdapterSummary,
  EvaluationEvent,
  History as LossHistory,
  RunEvent,
} from '../../session/protocol';

/** Pairs to train on. The bundled ones are fetched when training begins, others are read when they are chosen. */
export type PairsSource =
  | {
      readonly kind: 'corpus';
      readonly id: string;
      readonly title: string;
      readonly url: string;
      readonly languages: readonly [source: string, target: string];
      /** For `splitPairs`. */
      readonly apart: 'source' | 'both';
    }
  | { readonly kind: 'pasted'; readonly text: string }
  | { readonly kind: 'file'; readonly file: File };

/** What identifies pairs, and how they are shown. */
export interface PairsName {
  readonly kind: PairsSource['kind'];
  /** Of a bundled corpus: its name; of others the SHA-256 of their pairs, hexadecimal. */
  readonly id: string;
  readonly title: string;
  /** BCP 47; '' where nobody knows. */
  readonly languages: readonly [source: string, target: string];
}

/** What was found in a file. */
export interface PairsReport extends PairsName {
  readonly count: number;
  readonly skipped: Readonly<Record<SkipReason, SkippedRows>>;
  /** Rows with more than two columns. */
  readonly further: number;
}

export type SizeId = 'tiny' | 'small';

export interface TrainSettings {
  readonly size: SizeId;
  /** Peak learning rate. */
  readonly rate: number;
  /** Updates in all. */
  readonly steps: number;
}

/** What evaluations score translations by: BLEU, or the error rate of symbols (phonemes), as shares of 100. */
export type ScoreName = 'bleu' | 'per';

/** The training run that stands in the worker or is kept in the browser. */
export interface RunInfo extends TrainSettings {
  readonly pairs: PairsName;
  /** The next update. */
  readonly step: number;
  readonly score: ScoreName;
  /** A few held-out sources, to be tried. */
  readonly examples: readonly string[];
}

/** Mean training losses by step; validation losses and scores at theirs. */
export interface History extends LossHistory {
  readonly scores: readonly (readonly [step: number, score: number])[];
}

/** A held-out pair, and what the model makes of its source now. */
export interface Sample extends TextPair {
  readonly output: string;
}

/** The model that translates. */
export interface ModelInfo {
  readonly parameters: number;
  readonly layers: number;
  readonly heads: number;
  readonly languages: readonly [source: string, target: string];
  /** Parts of words, which can be shown as words; symbols apart by spaces; or single characters. */
  readonly tokens: 'subwords' | 'symbols' | 'characters';
}

/** Which model translates: a shipped one by its address, or the visitor's own, trained or loaded. */
export type ModelChoice =
  | {
      readonly kind: 'shipped';
      readonly url: string;
      readonly title: string;
      readonly languages: readonly [string, string];
    }
  | { readonly kind: 'own' };

export interface DecodeSettings {
  readonly beams: number;
  readonly lengthPenalty: number;
}

export interface HypothesisInfo {
  readonly text: string;
  /** What the beam orders by: log-probability over length to the power of the penalty. */
  readonly score: number;
  readonly logProbability: number;
}

export interface TranslationResult {
  /** Grows from translation to translation: to ask for the attention of this one. */
  readonly number: number;
  /** The best; of several parts, the best of each. */
  readonly text: string;
  /** One, unless the text is longer than the model reads at once: then its sentences, or words. None of an empty text. */
  readonly parts: readonly {
    readonly source: string;
    /** Best first. */
    readonly hypotheses: readonly HypothesisInfo[];
  }[];
  readonly milliseconds: number;
  /** Kernels that were compiled meanwhile: most of that time, where there are any. */
  readonly compiled: number;
}

/** Cross-attention of a part's translation: what every target token read, layer by layer and head by head. */
export interface Alignment {
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly layers: number;
  readonly heads: number;
  /** (layers, heads, target, source), row-major. */
  readonly probabilities: Float32Array;
}

export type Phase = 'text' | 'vocabulary' | 'encode' | 'compile';

/** What became of the pairs. */
export interface DataReport {
  readonly train: number;
  readonly validation: number;
  /** Of the tokens of all batches. */
  readonly paddingShare: number;
  /** Tokens of source and target, or of both together. */
  readonly vocabulary: readonly number[];
}

export type TranslateEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | Exclude<RunEvent<RunInfo, Phase, History>, EvaluationEvent>
  | (EvaluationEvent & { readonly score: number })
  | { readonly kind: 'data'; readonly report: DataReport }
  | { readonly kind: 'samples'; readonly step: number; readonly samples: readonly Sample[] }
  /** The best translation so far, while it grows. */
  | { readonly kind: 'partial'; readonly text: string }
  /** The browser does not keep the run; training goes on. `reason` is its own, in words, where `why` is 'error'. */
  | { readonly kind: 'unkept'; readonly why: 'room' | 'tab' | 'error'; readonly reason: string }
  /** The device was lost and another took over; training, if any, is back at this step. */
  | { readonly kind: 'recovered'; readonly step: number | null };
