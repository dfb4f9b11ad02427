import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  paddingIn,
  refuse,
  type Json,
  type Names,
} from '../pretrained_config';
import { Whisper, whisperPositions, type WhisperConfig } from '../whisper';

/** The settings of Whisper's config.json. Those of `generate` that it holds, too, are `Transcriber`'s. */
function whisperConfig(json: Json, file: Names): WhisperConfig {
  refuse(json, 'tie_word_embeddings', [true]);
  refuse(json, 'is_encoder_decoder', [true]);
  const todo =
    'Set it to false: masks are for training only, where spectrograms are to be masked before they are given.';
  refuse(json, 'apply_spec_augment', [false], todo);
  return {
    vocabulary: numberIn(json, 'vocab_size', 51_865),
    mels: numberIn(json, 'num_mel_bins', 80),
    sourceContext: numberIn(json, 'max_source_positions', 1500),
    context: numberIn(json, 'max_target_positions', 448),
    encoderLayers: layersIn(json, 'encoder_layers', file),
    decoderLayers: layersIn(json, 'decoder_layers', file),
    width: numberIn(json, 'd_model', 384),
    heads: numberIn(json, 'decoder_attention_heads', 6),
    encoderHeads: numberIn(json, 'encoder_attention_heads', 6),
    hidden: numberIn(json, 'decoder_ffn_dim', 1536),
    encoderHidden: numberIn(json, 'encoder_ffn_dim', 1536),
    activation: activationIn(json, 'activation_function', 'gelu'),
    scaleEmbedding: flagIn(json, 'scale_embedding', false),
    dropout: numberIn(json, 'dropout', 0),
    attentionDropout: numberIn(json, 'attention_dropout', 0),
    activationDropout: numberIn(json, 'activation_dropout', 0),
    encoderLayerDrop: numberIn(json, 'encoder_layerdrop', 0),
    decoderLayerDrop: numberIn(json, 'decoder_layerdrop', 0),
    padding: paddingIn(json, 50_256),
    spread: numberIn(json, 'init_std', 0.02),
  };
}

function weights({ reader }: Whisper): WeightMap {
  const layers = 'model.{encoder,decoder}.layers.*';
  const cross = 'model.decoder.layers.*.encoder_attn';
  const { first, second } = reader;
  return {
    prefix: 'model.',
    tensors: {
      'reader.first.linear.weight': { from: 'model.encoder.conv1.weight', shape: () => first.weightShape },
      'reader.first.linear.bias': 'model.encoder.conv1.bias',
      'reader.second.linear.weight': { from: 'model.encoder.conv2.weight', shape: () => second.weightShape },
      'reader.second.linear.bias': 'model.encoder.conv2.bias',
      'tokens.weight': { from: 'model.decoder.embed_tokens.weight', copies: ['proj_out.weight'] },
      'sourcePositions.weight': {
        from: 'model.encoder.embed_positions.weight',
        absent: ([positions, width]) => whisperPositions(positions, width),
      },
      'targetPositions.weight': 'model.decoder.embed_positions.weight',
      '{encoder,decoder}.layers.*.attention.qkv.weight': `${layers}.self_attn.{q,k,v}_proj.weight`,
      '{encoder,decoder}.layers.*.attention.qkv.bias': `${layers}.self_attn.{q,v}_proj.bias`,
      '{encoder,decoder}.layers.*.attention.output.{weight,bias}': `${layers}.self_attn.out_proj.{weight,bias}`,
      '{encoder,decoder}.layers.*.attentionNorm.{weight,bias}': `${layers}.self_attn_layer_norm.{weight,bias}`,
      'decoder.layers.*.crossAttention.q.{weight,bias}': `${cross}.q_proj.{weight,bias}`,
      'decoder.layers.*.crossAttention.kv.weight': `${cross}.{k,v}_proj.weight`,
      'decoder.layers.*.crossAttention.kv.bias': `${cross}.v_proj.bias`,
      'decoder.layers.*.crossAttention.output.{weight,bias}': `${cross}.out_proj.{weight,bias}`,
      'decoder.layers.*.crossAttentionNorm.{weight,bias}': `${cross}_layer_norm.{weight,bias}`,
      '{encoder,decoder}.layers.*.feedForward.up.{weight,bias}': `${layers}.fc1.{weight,bias}`,
      '{encoder,decoder}.layers.*.feedForward.down.{weight,bias}': `${layers}.fc2.{weight,bias}`,
      '{encoder,decoder}.layers.*.feedForwardNorm.{weight,bias}': `${layers}.final_layer_norm.{weight,bias}`,
      '{encoder,decoder}.norm.{weight,bias}': 'model.{encoder,decoder}.layer_norm.{weight,bias}',
    },
  };
}

/** Whisper, which writes down what is said, or translates it into English (Radford et al. 2022). */
export const whisper: Family<Whisper> = {
  ...{ type: 'whisper', title: 'Whisper', weights },
  architectures: ['WhisperForConditionalGeneration', 'WhisperModel'],
  build: (json, file) => new Whisper(whisperConfig(json, file)),
};
