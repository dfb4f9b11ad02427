/** How config.json and checkpoints speak of ViT, and of what was made after it. */
import { DataError, type Convolution } from '../../engine/index';
import type { WeightMap } from '../family/weight_map';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  positiveIn,
  refuse,
  type Json,
  type Names,
} from '../pretrained_config';
import type { VisionEncoder } from '../vision_encoder';
import { PooledVisionEncoder } from '../vision_heads';
import type { ViTConfig } from '../vit';

/** Height and width in pixels: a number for both, or a list of two. */
export function sizeIn(config: Json, key: string, fallback: number): readonly [number, number] {
  const given = config[key] ?? fallback;
  const list = Array.isArray(given) ? (given as unknown[]) : [given, given];
  const whole = list.every((n) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 2 ** 16);
  if (list.length === 2 && whole) return list as [number, number];
  const todo = 'It must be a number of pixels, or [height, width].';
  throw new DataError('config.json', `${key} is ${JSON.stringify(given)}`, todo);
}

/** The settings of ViT's config.json, which DeiT's has, too. */
export function vitConfig(json: Json, file: Names): ViTConfig {
  refuse(json, 'pooler_act', ['tanh']);
  refuse(json, 'pooler_output_size', [json.hidden_size]);
  return {
    image: sizeIn(json, 'image_size', 224),
    patch: sizeIn(json, 'patch_size', 16),
    channels: numberIn(json, 'num_channels', 3),
    layers: layersIn(json, 'num_hidden_layers', file),
    heads: numberIn(json, 'num_attention_heads'),
    width: numberIn(json, 'hidden_size'),
    hidden: numberIn(json, 'intermediate_size'),
    activation: activationIn(json, 'hidden_act', 'gelu'),
    attentionBias: flagIn(json, 'qkv_bias', true),
    dropout: numberIn(json, 'hidden_dropout_prob', 0),
    attentionDropout: numberIn(json, 'attention_probs_dropout_prob', 0),
    epsilon: positiveIn(json, 'layer_norm_eps', 1e-12),
  };
}

/** Tables of Transformers' vision models have an axis more. */
const asOne = ([rows, width]: readonly number[]): number[] => [1, rows, width];

/**
 * The names of ViT's parts but the pooler: ours behind `rows` (what makes rows of patches) and `stack`, theirs behind `prefix`,
 * where `tokens` are what stands ahead of the patches.
 */
export const vitTensors = (
  patches: Convolution,
  { prefix, tokens, rows = '', stack = 'stack.' }: VitNames,
): WeightMap['tensors'] => {
  const layer = `${prefix}encoder.layer.*`;
  return {
    [`${rows}patches.linear.weight`]: {
      from: `${prefix}embeddings.patch_embeddings.projection.weight`,
      shape: () => patches.weightShape,
    },
    [`${rows}patches.linear.bias`]: `${prefix}embeddings.patch_embeddings.projection.bias`,
    [`${rows}tokens.weight`]: { from: `${prefix}embeddings.${tokens}`, shape: asOne },
    [`${rows}positions.weight`]: { from: `${prefix}embeddings.position_embeddings`, shape: asOne },
    [`${stack}layers.*.attention.qkv.{weight,bias}`]: `${layer}.attention.attention.{query,key,value}.{weight,bias}`,
    [`${stack}layers.*.attention.output.{weight,bias}`]: `${layer}.attention.output.dense.{weight,bias}`,
    [`${stack}layers.*.attentionNorm.{weight,bias}`]: `${layer}.layernorm_before.{weight,bias}`,
    [`${stack}layers.*.feedForward.up.{weight,bias}`]: `${layer}.intermediate.dense.{weight,bias}`,
    [`${stack}layers.*.feedForward.down.{weight,bias}`]: `${layer}.output.dense.{weight,bias}`,
    [`${stack}layers.*.feedForwardNorm.{weight,bias}`]: `${layer}.layernorm_after.{weight,bias}`,
    [`${stack}norm.{weight,bias}`]: `${prefix}layernorm.{weight,bias}`,
  };
};

interface VitNames {
  readonly prefix: string;
  readonly tokens: string;
  readonly rows?: string;
  readonly stack?: string;
}

/** The names of all of ViT's parts, those of the body behind `prefix`; a model has some of them. */
export const vitWeights = (model: VisionEncoder, prefix: string, tokens: string): WeightMap => {
  const pooled = model instanceof PooledVisionEncoder;
  return {
    prefix,
    // A mask for pre-training, and a pooler that classes are not read from.
    kept: new RegExp(
      `^(${prefix.replace('.', '\\.')})?(embeddings\\.mask_token$${pooled ? '' : '|pooler\\.'})`,
    ),
    heads: /^((vit|deit)\.)?pooler\.|^(cls_|distillation_)?classifier\./,
    tensors: {
      ...vitTensors(model.patches, { prefix, tokens }),
      'pooler.dense.{weight,bias}': `${prefix}pooler.dense.{weight,bias}`,
    },
  };
};
