/** Calls and events between the Models page and its worker. Everything in them can be cloned. */
import type { WeightStorage } from '../../../engine/index';
import type { CachedModel, HubProgress, Inspection } from '../../../models/index';
import type { Layer } from '../../session/look';
import type { Maps } from '../../session/maps';
import type { AdapterSummary, RunEvent } from '../../session/protocol';

export type { Layer, Maps };

/** Where a model is. */
export type Source =
  /** Ships with the page: addresses of its files by their names. */
  | { readonly kind: 'shipped'; readonly id: string; readonly files: Readonly<Record<string, string>> }
  /** An id of the hub, or the address of a folder. The token is used, and kept nowhere. */
  | { readonly kind: 'hub'; readonly model: string; readonly revision?: string; readonly token?: string }
  | { readonly kind: 'files'; readonly title: string; readonly files: readonly File[] };

/** What a model is for, by its head. */
export type Use = 'write' | 'chat' | 'fill' | 'classify' | 'tag' | 'answer' | 'compare' | 'rewrite';

/** What weights are stored as on the device. */
export type Storage = Extract<WeightStorage, 'f32' | 'f16' | 'int8' | 'int4'>;

/** What a model is, before it is loaded. */
export interface Found {
  readonly title: string;
  readonly storage: Storage;
  /** Null for a model that Heed loads, but has nothing to do with by itself. */
  readonly use: Use | null;
  readonly inspection: Inspection;
}

/** A model that is loaded. */
export interface Opened extends Found {
  readonly use: Use;
  /** The longest text, in tokens. */
  readonly context: number;
  /** What hides a word, where it fills in: `[MASK]`. */
  readonly mask: string | null;
  /** Names of classes, where it has them. */
  readonly labels: readonly string[];
  /** Whether it tells what follows from a text, so that labels of one's own can be tried. */
  readonly zeroShot: boolean;
  /** Whether it can learn here, from a text or from rows of label and text. */
  readonly learns: 'text' | 'rows' | null;
}

export type ChatTurn = Readonly<Record<'role' | 'content', string>>;

export type Ask =
  | {
      readonly use: 'write';
      readonly text: string;
      readonly tokens: number;
      /** 0: the likeliest token each time. */
      readonly temperature: number;
      readonly topP: number;
      readonly seed: number;
    }
  /** `text` is the last message. */
  | {
      readonly use: 'chat';
      readonly text: string;
      readonly before: readonly ChatTurn[];
      readonly tokens: number;
      readonly temperature: number;
      readonly topP: number;
      readonly seed: number;
    }
  | { readonly use: 'fill' | 'tag' | 'rewrite'; readonly text: string }
  /** `labels`: of one's own; empty for the model's. */
  | { readonly use: 'classify'; readonly text: string; readonly labels: readonly string[] }
  | { readonly use: 'answer'; readonly text: string; readonly question: string }
  | { readonly use: 'compare'; readonly text: string; readonly texts: readonly string[] };

export interface Scored {
  readonly label: string;
  /** A probability; of `compare` a cosine. Null for a number that is neither (regression), which `value` is. */
  readonly score: number | null;
  readonly value?: number;
}

export interface Span {
  readonly label: string;
  readonly score: number;
  /** [start, end) in UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
}

export type Answer =
  | { readonly use: 'write' | 'rewrite'; readonly text: string }
  /** `finished`: it came to its end by itself. */
  | { readonly use: 'chat'; readonly text: string; readonly finished: boolean }
  /** For each hidden place, what may stand there. */
  | { readonly use: 'fill'; readonly places: readonly (readonly Scored[])[] }
  | { readonly use: 'classify' | 'compare'; readonly scores: readonly Scored[] }
  | { readonly use: 'tag' | 'answer'; readonly spans: readonly Span[] };

/** A token as it was read or written. */
export interface SeenToken {
  readonly text: string;
  /** How probable the model found it where it stands; null where that is not known. */
  readonly probability: number | null;
}

export interface Reply {
  readonly answer: Answer;
  /** Grows from reply to reply: to ask for what is behind this one. */
  readonly number: number;
  readonly read: readonly SeenToken[];
  /** Of models with a source. */
  readonly written: readonly SeenToken[];
  readonly layers: readonly Layer[];
  readonly milliseconds: number;
  /** Whether kernels were compiled meanwhile: then most of the time went there, and the next answer comes sooner. */
  readonly compiled: boolean;
}

export interface LearnSettings {
  /** A text to go on with or to fill in; or rows `label<tab>text`. */
  readonly text: string;
  readonly steps: number;
  readonly rate: number;
}

/** A model that learns. */
export interface LearnRun {
  readonly step: number;
  readonly steps: number;
  /** Tokens that it learns from, and of the part that is held out. */
  readonly tokens: { readonly train: number; readonly validation: number };
  /** Rows that were left out, each with its reason. */
  readonly skipped: readonly { readonly line: number; readonly why: 'no tab' | 'no label' | 'no text' }[];
}

export interface ExportedFile {
  readonly name: string;
  readonly blob: Blob;
}

export type BringEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  /** The device was lost: the next call loads the model on another one. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'download'; readonly progress: HubProgress }
  | { readonly kind: 'notice'; readonly message: string }
  /** Bytes of weights on the device. */
  | { readonly kind: 'weights'; readonly done: number; readonly total: number }
  | { readonly kind: 'piece'; readonly text: string }
  | RunEvent<LearnRun, 'encode' | 'compile'>;

export type Cached = CachedModel;
