import { describe, expect, it } from 'vitest';
import { parameters, ShapeError, type Shape, type WeightSource } from '../engine/index';
import folders from '../tests/fixtures/folders.json';
import gpt2 from '../tests/fixtures/gpt-small.json';
import llama from '../tests/fixtures/gpt-modern.json';
import { GPT } from './gpt';
import { pretrainedGPT } from './pretrained';

type Tensors = Record<
  string,
  Shape | { readonly shape: Shape; readonly dtype: string; readonly value?: number }
>;

/** A checkpoint of these tensors; `read` counts what is read of it. */
function fileOf(tensors: Tensors): WeightSource & { read: number } {
  const info = (name: string) => {
    const about = tensors[name];
    return 'shape' in about ? about : { shape: about };
  };
  const file = {
    read: 0,
    names: () => Object.keys(tensors),
    info,
    float32: (name: string) => {
      file.read++;
      const about = tensors[name];
      const size = info(name).shape.reduce((a, b) => a * b, 1);
      return Promise.resolve(new Float32Array(size).fill('shape' in about ? (about.value ?? 0) : 0));
    },
  };
  return file;
}
const renamed = (tensors: Tensors, to: (name: string) => string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, about]) => [to(name), about]));
const without = (tensors: Tensors, part: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.includes(part)));

const small: Tensors = gpt2.parameters;
const modern: Tensors = llama.parameters;
const open = (config: object, tensors: Tensors) => () => pretrainedGPT({ ...config }, fileOf(tensors));

/** Hidden 8, 2 heads of 4, and 1 head of keys and values: the config of the issue, and its file. */
const grouped = {
  ...{ model_type: 'llama', vocab_size: 5, hidden_size: 8, intermediate_size: 6, num_hidden_layers: 1 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: 16 },
};
const layer = 'model.layers.0';
const groupedFile: Tensors = {
  'model.embed_tokens.weight': [5, 8],
  [`${layer}.input_layernorm.weight`]: [8],
  [`${layer}.self_attn.q_proj.weight`]: [8, 8],
  [`${layer}.self_attn.k_proj.weight`]: [4, 8],
  [`${layer}.self_attn.v_proj.weight`]: [4, 8],
  [`${layer}.self_attn.o_proj.weight`]: [8, 8],
  [`${layer}.post_attention_layernorm.weight`]: [8],
  [`${layer}.mlp.gate_proj.weight`]: [6, 8],
  [`${layer}.mlp.up_proj.weight`]: [6, 8],
  [`${layer}.mlp.down_proj.weight`]: [8, 6],
  'model.norm.weight': [8],
  'lm_head.weight': [5, 8],
};

describe('shapes', () => {
  it('are all those of the configuration, or nothing is read', () => {
    const { config, weights } = pretrainedGPT(grouped, fileOf(groupedFile));
    for (const [name, { shape }] of parameters(new GPT(config)))
      expect(weights.info(name).shape, name).toEqual(shape);
    const { num_key_value_heads: _, ...rest } = grouped;
    const file = fileOf(groupedFile);
    const wrong = () => pretrainedGPT(rest, file);
    expect(wrong).toThrow(ShapeError);
    expect(wrong).toThrow(
      'Llama checkpoint: model.layers.0.self_attn.k_proj.weight is (4, 8) there, but config.json makes it (8, 8).',
    );
    expect(file.read).toBe(0);
  });

  it.each(Object.keys(groupedFile))('of Llama: %s', (name) => {
    const swapped = fileOf({ ...groupedFile, [name]: [...(groupedFile[name] as Shape), 1] });
    expect(() => pretrainedGPT(grouped, swapped)).toThrow(`${name} is (`);
    // As many numbers in another order of axes fit nowhere either.
    const turned = [...(groupedFile[name] as Shape)].reverse();
    if (turned.length === 2 && turned[0] !== turned[1])
      expect(open(grouped, { ...groupedFile, [name]: turned })).toThrow(ShapeError);
  });

  it.each(Object.keys(small))('of GPT-2: %s', (name) => {
    expect(open(gpt2.config, { ...small, [name]: [3, 5] })).toThrow(
      `GPT-2 checkpoint: ${name} is (3, 5) there`,
    );
  });

  it.each([
    { intermediate_size: 3 },
    { intermediate_size: 12 },
    { hidden_size: 4 },
    { vocab_size: 6 },
    { num_key_value_heads: 2 },
    { num_attention_heads: 4 },
  ])('of a configuration with %o', (more) => {
    expect(open({ ...grouped, ...more }, groupedFile)).toThrow(ShapeError);
  });

  it.each([
    [
      { num_hidden_layers: 1e9 },
      'config.json: num_hidden_layers is 1000000000, but the file has 12 tensors.',
    ],
    [{ num_hidden_layers: 0.5 }, 'num_hidden_layers is 0.5'],
    [{ num_hidden_layers: 0 }, 'num_hidden_layers is 0'],
    [
      { tie_word_embeddings: 'true' },
      'config.json: tie_word_embeddings is "true". It must be true or false.',
    ],
    [{ hidden_act: 5 }, 'hidden_act is 5'],
    [{ hidden_act: ['silu'] }, 'hidden_act is ["silu"]'],
    [{ hidden_act: 'toString' }, 'hidden_act is "toString"'],
  ])('refuses what a config.json cannot say: %j', (more, message) => {
    expect(open({ ...grouped, ...more }, groupedFile)).toThrow(message);
  });

  it('refuses head_dim that is not width / heads', () => {
    expect(open({ ...grouped, head_dim: 8 }, groupedFile)).toThrow('head_dim is 8');
  });
});

