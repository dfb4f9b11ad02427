import { DataError } from '../../engine/index';
import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import { refuse, type Json } from '../pretrained_config';
import { VisionEncoderDecoder } from '../vision_encoder_decoder';
import { gpt2Config, gpt2Layers } from './gpt2';
import { vitConfig, vitTensors } from './vision_map';

/** What stands ahead of the patches, by the encoder's model_type. */
const TOKENS: Readonly<Record<string, { readonly count: number; readonly names: string }>> = {
  vit: { count: 1, names: 'cls_token' },
  deit: { count: 2, names: '{cls_token,distillation_token}' },
};

/** The settings of one side; throws `DataError` where it is none of `types`. */
function sideOf(json: Json, side: 'encoder' | 'decoder', types: readonly string[]): Json {
  const own = (json[side] ?? {}) as Json;
  if (typeof own === 'object' && types.includes(own.model_type as string)) return own;
  const what = `model_type of ${side} is ${JSON.stringify(own.model_type)}`;
  throw new DataError('config.json', what, `Known are ${types.join(' and ')}.`);
}

const weights = ({ reader, config }: VisionEncoderDecoder): WeightMap => {
  const cross = 'decoder.transformer.h.*.crossattention';
  const { names } = Object.values(TOKENS).find(({ count }) => count === config.vision.tokens)!;
  return {
    // Buffers, and parts of the encoder that no caption is read from.
    ignored: /\.h\.\d+\.(attn|crossattention)\.(masked_)?bias$/,
    kept: /^encoder\.(pooler\.|embeddings\.mask_token$)/,
    tensors: {
      ...vitTensors(reader.patches, {
        prefix: 'encoder.',
        tokens: names,
        rows: 'reader.',
        stack: 'encoder.',
      }),
      'projection.{weight,bias}': 'enc_to_dec_proj.{weight,bias}',
      'tokens.weight': {
        from: 'decoder.transformer.wte.weight',
        copies: config.tied ? ['decoder.lm_head.weight'] : [],
      },
      'targetPositions.weight': 'decoder.transformer.wpe.weight',
      ...gpt2Layers('decoder.', 'decoder.transformer.'),
      'decoder.layers.*.crossAttentionNorm.{weight,bias}':
        'decoder.transformer.h.*.ln_cross_attn.{weight,bias}',
      'decoder.layers.*.crossAttention.q.{weight,bias}': `${cross}.q_attn.{weight,bias}`,
      'decoder.layers.*.crossAttention.kv.{weight,bias}': `${cross}.c_attn.{weight,bias}`,
      'decoder.layers.*.crossAttention.output.{weight,bias}': `${cross}.c_proj.{weight,bias}`,
      'head.weight': 'decoder.lm_head.weight',
    },
  };
};

/** ViT or DeiT with GPT-2, which writes what is in a picture: `VisionEncoderDecoderModel`. */
export const visionEncoderDecoder: Family<VisionEncoderDecoder> = {
  ...{ type: 'vision-encoder-decoder', title: 'Vision encoder-decoder', weights },
  architectures: ['VisionEncoderDecoderModel'],
  build(json, file) {
    const image = sideOf(json, 'encoder', Object.keys(TOKENS));
    const text = sideOf(json, 'decoder', ['gpt2']);
    refuse(json, 'tie_encoder_decoder', [false]);
    refuse(text, 'is_decoder', [true], 'A decoder without it reads its text in both directions.');
    const todo = 'A decoder that attends to no picture is another model.';
    refuse({ add_cross_attention: false, ...text }, 'add_cross_attention', [true], todo);
    refuse(text, 'cross_attention_hidden_size', []);
    const tokens = TOKENS[image.model_type as string].count;
    return new VisionEncoderDecoder({
      vision: { ...vitConfig(image, file), tokens },
      text: gpt2Config(text, file),
    });
  },
};
