/**
 * The encoder-decoder Transformer (Vaswani et al. 2017), for translation and every other task from sequence to
 * sequence.
 */
import {
  Attention,
  CrossAttention,
  Embedding,
  FeedForward,
  LayerNorm,
  LearnedPositions,
  normal,
  SinusoidalPositions,
  Stack,
  TransformerLayer,
  xavierUniform,
  type FormerNames,
} from '../engine/index';
import {
  completeEncoderDecoder,
  type CompleteEncoderDecoderConfig as Complete,
  type EncoderDecoderConfig,
} from './encoder_decoder_config';
import { Seq2SeqLM, type Positions } from './seq2seq_lm';

export { encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder_config';

/** Encoder layers, or decoder layers with attention to the encoder's memory. */
function makeStack(c: Complete, kind: 'encoder' | 'decoder'): Stack {
  const { width, heads, hidden, activation, dropout, attentionDropout, activationDropout } = c;
  const norm = (): LayerNorm => new LayerNorm(width, { epsilon: c.epsilon });
  const attention = {
    ...{ width, heads, dropout, attentionDropout, init: xavierUniform(width, 3 * width) },
    outputInit: xavierUniform(width, width),
  };
  const decodes = kind === 'decoder';
  const layer = (): TransformerLayer =>
    new TransformerLayer({
      attention: new Attention({ ...attention, causal: decodes }),
      crossAttention: decodes ? new CrossAttention(attention) : null,
      feedForward: new FeedForward({
        ...{ width, hidden, activation, dropout, activationDropout, init: xavierUniform(width, hidden) },
        outputInit: xavierUniform(hidden, width),
      }),
      ...{ norm, order: c.preNorm ? 'pre' : 'post' },
    });
  const layers = Array.from({ length: decodes ? c.decoderLayers : c.encoderLayers }, layer);
  return new Stack(layers, { norm: c.finalNorm ? norm() : null, recompute: c.recompute });
}

/**
 * The encoder-decoder Transformer of "Attention Is All You Need" (Vaswani et al. 2017), with options for pre-norm and
 * learned positions; the numbers of PyTorch's `nn.Transformer`.
 */
export class EncoderDecoder extends Seq2SeqLM<Complete> {
  /** What parameters were called in files of Heed 0.1: nn.Transformer's names. */
  static readonly formerNames: FormerNames = [
    [/^((?:optimizer\.\w+|average\.\d+)\.)?output\./, '$1head.'],
    [/\bembedding\./, 'tokens.'],
    [/\bsource_embedding\./, 'sourceTokens.'],
    [/\b(source|target)_positions\./, '$1Positions.'],
    [/\.self_attn\.in_proj_/, '.attention.qkv.'],
    [/\.self_attn\.out_proj\./, '.attention.output.'],
    [/\.multihead_attn\.(q|kv)_proj\./, '.crossAttention.$1.'],
    [/\.multihead_attn\.out_proj\./, '.crossAttention.output.'],
    [/\.linear1\./, '.feedForward.up.'],
    [/\.linear2\./, '.feedForward.down.'],
    [/\.norm1\./, '.attentionNorm.'],
    [/(encoder\.layers\.\d+)\.norm2\./, '$1.feedForwardNorm.'],
    [/\.norm2\./, '.crossAttentionNorm.'],
    [/\.norm3\./, '.feedForwardNorm.'],
  ];

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: EncoderDecoderConfig) {
    const c = completeEncoderDecoder(config);
    const { vocabulary, sourceVocabulary, context, width, heads, padding, tied, outputBias } = c;
    // Scaled by √C, entries start about as large as the sines that are added to them.
    const init = normal(width ** -0.5);
    const positions = (): Positions =>
      c.positions === 'sinusoidal'
        ? new SinusoidalPositions(context)
        : new LearnedPositions(context, width, { init, trainable: c.positions === 'learned' });
    const parts = {
      ...{ vocabulary, sourceVocabulary, context, width, heads, tied, outputBias, init },
      tokens: new Embedding(vocabulary, width, { init, padding }),
      sourceTokens: c.shared ? null : new Embedding(sourceVocabulary, width, { init, padding }),
      ...{ sourcePositions: positions(), targetPositions: positions() },
      ...{ embeddingScale: c.scaleEmbedding ? Math.sqrt(width) : 1, embeddingDropout: c.dropout },
      ...{ encoder: makeStack(c, 'encoder'), decoder: makeStack(c, 'decoder') },
    };
    super(parts, { where: 'EncoderDecoder', config: c });
  }
}
