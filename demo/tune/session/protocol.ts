/** What the page Tune and its session say to each other. Everything in it can be cloned. */
import type { AdapterCost } from '../../../models/adapters/cost';
import type { AdapterChoice } from '../../../models/adapters/tuning';
import type { ExportedFile, Found } from '../../bring/session/protocol';
import type { AdapterSummary, RunEvent, TextInfo } from '../../session/protocol';
import type { HubProgress } from '../../../models/index';

export type { AdapterChoice, AdapterCost, ExportedFile };

/** The base that is loaded. */
export interface OpenedBase extends Found {
  /** The longest text, in tokens. */
  readonly context: number;
  /** Linear layers that an adapter may be beside: ends of their names in Transformers, in the order of the model. */
  readonly targets: readonly string[];
}

/** What an adapter is taught by. */
export interface TuneSettings {
  readonly choice: AdapterChoice;
  /** Peak learning rate. */
  readonly rate: number;
  readonly steps: number;
  readonly seed: number;
  /** What both go on with as it learns. */
  readonly writing: Writing;
}

/** How both go on with a text: the same seed for both. */
export interface Writing {
  readonly prompt: string;
  readonly tokens: number;
  /** 0: the likeliest token each time. */
  readonly temperature: number;
  readonly seed: number;
}

/** Which model: the base alone, or the model as it is now, with the adapter while that is in use. */
export type Side = 'base' | 'now';

/** Held-out loss in nats a token; `now` null while there is no adapter. */
export interface Comparison {
  readonly base: number;
  readonly now: number | null;
}

/** An adapter that stands beside the base. */
export interface TuneRun {
  /** Null for one that came from files. */
  readonly settings: Pick<TuneSettings, 'choice' | 'rate' | 'steps' | 'seed'> | null;
  /** What adapter_config.json calls its kind, and says of it. */
  readonly kind: string;
  readonly step: number;
  readonly steps: number;
  /** The step whose weights the adapter has: of all judgements the best, once it has learnt. */
  readonly kept: number;
  /** Numbers that learn, and those of the base. */
  readonly learns: number;
  readonly base: number;
  /** Bytes of its files. */
  readonly files: number;
  /** Tokens that it learns from, and that are held out. */
  readonly tokens: { readonly train: number; readonly held: number } | null;
  readonly text: Pick<TextInfo, 'kind' | 'id' | 'title' | 'fingerprint'> | null;
  /** Whether the model computes with it. */
  readonly inUse: boolean;
}

export type TuneEvent =
  | RunEvent<TuneRun, 'encode' | 'compile'>
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'download'; readonly progress: HubProgress }
  | { readonly kind: 'notice'; readonly message: string }
  /** Bytes of the base's weights on the device. */
  | { readonly kind: 'weights'; readonly done: number; readonly total: number }
  /** The device was lost; another one goes on, from `step` where an adapter learns. */
  | { readonly kind: 'recovered'; readonly step: number }
  | { readonly kind: 'compared'; readonly comparison: Comparison }
  /** A text of one side so far; `done`: all of it. `step`: of what had learnt for so long. */
  | {
      readonly kind: 'written';
      readonly side: Side;
      readonly prompt: string;
      readonly text: string;
      readonly done: boolean;
      readonly step: number;
    };
