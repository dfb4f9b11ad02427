import { Attention, Embedding, FeedForward, Stack, TransformerLayer } from '../../engine/index';
import { CausalLM } from '../causal_lm';
import { activationIn, flagIn, layersIn, numberIn } from '../pretrained_config';
import { layerNormOf, rotaryIn, START, type DecoderFamily } from './decoder_parts';

/** GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023). */
export const gptNeox: DecoderFamily = {
  type: 'gpt_neox',
  title: 'GPT-NeoX',
  architectures: ['GPTNeoXForCausalLM', 'GPTNeoXModel'],
  build(json, file) {
    const width = numberIn(json, 'hidden_size');
    const heads = numberIn(json, 'num_attention_heads');
    const vocabulary = numberIn(json, 'vocab_size');
    const dropout = numberIn(json, 'hidden_dropout', 0);
    const theta = json.rope_theta ?? json.rotary_emb_base;
    const share = numberIn(json, 'partial_rotary_factor', numberIn(json, 'rotary_pct', 0.25));
    const rope = rotaryIn(
      { ...json, ...(theta !== undefined && { rope_theta: theta }) },
      width / heads,
      share,
    );
    const norm = layerNormOf(json, 'layer_norm_eps', width);
    const order = flagIn(json, 'use_parallel_residual', true) ? 'parallel' : 'pre';
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({
          ...{ width, heads, rope, dropout, causal: true, ...START },
          bias: flagIn(json, 'attention_bias', true),
          attentionDropout: numberIn(json, 'attention_dropout', 0),
        }),
        feedForward: new FeedForward({
          ...{ width, hidden: numberIn(json, 'intermediate_size'), dropout, ...START },
          activation: activationIn(json, 'hidden_act', 'gelu'),
        }),
        ...{ norm: () => norm(), order },
      });
    return new CausalLM({
      ...{ vocabulary, width, context: numberIn(json, 'max_position_embeddings') },
      ...{ tokens: new Embedding(vocabulary, width, START), embeddingDropout: dropout },
      stack: new Stack(Array.from({ length: layersIn(json, 'num_hidden_layers', file) }, layer), {
        norm: norm(),
      }),
      tied: flagIn(json, 'tie_word_embeddings', false),
    });
  },
  weights({ config, stack }) {
    const { heads } = stack.layers[0].attention;
    const layers = 'gpt_neox.layers.*';
    return {
      prefix: 'gpt_neox.',
      ignored: /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/,
      tensors: {
        'tokens.weight': {
          from: 'gpt_neox.embed_in.weight',
          copies: config.tied ? ['embed_out.weight'] : [],
        },
        'stack.layers.*.attentionNorm.{weight,bias}': `${layers}.input_layernorm.{weight,bias}`,
        'stack.layers.*.attention.qkv.{weight,bias}': {
          ...{ from: `${layers}.attention.query_key_value.{weight,bias}`, groups: heads },
        },
        'stack.layers.*.attention.output.{weight,bias}': `${layers}.attention.dense.{weight,bias}`,
        'stack.layers.*.feedForwardNorm.{weight,bias}': `${layers}.post_attention_layernorm.{weight,bias}`,
        'stack.layers.*.feedForward.up.{weight,bias}': `${layers}.mlp.dense_h_to_4h.{weight,bias}`,
        'stack.layers.*.feedForward.down.{weight,bias}': `${layers}.mlp.dense_4h_to_h.{weight,bias}`,
        'stack.norm.{weight,bias}': 'gpt_neox.final_layer_norm.{weight,bias}',
        'head.weight': 'embed_out.weight',
      },
    };
  },
};
