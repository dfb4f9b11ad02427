import { EngineError, expectActivation, expectOptions, ShapeError, type Activation } from '../engine/index';
import { definedOf, expectKinds, expectRates, expectSizes, isWhole } from './option_checks';

/** Numbers of a table of sines. */
const LARGEST_TABLE = 2 ** 28;

/** What an `EncoderDecoder` is. The defaults are the Transformer of "Attention Is All You Need" (Vaswani et al. 2017). */
export interface EncoderDecoderConfig {
  /** V: number of token ids of the target; also of the source, unless `sourceVocabulary` says otherwise. */
  readonly vocabulary: number;
  /** Token ids of the source, where it has an embedding of its own. Default `vocabulary`. */
  readonly sourceVocabulary?: number;
  /** The longest source and the longest target, in tokens. Default 256. */
  readonly context?: number;
  /** Layers of the encoder. */
  readonly encoderLayers: number;
  /** Layers of the decoder. */
  readonly decoderLayers: number;
  readonly heads: number;
  /** C: width of the residual stream; a multiple of `heads`. */
  readonly width: number;
  /** Width of the feed-forward layers. Default 4 × width. */
  readonly hidden?: number;
  /** Probability of dropping a number of the embeddings and of each sublayer's output while training. Default 0.1. */
  readonly dropout?: number;
  /** Probability of dropping an attention weight while training. Default 0. */
  readonly attentionDropout?: number;
  /** Probability of dropping a number inside of the feed-forward layers, after the activation, while training. Default 0. */
  readonly activationDropout?: number;
  /** Default 'relu'. */
  readonly activation?: Activation;
  /**
   * Normalise what goes into each sublayer, which trains at any depth and warm-up (Xiong et al. 2020), instead of its
   * sum with the residual, as the paper does. Default false.
   */
  readonly preNorm?: boolean;
  /** A norm after each stack, which pre-norm needs. Default `preNorm`; PyTorch's nn.Transformer always has it. */
  readonly finalNorm?: boolean;
  /** 'frozen' ones come with the weights and do not train, as Marian's. Default 'sinusoidal'. */
  readonly positions?: 'sinusoidal' | 'learned' | 'frozen';
  /** One embedding for source and target: a joint vocabulary. Default true. */
  readonly shared?: boolean;
  /** The output layer is the target's embedding, transposed. Default true. */
  readonly tied?: boolean;
  /** A bias per token in the output layer; 'frozen' for one that does not train, as Marian's. Default false. */
  readonly outputBias?: boolean | 'frozen';
  /** Embeddings times √C before positions are added, as the paper does. Default true. */
  readonly scaleEmbedding?: boolean;
  /** The id of padding, whose row of the embeddings learns nothing from where it is read, see `Embedding`. Default null. */
  readonly padding?: number | null;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
  /** See `StackOptions.recompute`. Default false. */
  readonly recompute?: boolean;
}

export type CompleteEncoderDecoderConfig = Required<EncoderDecoderConfig>;

/** All but the vocabulary: `new EncoderDecoder({ ...encoderDecoderPresets.small, vocabulary: 8000 })`. */
export const encoderDecoderPresets = {
  /** For letters and tests: trains in minutes on a software adapter. */
  tiny: { encoderLayers: 2, decoderLayers: 2, heads: 4, width: 64, hidden: 128, preNorm: true },
  /** 1.3 million weights and the embedding. */
  small: { encoderLayers: 4, decoderLayers: 4, heads: 4, width: 128, hidden: 256, preNorm: true },
  /** The paper's base model, 44 million weights and the embedding. */
  base: { encoderLayers: 6, decoderLayers: 6, heads: 8, width: 512, hidden: 2048, context: 512 },
} as const satisfies Readonly<Record<string, Omit<EncoderDecoderConfig, 'vocabulary'>>>;

/** Fills the defaults and refuses what cannot work, with the numbers. */
export function completeEncoderDecoder(config: EncoderDecoderConfig): CompleteEncoderDecoderConfig {
  const defaults = {
    sourceVocabulary: config.vocabulary,
    context: 256,
    hidden: 4 * config.width,
    dropout: 0.1,
    attentionDropout: 0,
    activationDropout: 0,
    activation: 'relu',
    preNorm: false,
    finalNorm: config.preNorm ?? false,
    positions: 'sinusoidal',
    shared: true,
    tied: true,
    outputBias: false,
    scaleEmbedding: true,
    padding: null,
    epsilon: 1e-5,
    recompute: false,
  } as const;
  const where = 'EncoderDecoder';
  expectOptions(where, config, {
    ...{ vocabulary: 0, encoderLayers: 0, decoderLayers: 0, heads: 0, width: 0 },
    ...defaults,
  });
  const full = { ...defaults, ...definedOf(config) } as CompleteEncoderDecoderConfig;
  expectKinds(where, full, {
    positions: ['sinusoidal', 'learned', 'frozen'],
    outputBias: [true, false, 'frozen'],
    preNorm: [true, false],
    finalNorm: [true, false],
    shared: [true, false],
    tied: [true, false],
    scaleEmbedding: [true, false],
    recompute: [true, false],
  });
  expectSizes(where, full, [
    'vocabulary',
    'sourceVocabulary',
    'context',
    'encoderLayers',
    'decoderLayers',
    'heads',
    'width',
    'hidden',
  ]);
  const { width, heads, vocabulary, sourceVocabulary, shared } = full;
  if (width % heads !== 0) {
    throw new ShapeError(where, `width ${width} does not divide into ${heads} heads`, 'Choose a multiple.');
  }
  if (shared && sourceVocabulary !== vocabulary) {
    throw new ShapeError(
      where,
      `source and target share an embedding, but have ${sourceVocabulary} and ${vocabulary} tokens`,
      'Make one vocabulary of both, or set shared: false.',
    );
  }
  const { context, padding, positions } = full;
  if (positions === 'sinusoidal' && context * width > LARGEST_TABLE) {
    const what = `context ${context} and width ${width} make a table of ${context * width} positions`;
    throw new ShapeError(where, what, `Its numbers may be ${LARGEST_TABLE}: choose a shorter context.`);
  }
  if (padding !== null && !isWhole(padding, 0, Math.max(vocabulary, sourceVocabulary) - 1)) {
    throw new EngineError(where, `padding is ${String(padding)}`, 'Use an id of the vocabulary, or null.');
  }
  expectActivation(where, full.activation);
  expectRates(where, full, ['dropout', 'attentionDropout', 'activationDropout']);
  return full;
}