describe('names', () => {
  it('of GPT-2 and Llama, whole or only the inner model, wrapped or not', () => {
    for (const wrap of ['', 'module.', '_orig_mod.', 'module._orig_mod.']) {
      for (const inner of ['', 'transformer.']) {
        const { weights } = pretrainedGPT(gpt2.config, fileOf(renamed(small, (name) => wrap + inner + name)));
        expect(weights.names()).toContain('stack.layers.1.feedForward.down.bias');
      }
      expect(
        open(
          llama.config,
          renamed(modern, (name) => wrap + name),
        ),
      ).not.toThrow();
    }
    const bare = without(
      renamed(modern, (name) => name.replace(/^model\./, '')),
      'lm_head',
    );
    expect(
      open({ ...llama.config, tie_word_embeddings: true, architectures: ['LlamaModel'] }, bare),
    ).not.toThrow();
  });

  it('tells a prefix that is not taken off', () => {
    const mixed = { ...renamed(modern, (name) => `module.${name}`), step: [1] };
    expect(open(llama.config, mixed)).toThrow(
      'Llama checkpoint: 21 tensors are missing (embed_tokens.weight, layers.0.input_layernorm.weight, ' +
        'layers.0.self_attn.q_proj.weight, …), 22 left over (module.model.embed_tokens.weight, ',
    );
    expect(open(llama.config, mixed)).toThrow('The model lies under "module.model." there');
    const llava = renamed(modern, (name) => `language_model.${name}`);
    expect(open(llama.config, llava)).toThrow('The model lies under "language_model.model." there');
  });

  it('leaves nothing over', () => {
    const scored = { ...without(modern, 'lm_head'), 'score.weight': [2, 32] };
    const tied = { ...llama.config, tie_word_embeddings: true };
    expect(open(tied, scored)).toThrow(
      'Llama checkpoint: 1 tensor has no place in this model (score.weight). The checkpoint is of another model',
    );
    expect(open({ ...tied, architectures: ['LlamaForSequenceClassification'] }, scored)).toThrow(
      'architectures is ["LlamaForSequenceClassification"]. GPT loads LlamaForCausalLM and LlamaModel',
    );
    const biased = { ...modern, 'model.layers.0.self_attn.q_proj.bias': [32] };
    expect(open(llama.config, biased)).toThrow('(model.layers.0.self_attn.q_proj.bias)');
    expect(open(gpt2.config, { ...small, 'multiple_choice_head.summary.weight': [1, 32] })).toThrow(
      'no place',
    );
    expect(open({ ...gpt2.config, architectures: ['GPT2DoubleHeadsModel'] }, small)).toThrow(
      'architectures is',
    );
    const more = { ...small, 'h.2.ln_1.weight': [32] };
    expect(open(gpt2.config, more)).toThrow('(h.2.ln_1.weight)'); // a layer more than config.json says
  });

  it('knows the buffers that Transformers skips by name', () => {
    const masks = { 'h.0.attn.bias': [1, 1, 24, 24], 'h.1.attn.masked_bias': [] };
    expect(pretrainedGPT(gpt2.config, fileOf({ ...small, ...masks })).weights.names()).not.toContain(
      'h.0.attn.bias',
    );
    const angles = { 'model.layers.0.self_attn.rotary_emb.inv_freq': [4], 'model.rotary_emb.inv_freq': [4] };
    expect(open(llama.config, { ...modern, ...angles })).not.toThrow();
    expect(open(llama.config, { ...modern, 'model.layers.0.attn.bias': [4] })).toThrow('no place');
  });

  it('takes a tied head that is there twice, if it is the same', async () => {
    const twice = (value: number): Tensors => ({
      ...small,
      'lm_head.weight': { shape: [67, 32], dtype: 'F32', value },
    });
    const same = pretrainedGPT(gpt2.config, fileOf(twice(0))).weights;
    expect(await same.float32('tokens.weight')).toHaveLength(67 * 32);
    const other = pretrainedGPT(gpt2.config, fileOf(twice(1))).weights;
    await expect(other.float32('tokens.weight')).rejects.toThrow(
      'GPT-2 checkpoint: lm_head.weight differs from wte.weight, though config.json ties them',
    );
    const only = { ...without(small, 'wte'), 'lm_head.weight': [67, 32] };
    expect(await pretrainedGPT(gpt2.config, fileOf(only)).weights.float32('tokens.weight')).toHaveLength(
      67 * 32,
    );
  });
});

