/**
 * Whisper: an encoder reads the log-mel spectrogram of half a minute of sound, a decoder writes what is said (Radford et al.
 * 2022).
 */
import {
  Attention,
  biasBut,
  Convolution,
  CrossAttention,
  Embedding,
  expectActivation,
  expectOptions,
  FeedForward,
  LayerNorm,
  LearnedPositions,
  normal,
  ShapeError,
  Stack,
  TransformerLayer,
  type Activation,
  type Graph,
  type Tensor,
} from '../engine/index';
import { checkEach, definedOf, expectKinds, expectRates, expectSizes, isWhole } from './option_checks';
import { Seq2SeqLM, type Seq2SeqLMConfig, type SourceReader } from './seq2seq_lm';

/** Sizes and options of a Whisper. */
export interface WhisperConfig {
  /** V: ids of the text are below it, times among them. */
  readonly vocabulary: number;
  /** M: bins of the spectrogram. Default 80. */
  readonly mels?: number;
  /** Rows that the encoder makes of two frames of the spectrogram each. Default 1500, which are 30 s. */
  readonly sourceContext?: number;
  /** The longest text, in tokens, with what it begins with. Default 448. */
  readonly context?: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** C: width of the residual stream. */
  readonly width: number;
  /** H of the decoder; the width is a multiple of it. */
  readonly heads: number;
  /** H of the encoder. Default `heads`. */
  readonly encoderHeads?: number;
  /** Width of the decoder's feed-forward layers. Default 4 × width. */
  readonly hidden?: number;
  /** The same of the encoder. Default `hidden`. */
  readonly encoderHidden?: number;
  /** Of the feed-forward layers. Default 'gelu'. */
  readonly activation?: Activation;
  /** Multiply embeddings of tokens by √C. Default false. */
  readonly scaleEmbedding?: boolean;
  /** Probability of dropping a number of the embeddings and of each sublayer's output while training. Default 0. */
  readonly dropout?: number;
  /** The same of attention weights. Default 0. */
  readonly attentionDropout?: number;
  /** The same of what is between the feed-forward layers. Default 0. */
  readonly activationDropout?: number;
  /** Probability of leaving an encoder layer out of a run while training (LayerDrop). Default 0. */
  readonly encoderLayerDrop?: number;
  /** The same of the decoder's. Default 0. */
  readonly decoderLayerDrop?: number;
  /** The id that stands for no token, which learns nothing from where it is read. Default null: none. */
  readonly padding?: number | null;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
  /** Standard deviation of first weights. Default 0.02. */
  readonly spread?: number;
  /** See `StackOptions.recompute`. Default false. */
  readonly recompute?: boolean;
}

/** With all defaults. */
export type CompleteWhisperConfig = Required<WhisperConfig> & Seq2SeqLMConfig;

const WHERE = 'Whisper';

function complete(config: WhisperConfig): CompleteWhisperConfig {
  const hidden = config.hidden ?? 4 * config.width;
  const defaults = {
    ...({ mels: 80, sourceContext: 1500, context: 448, hidden, activation: 'gelu' } as const),
    ...{ encoderHeads: config.heads, encoderHidden: hidden, scaleEmbedding: false, padding: null },
    ...{ dropout: 0, attentionDropout: 0, activationDropout: 0, encoderLayerDrop: 0, decoderLayerDrop: 0 },
    ...{ epsilon: 1e-5, spread: 0.02, recompute: false },
  };
  const needed = { vocabulary: 0, encoderLayers: 0, decoderLayers: 0, width: 0, heads: 0 };
  expectOptions(WHERE, config, { ...needed, ...defaults });
  const given = { ...defaults, ...definedOf(config) } as Required<WhisperConfig>;
  const c: CompleteWhisperConfig = { ...given, sourceVocabulary: given.vocabulary, tied: true };
  expectKinds(WHERE, c, { scaleEmbedding: [true, false], recompute: [true, false] });
  expectSizes(WHERE, c, [
    ...(['vocabulary', 'mels', 'sourceContext', 'context', 'encoderLayers', 'decoderLayers'] as const),
    ...(['width', 'heads', 'encoderHeads', 'hidden', 'encoderHidden'] as const),
  ]);
  const { width, heads, encoderHeads, padding, vocabulary, spread } = c;
  if (width % heads !== 0 || width % encoderHeads !== 0) {
    const what = `width ${width} does not divide into ${heads} and ${encoderHeads} heads`;
    throw new ShapeError(WHERE, what, 'Choose a multiple of both.');
  }
  expectActivation(WHERE, c.activation);
  expectRates(WHERE, c, [
    ...(['dropout', 'attentionDropout', 'activationDropout'] as const),
    ...(['encoderLayerDrop', 'decoderLayerDrop'] as const),
  ]);
  const isId = padding === null || isWhole(padding, 0, vocabulary - 1);
  checkEach(WHERE, [
    ['padding', padding, isId, 'Use an id of the vocabulary, or null.'],
    ['spread', spread, Number.isFinite(spread) && spread > 0, 'Use a finite number above 0.'],
  ]);
  return c;
}

