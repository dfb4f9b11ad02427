import { DataError } from '../../engine/index';
import { Clip, ClipText, ClipVision, type ClipTextConfig } from '../clip';
import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import { activationIn, layersIn, numberIn, positiveIn, type Json, type Names } from '../pretrained_config';
import type { ViTConfig } from '../vit';
import { sizeIn } from './vision_map';

/** Where a file leaves them out, as Transformers has them. */
const DEFAULTS = { num_hidden_layers: 12, hidden_act: 'quick_gelu', projection_dim: 512 };

/** The settings of one side; `*_config_dict` of old files stands above the other. */
function sideOf(json: Json, side: 'text' | 'vision'): Json {
  const given = json[`${side}_config_dict`] ?? json[`${side}_config`] ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new DataError('config.json', `${side}_config is ${JSON.stringify(given)}`, 'It must be an object.');
  }
  return given as Json;
}

function textOf(given: Json, file: Names, projection: number): ClipTextConfig {
  const json = { ...DEFAULTS, ...given };
  return {
    vocabulary: numberIn(json, 'vocab_size', 49408),
    context: numberIn(json, 'max_position_embeddings', 77),
    layers: layersIn(json, 'num_hidden_layers', file),
    heads: numberIn(json, 'num_attention_heads', 8),
    width: numberIn(json, 'hidden_size', 512),
    hidden: numberIn(json, 'intermediate_size', 2048),
    activation: activationIn(json, 'hidden_act', 'quick_gelu'),
    attentionDropout: numberIn(json, 'attention_dropout', 0),
    epsilon: positiveIn(json, 'layer_norm_eps', 1e-5),
    projection,
  };
}

function visionOf(given: Json, file: Names): ViTConfig {
  const json = { ...DEFAULTS, ...given };
  return {
    image: sizeIn(json, 'image_size', 224),
    patch: sizeIn(json, 'patch_size', 32),
    channels: numberIn(json, 'num_channels', 3),
    layers: layersIn(json, 'num_hidden_layers', file),
    heads: numberIn(json, 'num_attention_heads', 12),
    width: numberIn(json, 'hidden_size', 768),
    hidden: numberIn(json, 'intermediate_size', 3072),
    activation: activationIn(json, 'hidden_act', 'quick_gelu'),
    attentionDropout: numberIn(json, 'attention_dropout', 0),
    epsilon: positiveIn(json, 'layer_norm_eps', 1e-5),
  };
}

/** A stack's layers, ours below `ours` and theirs below `theirs`. */
const layers = (ours: string, theirs: string): WeightMap['tensors'] => ({
  [`${ours}stack.layers.*.attention.qkv.{weight,bias}`]: `${theirs}encoder.layers.*.self_attn.{q,k,v}_proj.{weight,bias}`,
  [`${ours}stack.layers.*.attention.output.{weight,bias}`]: `${theirs}encoder.layers.*.self_attn.out_proj.{weight,bias}`,
  [`${ours}stack.layers.*.attentionNorm.{weight,bias}`]: `${theirs}encoder.layers.*.layer_norm1.{weight,bias}`,
  [`${ours}stack.layers.*.feedForward.up.{weight,bias}`]: `${theirs}encoder.layers.*.mlp.fc1.{weight,bias}`,
  [`${ours}stack.layers.*.feedForward.down.{weight,bias}`]: `${theirs}encoder.layers.*.mlp.fc2.{weight,bias}`,
  [`${ours}stack.layers.*.feedForwardNorm.{weight,bias}`]: `${theirs}encoder.layers.*.layer_norm2.{weight,bias}`,
});

const textTensors = (ours: string): WeightMap['tensors'] => ({
  [`${ours}body.tokens.weight`]: 'text_model.embeddings.token_embedding.weight',
  [`${ours}body.positions.weight`]: 'text_model.embeddings.position_embedding.weight',
  ...layers(`${ours}body.`, 'text_model.'),
  [`${ours}body.stack.norm.{weight,bias}`]: 'text_model.final_layer_norm.{weight,bias}',
  [`${ours}projection.weight`]: 'text_projection.weight',
});

const visionTensors = (ours: string, model: ClipVision): WeightMap['tensors'] => ({
  [`${ours}encoder.patches.linear.weight`]: {
    from: 'vision_model.embeddings.patch_embedding.weight',
    shape: () => model.encoder.patches.weightShape,
  },
  [`${ours}encoder.tokens.weight`]: {
    from: 'vision_model.embeddings.class_embedding',
    shape: ([, width]) => [width],
  },
  [`${ours}encoder.positions.weight`]: 'vision_model.embeddings.position_embedding.weight',
  [`${ours}encoder.norm.{weight,bias}`]: 'vision_model.pre_layrnorm.{weight,bias}',
  ...layers(`${ours}encoder.`, 'vision_model.'),
  [`${ours}norm.{weight,bias}`]: 'vision_model.post_layernorm.{weight,bias}',
  [`${ours}projection.weight`]: 'visual_projection.weight',
});

const ignored = /embeddings\.position_ids$/;

/** CLIP: `CLIPModel` (Radford et al. 2021). */
export const clip: Family<Clip> = {
  ...{ type: 'clip', title: 'CLIP', architectures: ['CLIPModel'] },
  build(json, file) {
    const projection = numberIn({ ...DEFAULTS, ...json }, 'projection_dim');
    const text = new ClipText(textOf(sideOf(json, 'text'), file, projection));
    return new Clip(text, new ClipVision(visionOf(sideOf(json, 'vision'), file), projection));
  },
  weights: (model) => ({
    ignored,
    tensors: {
      ...textTensors('text.'),
      ...visionTensors('vision.', model.vision),
      logitScale: 'logit_scale',
    },
  }),
};

/** The rows of texts alone: `CLIPTextModelWithProjection`. */
export const clipTextModelWithProjection: Family<ClipText> = {
  ...{ type: 'clip_text_model', title: 'CLIP', architectures: ['CLIPTextModelWithProjection'] },
  build: (json, file) =>
    new ClipText(textOf(json, file, numberIn({ ...DEFAULTS, ...json }, 'projection_dim'))),
  weights: () => ({ ignored, tensors: textTensors('') }),
};

/** The rows of images alone: `CLIPVisionModelWithProjection`. */
export const clipVisionModelWithProjection: Family<ClipVision> = {
  ...{ type: 'clip_vision_model', title: 'CLIP', architectures: ['CLIPVisionModelWithProjection'] },
  build: (json, file) =>
    new ClipVision(visionOf(json, file), numberIn({ ...DEFAULTS, ...json }, 'projection_dim')),
  weights: (model) => ({ ignored, tensors: visionTensors('', model) }),
};
