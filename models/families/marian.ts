import type { Shape } from '../../engine/index';
import { EncoderDecoder } from '../encoder_decoder';
import type { Family } from '../family/family';
import { activationIn, flagIn, layersIn, numberIn, refuse } from '../pretrained_config';

/** Marian's translation models, such as Helsinki-NLP's (Junczys-Dowmunt et al. 2018). */
export const marian: Family<EncoderDecoder> = {
  type: 'marian',
  title: 'Marian',
  architectures: ['MarianMTModel', 'MarianModel'],
  build(json, file) {
    // The last six are settings of Marian's that no published checkpoint changes and transformers ignores.
    refuse(json, 'decoder_attention_heads', [numberIn(json, 'encoder_attention_heads')]);
    refuse(json, 'decoder_ffn_dim', [numberIn(json, 'encoder_ffn_dim')]);
    refuse(json, 'normalize_before', [false]);
    refuse(json, 'normalize_embedding', [false]);
    refuse(json, 'add_final_layer_norm', [false]);
    refuse(json, 'add_bias_logits', [false]);
    refuse(json, 'static_position_embeddings', [true]);
    refuse(json, 'extra_pos_embeddings', [0, numberIn(json, 'pad_token_id', 0) + 1]);
    for (const side of ['encoder', 'decoder']) {
      const todo = 'Heed drops no layers in training: set it to 0, which changes nothing else.';
      refuse(json, `${side}_layerdrop`, [0], todo);
    }
    const shared = flagIn(json, 'share_encoder_decoder_embeddings', true);
    const sourceVocabulary = numberIn(json, 'vocab_size');
    const vocabulary = numberIn(json, 'decoder_vocab_size', sourceVocabulary);
    return new EncoderDecoder({
      ...{ vocabulary, sourceVocabulary: shared ? vocabulary : sourceVocabulary, shared },
      context: numberIn(json, 'max_position_embeddings'),
      encoderLayers: layersIn(json, 'encoder_layers', file),
      decoderLayers: layersIn(json, 'decoder_layers', file),
      heads: numberIn(json, 'encoder_attention_heads'),
      width: numberIn(json, 'd_model'),
      hidden: numberIn(json, 'encoder_ffn_dim'),
      dropout: numberIn(json, 'dropout', 0.1),
      attentionDropout: numberIn(json, 'attention_dropout', 0),
      activationDropout: numberIn(json, 'activation_dropout', 0),
      activation: activationIn(json, 'activation_function', 'gelu'),
      scaleEmbedding: flagIn(json, 'scale_embedding', false),
      padding: numberIn(json, 'pad_token_id'),
      tied: flagIn(json, 'tie_word_embeddings', true),
      positions: 'frozen', // Marian's sines are not interleaved as ours are
      outputBias: 'frozen',
    });
  },
  weights: ({ config: { shared, tied } }) => {
    const [source, target] = ['model.encoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight'];
    // Which copies of a tied table are written has changed from version to version of Transformers.
    const head = tied ? ['lm_head.weight'] : [];
    const layers = 'model.{encoder,decoder}.layers.*';
    const absent = ([positions, width]: Shape): Float32Array => marianPositions(positions, width);
    return {
      prefix: 'model.',
      tensors: {
        'tokens.weight': shared
          ? { from: 'model.shared.weight', copies: [target, source, ...head] }
          : { from: target, copies: head },
        'sourceTokens.weight': source,
        // Only old checkpoints have them: Marian computes them.
        'sourcePositions.weight': { from: 'model.encoder.embed_positions.weight', absent },
        'targetPositions.weight': { from: 'model.decoder.embed_positions.weight', absent },
        '{encoder,decoder}.layers.*.attention.qkv.{weight,bias}': `${layers}.self_attn.{q,k,v}_proj.{weight,bias}`,
        '{encoder,decoder}.layers.*.attention.output.{weight,bias}': `${layers}.self_attn.out_proj.{weight,bias}`,
        '{encoder,decoder}.layers.*.attentionNorm.{weight,bias}': `${layers}.self_attn_layer_norm.{weight,bias}`,
        'decoder.layers.*.crossAttention.q.{weight,bias}':
          'model.decoder.layers.*.encoder_attn.q_proj.{weight,bias}',
        'decoder.layers.*.crossAttention.kv.{weight,bias}':
          'model.decoder.layers.*.encoder_attn.{k,v}_proj.{weight,bias}',
        'decoder.layers.*.crossAttention.output.{weight,bias}':
          'model.decoder.layers.*.encoder_attn.out_proj.{weight,bias}',
        'decoder.layers.*.crossAttentionNorm.{weight,bias}':
          'model.decoder.layers.*.encoder_attn_layer_norm.{weight,bias}',
        '{encoder,decoder}.layers.*.feedForward.up.{weight,bias}': `${layers}.fc1.{weight,bias}`,
        '{encoder,decoder}.layers.*.feedForward.down.{weight,bias}': `${layers}.fc2.{weight,bias}`,
        '{encoder,decoder}.layers.*.feedForwardNorm.{weight,bias}': `${layers}.final_layer_norm.{weight,bias}`,
        'head.weight': 'lm_head.weight',
        'head.bias': {
          from: 'final_logits_bias',
          shape: (shape) => [1, ...shape],
          absent: ([vocabulary]) => new Float32Array(vocabulary),
        },
      },
    };
  },
};

/** Marian's positions (P, C): the sines in the first half of a row, the cosines in the second. */
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