/**
 * Whisper's sines, (positions, C): the first half of a row are sines, the second cosines, of frequencies from 1 to 1/10000,
 * which both ends have.
 */
export function whisperPositions(positions: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const table = new Float32Array(positions * width);
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < half; j++) {
      const angle = p * 10_000 ** (-j / Math.max(1, half - 1));
      table[p * width + j] = Math.sin(angle);
      table[p * width + half + j] = Math.cos(angle);
    }
  }
  return table;
}

/** Two convolutions over frames, the second at every other frame: a spectrogram as rows. */
export class AudioReader implements SourceReader {
  readonly first: Convolution;
  readonly second: Convolution;
  readonly mels: number;

  /** `mels`: M; `width`: C; `spread`: standard deviation of first weights. */
  constructor(mels: number, width: number, spread = 0.02) {
    const shared = { outputs: width, kernel: [3], padding: 1, init: normal(spread) };
    this.mels = mels;
    this.first = new Convolution({ ...shared, inputs: mels });
    this.second = new Convolution({ ...shared, inputs: width, stride: 2, channels: 'last' });
  }

  /** Log-mel spectrogram f32 (B, M, F) -> (B, ⌈F/2⌉, C). Throws `ShapeError` for one of other bins. */
  forward(g: Graph, mel: Tensor): Tensor {
    if (mel.shape.length !== 3 || mel.shape[1] !== this.mels || mel.dtype === 'u32') {
      const todo = `Give the log-mel spectrogram f32 (B, ${this.mels}, frames) of its feature extractor.`;
      throw new ShapeError(g.where('AudioReader'), `${mel.toString()} is given`, todo);
    }
    const gelu = { activation: 'gelu' } as const;
    return g.call(this, 'second', g.call(this, 'first', mel, gelu), gelu);
  }
}

function makeStack(c: CompleteWhisperConfig, side: 'encoder' | 'decoder'): Stack {
  const decodes = side === 'decoder';
  const { width, dropout, attentionDropout, activationDropout, activation, epsilon } = c;
  const init = normal(c.spread);
  const norm = (): LayerNorm => new LayerNorm(width, { epsilon });
  const heads = decodes ? c.heads : c.encoderHeads;
  // A bias of keys moves all scores of a row alike, so that softmax takes it away again: Whisper has none.
  const attention = { width, heads, dropout, attentionDropout, init, bias: biasBut('key') };
  const layer = (): TransformerLayer =>
    new TransformerLayer({
      attention: new Attention({ ...attention, causal: decodes }),
      crossAttention: decodes ? new CrossAttention(attention) : null,
      feedForward: new FeedForward({
        ...{ width, activation, dropout, activationDropout, init },
        hidden: decodes ? c.hidden : c.encoderHidden,
      }),
      ...{ norm, order: 'pre' },
    });
  const layers = Array.from({ length: decodes ? c.decoderLayers : c.encoderLayers }, layer);
  const layerDrop = decodes ? c.decoderLayerDrop : c.encoderLayerDrop;
  return new Stack(layers, { norm: norm(), layerDrop, recompute: c.recompute });
}

/**
 * Whisper (Radford et al. 2022): sources are log-mel spectrograms f32 (B, M, F) of F ≤ 2 · `sourceContext` frames, as its
 * feature extractor makes them; targets are ids. All else is as of `Seq2SeqLM`.
 */
export class Whisper extends Seq2SeqLM<CompleteWhisperConfig> {
  declare readonly reader: AudioReader;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: WhisperConfig) {
    const c = complete(config);
    const { vocabulary, context, sourceContext, width, heads, padding, dropout: embeddingDropout } = c;
    const init = normal(c.spread);
    const parts = {
      ...{ vocabulary, context, sourceContext, width, heads, tied: true, init, embeddingDropout },
      tokens: new Embedding(vocabulary, width, { init, padding }),
      reader: new AudioReader(c.mels, width, c.spread),
      sourcePositions: new LearnedPositions(sourceContext, width, {
        init: () => whisperPositions(sourceContext, width),
        trainable: false,
      }),
      targetPositions: new LearnedPositions(context, width, { init }),
      embeddingScale: c.scaleEmbedding ? Math.sqrt(width) : 1,
      ...{ encoder: makeStack(c, 'encoder'), decoder: makeStack(c, 'decoder') },
    };
    super(parts, { where: WHERE, config: c });
  }
}
