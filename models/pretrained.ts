/**
 * Hugging Face checkpoints as they are: reads `config.json`, decides which GPT it describes, and gives the weights
 * under this library's names. Nothing is converted beforehand.
 */
import {
  DataError,
  ropeScalingFromConfig,
  ropeThetaFromConfig,
  type Shape,
  type WeightSource,
} from '../engine/index';
import { completeConfig, type GPTConfig } from './gpt';
import { activationIn, numberIn, refuse, type Json } from './pretrained_config';

export interface PretrainedGPT {
  readonly config: GPTConfig;
  readonly weights: WeightSource;
}

/**
 * What `config` (a parsed config.json) and `source` (its safetensors) make: GPT-2 and Llama-shaped models.
 * Throws `DataError` on other model types and on settings that would change the numbers silently.
 */
export function pretrainedGPT(config: Json, source: WeightSource): PretrainedGPT {
  switch (config.model_type) {
    case 'gpt2':
      return gpt2(config, source);
    case 'llama':
      return llama(config, source);
    default:
      throw new DataError(
        'config.json',
        `model_type is ${JSON.stringify(config.model_type)}`,
        'GPT loads "gpt2" and "llama" checkpoints.',
      );
  }
}

/** GPT-2: our names are its names, with or without `transformer.` in front; mask buffers are skipped. */
function gpt2(json: Json, source: WeightSource): PretrainedGPT {
  refuse(json, 'scale_attn_weights', [true]);
  refuse(json, 'scale_attn_by_inverse_layer_idx', [false]);
  refuse(json, 'add_cross_attention', [false]);
  const width = numberIn(json, 'n_embd');
  const config: GPTConfig = {
    vocabulary: numberIn(json, 'vocab_size'),
    context: numberIn(json, 'n_positions'),
    layers: numberIn(json, 'n_layer'),
    heads: numberIn(json, 'n_head'),
    width,
    hidden: numberIn(json, 'n_inner', 4 * width),
    epsilon: numberIn(json, 'layer_norm_epsilon', 1e-5),
    activation: activationIn(json, 'activation_function', 'gelu_new'),
    dropout: numberIn(json, 'resid_pdrop', 0),
    tied: json.tie_word_embeddings !== false,
  };
  const theirs = source.names();
  const prefix = theirs.some((name) => name.startsWith('transformer.')) ? 'transformer.' : '';
  const names = theirs
    .filter((name) => !/\.attn\.(bias|masked_bias)$/.test(name))
    .filter((name) => !(config.tied && name === 'lm_head.weight'))
    .map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  const original = (name: string): string => (name === 'lm_head.weight' ? name : prefix + name);
  return {
    config,
    weights: {
      names: () => names,
      info: (name) => source.info(original(name)),
      float32: (name) => source.float32(original(name)),
    },
  };
}

/** Llama: q, k, v become one matrix, gate and up another, and PyTorch's (out, in) becomes our (in, out). */
function llama(json: Json, source: WeightSource): PretrainedGPT {
  refuse(json, 'attention_bias', [false]);
  refuse(json, 'mlp_bias', [false]);
  const heads = numberIn(json, 'num_attention_heads');
  const width = numberIn(json, 'hidden_size');
  refuse(json, 'head_dim', [width / heads]);
  const config = completeConfig({
    vocabulary: numberIn(json, 'vocab_size'),
    context: numberIn(json, 'max_position_embeddings'),
    layers: numberIn(json, 'num_hidden_layers'),
    heads,
    width,
    hidden: numberIn(json, 'intermediate_size'),
    keyValueHeads: numberIn(json, 'num_key_value_heads', heads),
    epsilon: numberIn(json, 'rms_norm_eps', 1e-6),
    ropeTheta: ropeThetaFromConfig(json),
    ropeScaling: ropeScalingFromConfig(json),
    activation: activationIn(json, 'hidden_act', 'silu'),
    positions: 'rope',
    norm: 'rms',
    gated: true,
    bias: false,
    tied: json.tie_word_embeddings === true,
  });
  const headWidth = width / heads;
  const qkv = (config.heads + 2 * config.keyValueHeads) * headWidth;
  interface Entry {
    readonly shape: Shape;
    readonly parts: readonly string[];
    readonly transpose: boolean;
  }
  const entries = new Map<string, Entry>();
  const plain = (name: string, from: string, shape: Shape): void => {
    entries.set(name, { shape, parts: [from], transpose: false });
  };
  const fused = (name: string, parts: string[], shape: Shape): void => {
    entries.set(name, { shape, parts, transpose: true });
  };
  plain('wte.weight', 'model.embed_tokens.weight', [config.vocabulary, width]);
  for (let i = 0; i < config.layers; i++) {
    const from = `model.layers.${i}`;
    plain(`h.${i}.ln_1.weight`, `${from}.input_layernorm.weight`, [width]);
    fused(
      `h.${i}.attn.c_attn.weight`,
      ['q', 'k', 'v'].map((p) => `${from}.self_attn.${p}_proj.weight`),
      [width, qkv],
    );
    fused(`h.${i}.attn.c_proj.weight`, [`${from}.self_attn.o_proj.weight`], [width, width]);
    plain(`h.${i}.ln_2.weight`, `${from}.post_attention_layernorm.weight`, [width]);
    fused(
      `h.${i}.mlp.c_fc.weight`,
      ['gate', 'up'].map((p) => `${from}.mlp.${p}_proj.weight`),
      [width, 2 * config.hidden],
    );
    fused(`h.${i}.mlp.c_proj.weight`, [`${from}.mlp.down_proj.weight`], [config.hidden, width]);
  }
  plain('ln_f.weight', 'model.norm.weight', [width]);
  if (!config.tied) plain('lm_head.weight', 'lm_head.weight', [config.vocabulary, width]);

  const available = new Set(source.names());
  const missing = [...entries.values()].flatMap((e) => e.parts.filter((p) => !available.has(p)));
  if (missing.length > 0) {
    throw new DataError(
      'llama checkpoint',
      `${missing.length} tensors are missing (${missing.slice(0, 3).join(', ')})`,
      'Give every shard (openSharded), and the config.json that belongs to them.',
    );
  }
  return {
    config,
    weights: {
      names: () => [...entries.keys()],
      info: (name) => ({ shape: entries.get(name)!.shape }),
      async float32(name) {
        const { shape, parts, transpose } = entries.get(name)!;
        const data = await Promise.all(parts.map((p) => source.float32(p)));
        return transpose ? joinColumns(data, shape[0], shape[1]) : data[0];
      },
    },
  };
}

/** Row blocks (outₖ, in), one after another, as one matrix (in, Σ outₖ). */
function joinColumns(parts: readonly Float32Array[], inputs: number, outputs: number): Float32Array {
  const joined = new Float32Array(inputs * outputs);
  let row = 0;
  for (const part of parts) {
    for (let o = 0; o < part.length / inputs; o++, row++) {
      for (let i = 0; i < inputs; i++) joined[i * outputs + row] = part[o * inputs + i]!;
    }
  }
  return joined;
}
