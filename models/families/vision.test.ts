// Which settings and tensors of vision models' files are read, kept or refused; nothing is computed.
import { expect, it } from 'vitest';
import vision from '../../tests/fixtures/vision.json';
import { describe } from '../family/family';
import type { Clip } from '../clip';
import type { Json } from '../pretrained_config';
import type { VisionClassifier } from '../vision_heads';
import { familyOf } from '../family/choose';
import { families } from './index';

type Name = keyof typeof vision.families;

/** Opens a fixture with changed settings and tensors besides its own. */
function open(name: Name, changes: Json = {}, more: Readonly<Record<string, readonly number[]>> = {}) {
  const { config, parameters } = vision.families[name];
  const shapes = new Map(
    Object.entries(parameters as Readonly<Record<string, { readonly shape: readonly number[] }>>).map(
      ([key, { shape }]) => [key, shape],
    ),
  );
  for (const [key, shape] of Object.entries(more)) shapes.set(key, shape);
  const full: Json = { ...config, ...changes };
  const family = familyOf(families, full);
  return describe(family as never, full, {
    names: () => [...shapes.keys()],
    info: (key) => ({ shape: shapes.get(key)! }),
    float32: () => Promise.reject(new Error('nothing is read')),
  });
}

it.each<[Name, Json, string]>([
  ['vit-sequence', { architectures: ['ViTForMaskedImageModeling'] }, 'ViTForMaskedImageModeling'],
  ['vit-model', { pooler_act: 'gelu' }, 'pooler_act is "gelu"'],
  ['vit-model', { pooler_output_size: 9 }, 'pooler_output_size is 9'],
  ['vit-sequence', { hidden_act: 'mish' }, 'hidden_act is "mish"'],
  ['vit-sequence', { image_size: 0 }, 'image_size is 0'],
  ['vit-sequence', { image_size: [15, 13, 3] }, 'image_size is [15,13,3]'],
  ['vit-sequence', { patch_size: 16 }, 'images of 15 × 13 have no patch of 16 × 16'],
  ['vit-sequence', { patch_size: 3 }, 'patch_embeddings.projection.weight is (40, 3, 4, 3) there'],
  ['vit-sequence', { image_size: 20 }, 'position_embeddings is (1, 13, 40) there'],
  ['vit-sequence', { qkv_bias: false }, '6 tensors have no place in this model'],
  ['vit-sequence', { num_attention_heads: 3 }, 'width 40 in 3 heads'],
  ['deit-sequence', { model_type: 'vit', architectures: ['ViTForImageClassification'] }, '39 left over'],
  ['clip-model', { architectures: ['CLIPForImageClassification'] }, 'CLIPForImageClassification'],
  ['clip-model', { projection_dim: 17 }, 'projection.weight is (18,'],
  ['clip-model', { vision_config: 'none' }, 'vision_config is "none"'],
])('%s with %j is refused', (name, changes, why) => {
  expect(() => open(name, changes)).toThrow(why);
});

it('parts that classes are not read from are kept as they came', () => {
  const more = {
    'vit.embeddings.mask_token': [1, 1, 40],
    'vit.pooler.dense.weight': [40, 40],
    'vit.pooler.dense.bias': [40],
  };
  expect([...open('vit-sequence', {}, more).kept].sort()).toEqual(Object.keys(more).sort());
  // A pooled model has its pooler itself.
  expect(open('vit-model', {}, { 'embeddings.mask_token': [1, 1, 20] }).kept).toEqual([
    'embeddings.mask_token',
  ]);
});

it("old files of CLIP say their sides' settings in dicts, which stand above the others", () => {
  const { text_config: text } = vision.families['clip-model'].config;
  const old = { text_config: { ...text, hidden_size: 99 }, text_config_dict: text };
  const ignored = {
    'text_model.embeddings.position_ids': [1, 9],
    'vision_model.embeddings.position_ids': [1, 10],
  };
  const model = open('clip-model', old, ignored).model as Clip;
  expect(model.config).toMatchObject({ width: 24, context: 9, projection: 18, activation: 'gelu_sigmoid' });
  expect(model.vision.config).toMatchObject({ image: [13, 13], patch: [4, 4], epsilon: 1e-5 });
  expect(model.logitScale.shape).toEqual([]);
});

it('sizes in pixels are a number, or height and width', () => {
  const { model } = open('vit-sequence', { image_size: [15, 14] }) as { model: VisionClassifier };
  expect(model.grid).toEqual([3, 4]); // what is over fills no patch
  expect(model.config.patch).toEqual([4, 3]);
});
