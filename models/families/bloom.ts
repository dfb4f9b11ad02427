import {
  alibiSlopes,
  Attention,
  Embedding,
  FeedForward,
  slopeBias,
  Stack,
  TransformerLayer,
} from '../../engine/index';
import { CausalLM } from '../causal_lm';
import { flagIn, layersIn, numberIn, refuse } from '../pretrained_config';
import { layerNormOf, START, type DecoderFamily } from './decoder_parts';

/** BLOOM (Le Scao et al. 2022): positions by ALiBi. */
export const bloom: DecoderFamily = {
  type: 'bloom',
  title: 'BLOOM',
  architectures: ['BloomForCausalLM', 'BloomModel'],
  build(json, file) {
    // What is fast and what is exact there differs by rounding alone.
    refuse(json, 'apply_residual_connection_post_layernorm', [false]);
    const width = numberIn(json, 'n_embed', numberIn(json, 'hidden_size', 64));
    const heads = numberIn(json, 'n_head', numberIn(json, 'num_attention_heads', 8));
    const layers = json.n_layer === undefined ? 'num_hidden_layers' : 'n_layer';
    const vocabulary = numberIn(json, 'vocab_size');
    const dropout = numberIn(json, 'hidden_dropout', 0);
    const norm = layerNormOf(json, 'layer_norm_epsilon', width);
    const distanceBias = slopeBias(alibiSlopes(heads));
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({
          ...{ width, heads, dropout, distanceBias, causal: true, ...START },
          attentionDropout: numberIn(json, 'attention_dropout', 0),
        }),
        feedForward: new FeedForward({ width, dropout, activation: 'gelu_tanh', ...START }),
        ...{ norm: () => norm(), order: 'pre' },
      });
    return new CausalLM({
      // It was trained so far, and may go on: ALiBi has no last position.
      ...{ vocabulary, width, context: numberIn(json, 'seq_length', 2048) },
      ...{ tokens: new Embedding(vocabulary, width, START), embeddingNorm: norm() },
      stack: new Stack(Array.from({ length: layersIn(json, layers, file) }, layer), { norm: norm() }),
      tied: flagIn(json, 'tie_word_embeddings', true),
    });
  },
  weights({ config, stack }) {
    const { heads } = stack.layers[0].attention;
    const layers = 'transformer.h.*';
    return {
      prefix: 'transformer.',
      tensors: {
        'tokens.weight': {
          from: 'transformer.word_embeddings.weight',
          copies: config.tied ? ['lm_head.weight'] : [],
        },
        'embeddingNorm.{weight,bias}': 'transformer.word_embeddings_layernorm.{weight,bias}',
        'stack.layers.*.attentionNorm.{weight,bias}': `${layers}.input_layernorm.{weight,bias}`,
        'stack.layers.*.attention.qkv.{weight,bias}': {
          ...{ from: `${layers}.self_attention.query_key_value.{weight,bias}`, groups: heads },
        },
        'stack.layers.*.attention.output.{weight,bias}': `${layers}.self_attention.dense.{weight,bias}`,
        'stack.layers.*.feedForwardNorm.{weight,bias}': `${layers}.post_attention_layernorm.{weight,bias}`,
        'stack.layers.*.feedForward.up.{weight,bias}': `${layers}.mlp.dense_h_to_4h.{weight,bias}`,
        'stack.layers.*.feedForward.down.{weight,bias}': `${layers}.mlp.dense_4h_to_h.{weight,bias}`,
        'stack.norm.{weight,bias}': 'transformer.ln_f.{weight,bias}',
        'head.weight': 'lm_head.weight',
      },
    };
  },
};
