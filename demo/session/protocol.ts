/** What the page and its worker say to each other: calls go through Comlink, everything that happens comes as events. */

/** Where a text comes from. Bundled ones are fetched by the worker when they are needed. */
export type TextSource =
  | {
      readonly kind: 'corpus';
      readonly id: string;
      readonly title: string;
      readonly url: string;
      readonly facts: TextFacts;
    }
  | { readonly kind: 'pasted'; readonly text: string }
  | { readonly kind: 'file'; readonly file: File };

export interface TextFacts {
  readonly characters: number;
  /** Different characters: the vocabulary of a character tokenizer. */
  readonly distinct: number;
  /** SHA-256 of the text, hexadecimal. */
  readonly fingerprint: string;
  readonly opening: string;
}

export interface TextInfo extends TextFacts {
  readonly kind: TextSource['kind'];
  /** Identifies a bundled text; '' for others. */
  readonly id: string;
  readonly title: string;
}

export type TokenizerKind = 'characters' | 'bytes';

/** Shape of a model and of its batches. */
export interface Size {
  readonly id: string;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly context: number;
  readonly batch: number;
  readonly rate: number;
  readonly steps: number;
  /** Updates between evaluations, on a GPU. */
  readonly evaluateEvery: number;
}

export interface TrainSettings {
  readonly size: Size;
  readonly tokenizer: TokenizerKind;
  /** Peak learning rate. */
  readonly rate: number;
  /** Updates in all. */
  readonly steps: number;
  /** Prompt of the samples drawn while it trains. */
  readonly prompt: string;
  readonly temperature: number;
}

/** The model that stands in the worker. */
export interface RunInfo {
  readonly size: Size;
  readonly tokenizer: TokenizerKind;
  readonly vocabulary: number;
  readonly parameters: number;
  readonly rate: number;
  /** The next update, and how many were planned. */
  readonly step: number;
  readonly steps: number;
  readonly tokens: { readonly train: number; readonly validation: number } | null;
  readonly text: Pick<TextInfo, 'kind' | 'id' | 'title' | 'fingerprint'>;
}

/** Mean training losses by step and validation losses at their steps. */
export interface History {
  readonly losses: readonly number[];
  readonly validation: readonly (readonly [step: number, loss: number])[];
}

export interface AdapterSummary {
  readonly name: string;
  readonly software: boolean;
  readonly features: readonly string[];
}

export interface MemoryRow {
  readonly owner: string;
  readonly bytes: number;
}

export interface KernelRow {
  readonly kernel: string;
  readonly calls: number;
  readonly milliseconds: number;
  /** Billions of floating-point operations per second; 0 where none are counted. */
  readonly gflops: number;
}

export type Phase = 'text' | 'tokenizer' | 'encode' | 'compile';
export type RunState = 'empty' | 'preparing' | 'training' | 'paused' | 'stopped' | 'finished';

/** What every page's worker says of its training. */
export type RunEvent<Run, Phase extends string, Past extends History = History> =
  | { readonly kind: 'state'; readonly state: RunState; readonly run: Run | null }
  | { readonly kind: 'progress'; readonly phase: Phase; readonly share: number }
  | {
      readonly kind: 'steps';
      /** Number of the first of these losses. */
      readonly from: number;
      readonly losses: readonly number[];
      readonly tokensPerSecond: number;
      readonly stepMilliseconds: number;
    }
  | EvaluationEvent
  /** All losses anew: after a checkpoint was loaded or training went back to one. */
  | { readonly kind: 'history'; readonly history: Past };

export interface EvaluationEvent {
  readonly kind: 'evaluation';
  readonly step: number;
  readonly loss: number;
}

export type SessionEvent =
  | RunEvent<RunInfo, Phase>
  | {
      readonly kind: 'sample';
      readonly step: number;
      readonly prompt: string;
      readonly piece: string;
      readonly done: boolean;
    }
  | { readonly kind: 'text'; readonly piece: string }
  | { readonly kind: 'kernels'; readonly rows: readonly KernelRow[]; readonly clock: 'gpu' | 'wall' }
  | {
      readonly kind: 'memory';
      readonly rows: readonly MemoryRow[];
      readonly live: number;
      readonly idle: number;
      readonly peak: number;
    }
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'recovered'; readonly step: number };

export interface GenerateSettings {
  readonly prompt: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

export interface SavedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