describe('what is no plain model', () => {
  it('tells the method of quantized weights', () => {
    for (const [settings, method] of [
      [{ quant_method: 'gptq', bits: 4 }, 'gptq'],
      [{ quant_method: 'awq' }, 'awq'],
      [{ load_in_4bit: true }, 'bitsandbytes'],
      [{ quant_method: 'fp8' }, 'fp8'],
    ] as const) {
      const config = { ...llama.config, quantization_config: settings };
      expect(open(config, {})).toThrow(
        `config.json: quantization_config says that the weights are quantized by "${method}". Heed reads weights in F32`,
      );
    }
    const packed = { ...modern, 'model.layers.0.self_attn.q_proj.qweight': [4, 32] };
    expect(open(llama.config, packed)).toThrow('self_attn.q_proj.qweight belongs to a quantized layer');
    const eight = { ...modern, [`${layer}.mlp.up_proj.weight`]: { shape: [83, 32], dtype: 'F8_E4M3' } };
    expect(open(llama.config, eight)).toThrow('model.layers.0.mlp.up_proj.weight holds F8_E4M3');
  });

  it('tells adapters, by their config and by their names', () => {
    const lora = { peft_type: 'LORA', base_model_name_or_path: 'some/base' };
    expect(open(lora, {})).toThrow(
      'adapter_config.json: this describes an adapter ("LORA"), not a model. Load its base model, and then the adapter into it',
    );
    const names = { 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight': [8, 32] };
    expect(open(llama.config, names)).toThrow('q_proj.lora_A.weight belongs to an adapter (PEFT)');
  });

  it('names a family that is not loaded', () => {
    expect(open({ model_type: 'mistral', architectures: ['MistralForCausalLM'] }, {})).toThrow(
      'config.json: model_type is "mistral". GPT loads "gpt2" and "llama" checkpoints.',
    );
  });
});

describe('generation', () => {
  const read = (config: object, generation?: object | null, tensors = small) =>
    pretrainedGPT({ ...config }, fileOf(tensors), generation as never).generation;

  it('is read from generation_config.json as the newest Transformers writes it', () => {
    const { gpt2: g, llama: l } = folders;
    expect(read(g.config, g.generation)).toEqual({ tokens: 40, temperature: 0, stop: [0] });
    expect(read(l.config, l.generation, modern)).toEqual({
      ...{ length: 24, temperature: 0.6, topK: 50, topP: 0.9, stop: [61, 65, 66] },
    });
  });

  it('stands for itself there, but for the ids of tokens', () => {
    const old = { ...gpt2.config, eos_token_id: 3, do_sample: true, top_k: 7 };
    expect(read(old)).toEqual({ temperature: 1, topK: 7, topP: 1, stop: [3] });
    expect(read(old, { eos_token_id: [5, 6] })).toEqual({ temperature: 0, stop: [5, 6] });
    expect(read(old, {})).toEqual({ temperature: 0, stop: [3] });
    // One that was copied from config.json adds to it.
    const copied = { _from_model_config: true, eos_token_id: 4 };
    expect(read(old, copied)).toEqual({ temperature: 1, topK: 7, topP: 1, stop: [4] });
    expect(read(gpt2.config)).toEqual({ temperature: 0, stop: [] });
  });

  it.each([
    { num_beams: 2 },
    { num_return_sequences: 2 },
    { forced_bos_token_id: 4 },
    { stop_strings: ['.'] },
    { do_sample: true, typical_p: 0.9 },
    { forced_eos_token_id: 4 },
    { guidance_scale: 1.5 },
  ])('refuses what is not done: %o', (settings) => {
    const key = Object.keys(settings).at(-1)!;
    expect(() => read(gpt2.config, settings)).toThrow(`generation_config.json: ${key} is `);
    expect(() => read({ ...gpt2.config, ...settings })).toThrow(`config.json: ${key} is `);
  });

  it('draws from all tokens where top_k is null, and refuses what is no switch, or no file', () => {
    const read = (generation: unknown) =>
      pretrainedGPT({ ...grouped }, fileOf(groupedFile), generation as Record<string, unknown>).generation;
    expect(read({ do_sample: true, top_k: null })).toMatchObject({ topK: 0 });
    expect(read({ do_sample: true })).toMatchObject({ topK: 50 });
    expect(() => read({ do_sample: 'true' })).toThrow('do_sample is "true". It must be true or false.');
    for (const file of [[], 'x', 5, true]) {
      expect(() => read(file)).toThrow('generation_config.json: it is no object.');
    }
  });

  it('takes penalties, bans and min-p', () => {
    const settings = {
      ...{
        do_sample: true,
        min_p: 0.1,
        repetition_penalty: 1.1,
        no_repeat_ngram_size: 3,
        eos_token_id: [5, 6],
      },
      ...{ bad_words_ids: [[4], [6], [5, 6]], suppress_tokens: [3] },
    };
    expect(read(gpt2.config, settings)).toEqual({
      ...{ temperature: 1, topK: 50, topP: 1, minP: 0.1, repetitionPenalty: 1.1, noRepeatNgram: 3 },
      ...{ banned: [[4], [5, 6], 3], stop: [5, 6] },
    });
    expect(() => read(gpt2.config, { repetition_penalty: 0 })).toThrow('repetition_penalty is 0');
  });

  it('takes least lengths, with the prompt and without it', () => {
    const settings = { eos_token_id: 5, min_new_tokens: 4, min_length: 9 };
    expect(read(gpt2.config, settings)).toEqual({ temperature: 0, stop: [5], minTokens: 4, minLength: 9 });
    expect(() => read(gpt2.config, { min_new_tokens: -1 })).toThrow('min_new_tokens is -1');
  });

  it('takes settings that change nothing', () => {
    const neutral = {
      repetition_penalty: 1,
      num_beams: 1,
      bad_words_ids: null,
      min_p: 0.1,
      suppress_tokens: [],
    };
    expect(read(gpt2.config, { ...neutral, temperature: 0.3 })).toEqual({ temperature: 0, stop: [] });
  });
});

describe('dropout', () => {
  it('is read for each place', () => {
    const { config } = pretrainedGPT(
      { ...gpt2.config, embd_pdrop: 0.1, attn_pdrop: 0.2, resid_pdrop: 0.3 },
      fileOf(small),
    );
    expect(config).toMatchObject({ embeddingDropout: 0.1, attentionDropout: 0.2, dropout: 0.3 });
    const modernised = pretrainedGPT({ ...llama.config, attention_dropout: 0.4 }, fileOf(modern)).config;
    expect(modernised).toMatchObject({ embeddingDropout: 0, attentionDropout: 0.4, dropout: 0 });
  });
});
