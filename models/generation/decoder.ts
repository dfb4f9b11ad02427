/** What generation needs of a model. */
import type { Graph, LayerState, Tensor } from '../../engine/index';

/** The input of plans that says which adapter each row has, u32 (B): see `perRow`. */
export const ROW_ADAPTERS = 'adapters';

/** Sizes of the caches that a `Decoder` goes on with. */
export interface CacheSizes {
  /** K: rows of each sequence, which share its source's memory. Default 1. */
  readonly beams?: number;
  /** The longest source, in tokens. Default `context`. */
  readonly source?: number;
  /** The longest text, in tokens. Default: as long as the model can go on for, which is `context` with few exceptions. */
  readonly target?: number;
  /** Default 'f32'. */
  readonly dtype?: 'f32' | 'f16';
}

/** Where rows of a batch of unequal texts stand. */
export interface Placed {
  /**
   * How far each row of the batch is ahead of `step.position`, u32 (N·K): token t of row b stands at
   * `step.position + starts[b] + t`. Default 0.
   */
  readonly starts?: Tensor | null;
  /**
   * How many of the T tokens are real in each row of the batch, u32 (N·K); the others, after them, are padding. 0 where a
   * row has ended: it may stand past the context then, and its logits mean nothing. Default: `step.length`.
   */
  readonly lengths?: Tensor | null;
}

/** What belongs to the rows of one step. */
export interface NextOptions extends Placed {
  /** u32 (N): tokens of each source, for models that have one. Default: all that the caches hold. */
  readonly sourceLengths?: Tensor | null;
  /**
   * Called while recording with each layer's queries (N, K·T, H·D) and keys (N, S, H·D) of cross-attention, and its factor on
   * q·k.
   */
  readonly look?: (layer: number, q: Tensor, keys: Tensor, scale: number) => void;
}

/** Those that are given. */
export const placedOf = ({ starts, lengths }: Placed) => ({
  ...(starts && { starts }),
  ...(lengths && { lengths }),
});

/**
 * A model that goes on with a text, token by token, through caches: what `Generator` and `SequenceGenerator` take. `GPT` and
 * `EncoderDecoder` are ones; so is any class with these members.
 */
export interface Decoder {
  readonly config: {
    /** V: ids are below it. */
    readonly vocabulary: number;
    /** The longest text, prompt included, in tokens. */
    readonly context: number;
    /** V of sources. */
    readonly sourceVocabulary?: number;
    /** Rows of the longest source. Default `context`. */
    readonly sourceContext?: number;
    /** Shape of one source that is no text, f32, such as [3, H, W] of pixels: all are of it. Default: sources are ids. */
    readonly sourceShape?: readonly number[];
    /** The id that sources must not hold, for positions are counted without it. Default: they may hold any. */
    readonly sourcePadding?: number;
    /** H of cross-attention. */
    readonly heads?: number;
  };
  /** Empty caches for N = `sequences`; a ParameterStore gives them memory. Throws for sizes that it cannot do. */
  caches(sequences: number, sizes?: CacheSizes): readonly LayerState[];
  /**
   * Rows of the caches that stand before every text, which `prepare` fills in a run at `position` 0: those of a learnt prompt. Texts then
   * begin at this position. Default 0.
   */
  readonly ahead?: number;
  prepare?(g: Graph, state: readonly LayerState[]): void;
  /** Models with a source: source (N, S) u32, or f32 (N, …`sourceShape`), lengths u32 (N) -> memory (N, S, C). Runs at `position` 0. */
  encode?(g: Graph, source: Tensor, lengths: Tensor | null): Tensor;
  /** Fills the caches with what decoding needs of that memory. */
  remember?(g: Graph, memory: Tensor, state: readonly LayerState[]): void;
  /**
   * The next tokens: rows stand at `step.position` and after, `step.length` of them are real. ids (N·K, T) u32 -> logits
   * (N·K, V) of the last real row.
   *
   * Prompts of unequal lengths are padded on the right and come first, with `lengths`; after that the new token of row b
   * stands at `step.position + starts[b]`, over its padding, with the shortest prompt's length as `position` and the
   * lengths' differences to it as `starts`. Each row then gives what it gives alone.
   */
  next(g: Graph, ids: Tensor, state: readonly LayerState[], options?: NextOptions): Tensor;
}
