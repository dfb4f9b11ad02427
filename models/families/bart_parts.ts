/** What families around BART have in common, Marian too: how their config.json and their tensors speak of the same things. */
import {
  Attention,
  CrossAttention,
  Embedding,
  FeedForward,
  LayerNorm,
  normal,
  Stack,
  TransformerLayer,
} from '../../engine/index';
import type { WeightMap, WeightRule } from '../family/weight_map';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  paddingIn,
  type Json,
  type Names,
} from '../pretrained_config';
import { Seq2SeqLM, type Positions } from '../seq2seq_lm';

/** What tells one from the other. */
export interface BartLikeOptions {
  readonly order: 'pre' | 'post';
  /** A norm of embeddings. */
  readonly embeddingNorm: boolean;
  /** Positions of one side. */
  readonly positions: (context: number, width: number) => Positions;
  /** Whether positions are counted without padding, which can then stand in no source. Default false. */
  readonly skipsPadding?: boolean;
  /** Whether logits have a bias, which does not train. */
  readonly outputBias: boolean;
  /** Where config.json says nothing. */
  readonly defaults?: {
    readonly activation?: string;
    readonly padding?: number;
    readonly attentionDropout?: number;
    readonly layerDrop?: number;
    readonly scale?: boolean;
  };
}

/** BART's architecture, with changes. */
export function bartLike(json: Json, file: Names, options: BartLikeOptions): Seq2SeqLM {
  const { order, embeddingNorm, defaults = {} } = options;
  const width = numberIn(json, 'd_model', 1024);
  const vocabulary = numberIn(json, 'vocab_size');
  const context = numberIn(json, 'max_position_embeddings', 1024);
  const dropout = numberIn(json, 'dropout', 0.1);
  const start = { init: normal(numberIn(json, 'init_std', 0.02)) };
  const norm = (): LayerNorm => new LayerNorm(width);
  const stack = (side: 'encoder' | 'decoder'): Stack => {
    const attention = {
      ...{ width, heads: numberIn(json, `${side}_attention_heads`, 16), dropout, ...start },
      attentionDropout: numberIn(json, 'attention_dropout', defaults.attentionDropout ?? 0),
    };
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({ ...attention, causal: side === 'decoder' }),
        crossAttention: side === 'decoder' ? new CrossAttention(attention) : null,
        feedForward: new FeedForward({
          ...{ width, hidden: numberIn(json, `${side}_ffn_dim`, 4096), dropout, ...start },
          activation: activationIn(json, 'activation_function', defaults.activation ?? 'gelu'),
          activationDropout: numberIn(json, 'activation_dropout', 0),
        }),
        ...{ norm, order },
      });
    const layers = Array.from({ length: layersIn(json, `${side}_layers`, file) }, layer);
    return new Stack(layers, {
      norm: order === 'pre' ? norm() : null,
      layerDrop: numberIn(json, `${side}_layerdrop`, defaults.layerDrop ?? 0),
    });
  };
  const padding = paddingIn(json, defaults.padding ?? 1);
  return new Seq2SeqLM({
    ...{ vocabulary, context, width, heads: numberIn(json, 'decoder_attention_heads', 16) },
    tied: flagIn(json, 'tie_word_embeddings', true),
    tokens: new Embedding(vocabulary, width, { ...start, padding }),
    sourcePositions: options.positions(context, width),
    targetPositions: options.positions(context, width),
    ...(embeddingNorm && { sourceNorm: norm(), targetNorm: norm() }),
    embeddingScale: flagIn(json, 'scale_embedding', defaults.scale ?? false) ? Math.sqrt(width) : 1,
    ...{ embeddingDropout: dropout, encoder: stack('encoder'), decoder: stack('decoder'), ...start },
    outputBias: options.outputBias ? 'frozen' : false,
    ...(options.skipsPadding && padding !== null && { sourcePadding: padding }),
  });
}

/** Where a family's tables of positions are, and what they are where a file leaves them out. */
type PositionRule = Pick<WeightRule, 'absent'>;

/** Tensors of BART's names. */
export function bartWeights({ config, sourceTokens }: Seq2SeqLM, positions: PositionRule = {}): WeightMap {
  const [source, target] = ['model.encoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight'];
  // Which copies of a tied table are written has changed from version to version of Transformers.
  const head = config.tied ? ['lm_head.weight'] : [];
  const layers = 'model.{encoder,decoder}.layers.*';
  const cross = 'model.decoder.layers.*';
  return {
    prefix: 'model.',
    ignored: /^(model\.)?(encoder|decoder)\.(version|embed_positions\.weights)$/,
    tensors: {
      'tokens.weight': sourceTokens
        ? { from: target, copies: head }
        : { from: 'model.shared.weight', copies: [target, source, ...head] },
      'sourceTokens.weight': source,
      'sourcePositions.weight': { from: 'model.encoder.embed_positions.weight', ...positions },
      'targetPositions.weight': { from: 'model.decoder.embed_positions.weight', ...positions },
      'sourceNorm.{weight,bias}': 'model.encoder.layernorm_embedding.{weight,bias}',
      'targetNorm.{weight,bias}': 'model.decoder.layernorm_embedding.{weight,bias}',
      '{encoder,decoder}.layers.*.attention.qkv.{weight,bias}': `${layers}.self_attn.{q,k,v}_proj.{weight,bias}`,
      '{encoder,decoder}.layers.*.attention.output.{weight,bias}': `${layers}.self_attn.out_proj.{weight,bias}`,
      '{encoder,decoder}.layers.*.attentionNorm.{weight,bias}': `${layers}.self_attn_layer_norm.{weight,bias}`,
      'decoder.layers.*.crossAttention.q.{weight,bias}': `${cross}.encoder_attn.q_proj.{weight,bias}`,
      'decoder.layers.*.crossAttention.kv.{weight,bias}': `${cross}.encoder_attn.{k,v}_proj.{weight,bias}`,
      'decoder.layers.*.crossAttention.output.{weight,bias}': `${cross}.encoder_attn.out_proj.{weight,bias}`,
      'decoder.layers.*.crossAttentionNorm.{weight,bias}': `${cross}.encoder_attn_layer_norm.{weight,bias}`,
      '{encoder,decoder}.layers.*.feedForward.up.{weight,bias}': `${layers}.fc1.{weight,bias}`,
      '{encoder,decoder}.layers.*.feedForward.down.{weight,bias}': `${layers}.fc2.{weight,bias}`,
      '{encoder,decoder}.layers.*.feedForwardNorm.{weight,bias}': `${layers}.final_layer_norm.{weight,bias}`,
      '{encoder,decoder}.norm.{weight,bias}': 'model.{encoder,decoder}.layer_norm.{weight,bias}',
      'head.weight': 'lm_head.weight',
      'head.bias': {
        from: 'final_logits_bias',
        shape: (shape) => [1, ...shape],
        absent: ([vocabulary]) => new Float32Array(vocabulary),
      },
    },
  };
}

/** Marian's positions (P, C), and Pegasus': the sines in the first half of a row, the cosines in the second. */
export function marianPositions(positions: number, width: number): Float32Array {
  const table = new Float32Array(positions * width);
  const half = Math.ceil(width / 2);
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < width; j++) {
      const angle = p / 10_000 ** ((2 * Math.floor(j / 2)) / width);
      const place = p * width + Math.floor(j / 2) + (j % 2 === 0 ? 0 : half);
      table[place] = j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
