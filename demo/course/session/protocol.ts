/** What the course's page and its worker say to each other. Arrays are the f32 that the kernels wrote. */
import type { Likely } from '../../session/likeliest';
import type { Maps } from '../../session/maps';
import type { AdapterSummary } from '../../session/protocol';
import type { ReaderInfo } from '../../session/reader';

/** Tokens of a text that are read at most: the first ones. */
export const MOST = 32;
/** Positions whose likeness to each other is shown. */
export const POSITIONS = 64;

/** The model as the page needs to know it before a text is read. */
export interface CourseInfo extends ReaderInfo {
  readonly layers: number;
  readonly heads: number;
  /** C: numbers of a token. */
  readonly width: number;
  /** Cosines between the vectors of the first positions, (POSITIONS, POSITIONS). */
  readonly positions: Float32Array;
}

/** Parts of the model that can be left out. */
export interface Switches {
  /** Vectors of positions are added to those of tokens. */
  readonly positions: boolean;
  /** Two of each layer, attention and feed-forward: whether what it gives is added. */
  readonly blocks: readonly boolean[];
}

/** The residual stream in one place: before the first layer, and after each block. */
export interface Stage {
  /** Euclidean lengths of the tokens' vectors, (T). */
  readonly lengths: Float32Array;
  /** The same of what the block added, (T); null before the first layer. */
  readonly added: Float32Array | null;
  /** What the output layer makes of the vectors here, of each token the likeliest that may follow, best first. */
  readonly guesses: readonly (readonly Likely[])[];
}

/** A text on its way through the model: T tokens. */
export interface Walk {
  readonly ids: Uint32Array;
  /** As people read it. */
  readonly text: string;
  /** The text was longer: it was cut after MOST tokens. */
  readonly cut: boolean;
  /** Vectors of the tokens, and of their positions, (T, C). */
  readonly tokens: Float32Array;
  readonly positions: Float32Array;
  /** Of each token the others of the vocabulary that are most like it, with their cosines as shares. */
  readonly near: readonly (readonly Likely[])[];
  /** Of each layer (T, 3·C): queries, keys and values, head by head. */
  readonly qkv: readonly Float32Array[];
  /** Of each layer, what every head attended to. */
  readonly maps: readonly Maps[];
  readonly stages: readonly Stage[];
  /** Of what follows the last token, (V). */
  readonly logits: Float32Array;
  /** Largest difference from the logits that the model gives when it is called as one; null where a part is left out. */
  readonly difference: number | null;
}

export type CourseEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  /** Another device took the place of a lost one: ask again for what is on view. */
  | { readonly kind: 'recovered' };
