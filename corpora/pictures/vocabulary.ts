/** Words of captions as a tokenizer.json, and how a model of drawn pictures is said in Hugging Face's files. */
import { WORDS } from './captions';

/** Pixels along each side of what the model reads, and of a patch. */
export const SIDE = 48;
export const PATCH = 8;
/** Tokens of the longest caption, its end among them. */
export const LENGTH = 12;

export const SPECIAL = { pad: 0, begin: 1, end: 2, unknown: 3 } as const;
const MARKS = ['<pad>', '<s>', '</s>', '<unk>'];
export const TOKENS: readonly string[] = [...MARKS, ...WORDS];

/** tokenizer.json: a word an id, split at spaces. */
export const TOKENIZER = {
  ...{ version: '1.0', truncation: null, padding: null },
  added_tokens: MARKS.map((content, id) => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  })),
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordLevel',
    vocab: Object.fromEntries(TOKENS.map((token, id) => [token, id])),
    unk_token: '<unk>',
  },
};

/** preprocessor_config.json: paper is about 0. */
export const PROCESSOR = {
  ...{ image_processor_type: 'ViTImageProcessor', do_resize: true, size: { height: SIDE, width: SIDE } },
  ...{ resample: 2, do_rescale: true, rescale_factor: 1 / 255 },
  ...{ do_normalize: true, image_mean: [0.93, 0.93, 0.93], image_std: [0.3, 0.3, 0.3] },
};

/** Sizes of a captioner of drawn pictures. */
export interface CaptionerSizes {
  readonly width: number;
  readonly heads: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
}

/** config.json. */
export function configOf({ width, heads, encoderLayers, decoderLayers }: CaptionerSizes) {
  const { begin, end, pad } = SPECIAL;
  const ids = { bos_token_id: begin, eos_token_id: end, pad_token_id: pad };
  return {
    ...{ model_type: 'vision-encoder-decoder', architectures: ['VisionEncoderDecoderModel'] },
    ...{ is_encoder_decoder: true, tie_word_embeddings: false, decoder_start_token_id: begin, ...ids },
    encoder: {
      ...{ model_type: 'vit', image_size: SIDE, patch_size: PATCH, num_channels: 3, qkv_bias: true },
      ...{ hidden_size: width, num_attention_heads: heads, num_hidden_layers: encoderLayers },
      ...{ intermediate_size: 4 * width, hidden_act: 'gelu', layer_norm_eps: 1e-6 },
      ...{ hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    },
    decoder: {
      ...{ model_type: 'gpt2', is_decoder: true, add_cross_attention: true, tie_word_embeddings: true },
      ...{ vocab_size: TOKENS.length, n_positions: LENGTH, n_embd: width, n_head: heads },
      ...{ n_layer: decoderLayers, activation_function: 'gelu_new', layer_norm_epsilon: 1e-5, ...ids },
      ...{ resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 },
    },
  };
}

/** generation_config.json: the likeliest word each time. */
export const GENERATION = {
  ...{ decoder_start_token_id: SPECIAL.begin, bos_token_id: SPECIAL.begin, eos_token_id: SPECIAL.end },
  ...{ pad_token_id: SPECIAL.pad, max_new_tokens: LENGTH, num_beams: 1 },
};
