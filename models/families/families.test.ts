import { expect, it } from 'vitest';
import { countParameters } from '../../engine/index';
import { describe } from '../family/family';
import type { Json } from '../pretrained_config';
import decoders from '../../tests/fixtures/decoders.json';
import experts from '../../tests/fixtures/experts.json';
import bart from '../../tests/fixtures/seq2seq-bart.json';
import t5 from '../../tests/fixtures/seq2seq-t5.json';
import { fakeDevice } from '../../tests/harness/fake-device';
import { SequenceGenerator } from '../generation/sequence_generator';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { families } from './index';

interface Fixture {
  readonly config: Json;
  readonly parameters: Readonly<Record<string, { readonly shape: readonly number[] }>>;
}

const all: Readonly<Record<string, Fixture>> = {
  ...{ ...decoders.families, ...experts.families },
  ...{ ...t5.families, ...bart.families },
};

const shapes = (name: string): ReadonlyMap<string, readonly number[]> =>
  new Map(Object.entries(all[name].parameters).map(([name, { shape }]) => [name, shape]));

/** Opens a fixture with changed settings; nothing is read. */
function open(name: string, changes: Json): object {
  const { config } = all[name];
  const family = families.find((one) => one.type === config.model_type)!;
  const own = shapes(name);
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

it.each(Object.keys(all))('%s: the model of a config.json has the parameters of its file', (name) => {
  const learned = [...shapes(name)].filter(([name]) => name !== 'final_logits_bias');
  const sizes = learned.map(([, shape]) => shape.reduce((a, b) => a * b, 1));
  expect(countParameters(open(name, {}))).toBe(sizes.reduce((a, b) => a + b, 0));
});

it.each<[type: string, changes: Json, why: string]>([
  ['mistral', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, 'rope_scaling is of type "dynamic"'],
  ['phi3', { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } }, '"longrope"'],
  ['qwen2', { layer_types: ['full_attention', 'linear_attention'] }, '"linear_attention" for layer 1'],
  ['qwen3', { head_dim: 16 }, 'q_proj.weight is (36, 28) there, but config.json makes it (48, 28)'],
  ['gemma2', { attn_logit_softcapping: 'much' }, 'attn_logit_softcapping is missing or no number'],
  ['gemma', { hidden_act: 'mish' }, 'hidden_act is "mish"'],
  ['opt', { word_embed_proj_dim: 18 }, 'OPT-350m projects its embeddings'],
  ['bloom', { apply_residual_connection_post_layernorm: true }, 'apply_residual_connection_post_layernorm'],
  ['gpt_neox', { use_parallel_residual: 'yes' }, 'use_parallel_residual is "yes"'],
  ['phi', { num_hidden_layers: 1e9 }, 'num_hidden_layers is 1000000000, but the file has'],
  ['mistral', { num_attention_heads: 4, num_key_value_heads: 3 }, '4 heads of 12, which share 3 key heads'],
  ['t5', { feed_forward_proj: 'twice-gelu', is_gated_act: null }, 'feed_forward_proj is "twice-gelu"'],
  ['t5', { dense_act_fn: 'gelu_fast' }, 'dense_act_fn is "gelu_fast"'],
  ['t5', { tie_word_embeddings: false }, 'lm_head.weight'],
  ['t5', { relative_attention_num_buckets: 7 }, '7 buckets in two directions'],
  ['bart', { decoder_attention_heads: 4 }, 'width 18 in 4 heads'],
  ['mixtral', { output_router_logits: true }, 'a term that balances experts, which is not done'],
  ['mixtral', { router_jitter_noise: 0.1 }, 'router_jitter_noise is 0.1'],
  ['mixtral', { num_local_experts: 1e9 }, 'num_local_experts is 1000000000, but the file has'],
  ['mixtral', { num_local_experts: 3 }, '6 tensors have no place in this model'],
  ['qwen2_moe', { use_sliding_window: true }, 'use_sliding_window is true'],
  ['qwen2_moe', { decoder_sparse_step: 0 }, 'decoder_sparse_step is 0'],
  ['qwen3_moe', { mlp_only_layers: [0.5] }, 'mlp_only_layers is [0.5]'],
  ['qwen3_moe', { num_experts_per_tok: 6 }, 'a token has 6 of 5 experts'],
  [
    'qwen3_next',
    { layer_types: ['linear_attention', 'sliding_attention'] },
    '"sliding_attention" for layer 1',
  ],
  ['qwen3_next', { hidden_act: 'gelu' }, 'hidden_act is "gelu"'],
  ['qwen3_next', { linear_num_value_heads: 3 }, '2 key heads do not divide 3 value heads'],
  ['qwen3_next', { output_router_logits: true }, 'output_router_logits is true'],
  ['m2m_100', { max_position_embeddings: 0 }, 'context is 0'],
])('%s refuses what it does not do: %j', (type, changes, why) => {
  expect(() => open(type, changes)).toThrow(why);
});

it('M2M-100 reads no source that holds padding, for it counts positions without it; BART does', async () => {
  const sources = [[7, 1, 8]]; // padding is 1
  const told = async (type: string): Promise<string> => {
    const model = open(type, {}) as Seq2SeqLM;
    const generator = new SequenceGenerator(fakeDevice(), model, {
      begin: 2,
      end: 2,
      beams: 1,
      sentences: 1,
    });
    return generator.generate(sources).then(String, (error: unknown) => String(error));
  };
  expect(await told('m2m_100')).toMatch(/sentence 0 holds padding, 1, at index 1, .* Leave it out/);
  expect(await told('bart')).not.toMatch(/holds padding/);
});
