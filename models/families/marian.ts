import { EncoderDecoder } from '../encoder_decoder';
import type { Family } from '../family/family';
import { activationIn, flagIn, layersIn, numberIn, refuse } from '../pretrained_config';
import { bartWeights, marianPositions } from './bart_parts';

export { marianPositions };

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
      const todo = 'Heed drops no layers of it in training: set it to 0, which changes nothing else.';
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
  // Only old checkpoints have positions: Marian computes them.
  weights: (model) =>
    bartWeights(model, { absent: ([positions, width]) => marianPositions(positions, width) }),
};
