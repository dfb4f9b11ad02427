import { expect, it } from 'vitest';
import { countParameters } from '../../engine/index';
import { describe } from '../family/family';
import type { Json } from '../pretrained_config';
import about from '../../tests/fixtures/decoders.json';
import { families } from './index';

const shapes = (type: string): ReadonlyMap<string, readonly number[]> => {
  const { parameters } = about.families[type as keyof typeof about.families];
  return new Map(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));
};

/** Opens a family's fixture with changed settings; nothing is read. */
function open(type: string, changes: Json): object {
  const { config } = about.families[type as keyof typeof about.families];
  const family = families.find((one) => one.type === type)!;
  const own = shapes(type);
  return describe(
    family as never,
    { ...config, ...changes },
    {
      names: () => [...own.keys()],
      info: (name) => ({ shape: own.get(name)! }),
      float32: () => Promise.reject(new Error('nothing is read')),
    },
  ).model;
}

it.each(Object.keys(about.families))(
  '%s: the model of a config.json has the parameters of its file',
  (type) => {
    const sizes = [...shapes(type).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
    expect(countParameters(open(type, {}))).toBe(sizes.reduce((a, b) => a + b, 0));
  },
);

it.each<[type: string, changes: Json, why: string]>([
  ['mistral', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, 'rope_scaling is of type "dynamic"'],
  ['phi3', { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } }, '"longrope"'],
  ['qwen2', { layer_types: ['full_attention', 'linear_attention'] }, '"linear_attention" for layer 1'],
  ['qwen3', { head_dim: 16 }, 'q_proj.weight is (36, 28) there, but config.json makes it (48, 28)'],
  ['gemma2', { attn_logit_softcapping: 'much' }, 'attn_logit_softcapping is missing or no number'],
  ['gemma', { hidden_act: 'quick_gelu' }, 'hidden_act is "quick_gelu"'],
  ['opt', { word_embed_proj_dim: 18 }, 'OPT-350m projects its embeddings'],
  ['opt', { layerdrop: 0.1 }, 'layerdrop is 0.1'],
  ['bloom', { apply_residual_connection_post_layernorm: true }, 'apply_residual_connection_post_layernorm'],
  ['gpt_neox', { use_parallel_residual: 'yes' }, 'use_parallel_residual is "yes"'],
  ['phi', { num_hidden_layers: 1e9 }, 'num_hidden_layers is 1000000000, but the file has'],
  ['mistral', { num_attention_heads: 4, num_key_value_heads: 3 }, '4 heads of 12, which share 3 key heads'],
])('%s refuses what it does not do: %j', (type, changes, why) => {
  expect(() => open(type, changes)).toThrow(why);
});
