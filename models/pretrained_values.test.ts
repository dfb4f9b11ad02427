/** Values of config.json and generation_config.json that no model has are refused where they are read. */
import { expect, it } from 'vitest';
import { DataError, EngineError, type Shape, type WeightSource } from '../engine/index';
import { fixtureTensors } from '../tests/fixtures/load';
import folders from '../tests/fixtures/folders.json';
import gpt2 from '../tests/fixtures/gpt-small.json';
import llama from '../tests/fixtures/gpt-modern.json';
import { pretrainedGPT } from './pretrained';
import { pretrainedMarian } from './pretrained_marian';

const sourceOf = (shapes: Readonly<Record<string, Shape>>): WeightSource => ({
  names: () => Object.keys(shapes),
  info: (name) => ({ shape: shapes[name] }),
  float32: () => Promise.reject(new Error('nothing is read')),
});
const marian = sourceOf(
  Object.fromEntries(
    [...(await fixtureTensors('marian.safetensors'))].map(([name, { shape }]) => [name, shape]),
  ),
);
const open = {
  gpt2: (config: object, file: object = {}) =>
    pretrainedGPT({ ...gpt2.config, ...config }, sourceOf(gpt2.parameters), { eos_token_id: 0, ...file }),
  llama: (config: object, file: object = {}) =>
    pretrainedGPT({ ...llama.config, ...config }, sourceOf(llama.parameters), { eos_token_id: 0, ...file }),
  marian: (config: object, file: object = {}) =>
    pretrainedMarian({ ...folders.marian.config, ...config }, marian, {
      ...folders.marian.generation,
      ...file,
    }),
};

it.each<[keyof typeof open, object, object, string]>([
  ['gpt2', {}, { eos_token_id: -1 }, 'eos_token_id is -1'],
  ['gpt2', {}, { eos_token_id: [0, 67] }, 'eos_token_id is [0,67]'],
  ['gpt2', {}, { do_sample: true, top_p: 2 }, 'top_p is 2'],
  ['gpt2', {}, { do_sample: true, top_p: 0 }, 'top_p is 0'],
  ['gpt2', {}, { do_sample: true, top_k: -1 }, 'top_k is -1'],
  ['gpt2', {}, { do_sample: true, temperature: 0 }, 'temperature is 0'],
  ['gpt2', {}, { max_new_tokens: 0.5 }, 'max_new_tokens is 0.5'],
  ['gpt2', {}, { max_length: -40 }, 'max_length is -40'],
  ['gpt2', { layer_norm_epsilon: 0 }, {}, 'layer_norm_epsilon is 0'],
  ['gpt2', { architectures: 'GPT2ForSequenceClassification' }, {}, 'architectures is "GPT2ForSeq'],
  ['gpt2', { architectures: [['GPT2Model']] }, {}, 'architectures is'],
  ['gpt2', { n_layer: 1e9 }, {}, 'n_layer is 1000000000'],
  ['llama', { rms_norm_eps: -1e-6 }, {}, 'rms_norm_eps is -0.000001'],
  ['llama', { rope_theta: 0 }, {}, 'rope_theta is 0'],
  ['llama', { rope_theta: 'a' }, {}, 'rope_theta is "a"'],
  ['llama', { rope_scaling: { type: 'linear', factor: 0 } }, {}, 'factor of linear scaling is 0'],
  ['llama', { num_hidden_layers: 2 ** 32 }, {}, 'num_hidden_layers is 4294967296'],
  ['marian', {}, { num_beams: 0 }, 'num_beams is 0'],
  ['marian', {}, { num_return_sequences: 5 }, 'num_return_sequences is 5'],
  ['marian', {}, { decoder_start_token_id: 41 }, 'decoder_start_token_id is 41'],
  ['marian', {}, { pad_token_id: 41 }, 'pad_token_id is 41'],
  ['marian', { pad_token_id: -1 }, {}, 'padding is -1'],
  ['marian', {}, { bad_words_ids: [[41]] }, 'bad_words_ids is [[41]]'],
  ['marian', {}, { no_repeat_ngram_size: -1 }, 'no_repeat_ngram_size is -1'],
  ['marian', { encoder_layers: 1e6 }, {}, 'encoder_layers is 1000000'],
  ['marian', { max_position_embeddings: 1e99 }, {}, 'context is 1e+99'],
])('%s with %o and %o is refused', (family, config, file, why) => {
  expect(() => open[family]({})).not.toThrow();
  expect(() => open[family](config, file)).toThrow(why);
  expect(() => open[family](config, file)).toThrow(EngineError);
});

it('a class may stand by itself, and a config.json that is none is told', () => {
  expect(() => open.gpt2({ architectures: 'GPT2LMHeadModel' })).not.toThrow();
  expect(() => open.gpt2({ architectures: null })).not.toThrow();
  for (const config of [null, [], 'gpt2']) {
    expect(() => pretrainedGPT(config as never, marian)).toThrow(DataError);
    expect(() => pretrainedMarian(config as never, marian)).toThrow('config.json: it is no object');
  }
});
