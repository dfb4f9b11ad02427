/** What decoder-only families have in common: how their config.json speaks of the same things. */
import {
  Attention,
  DataError,
  Embedding,
  FeedForward,
  LayerNorm,
  normal,
  ropeScalingFromConfig,
  ropeThetaFromConfig,
  RMSNorm,
  Stack,
  TransformerLayer,
  type AttentionConfig,
  type FeedForwardConfig,
  type Norm,
  type RotaryOptions,
  type RowLayer,
  type SelfAttention,
  type TransformerLayerConfig,
} from '../../engine/index';
import type { CausalBody, CausalLMParts } from '../causal_body';
import { CausalLM } from '../causal_lm';
import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  numberOrNullIn,
  paddingIn,
  positiveIn,
  type Json,
  type Names,
} from '../pretrained_config';

/** First values of weights of models that are made, not loaded. */
export const START = { init: normal(0.02) };

/** Rotary positions of heads of `width`; throws `DataError` for scaling that turns cached keys anew as a text grows. */
export function rotaryIn(json: Json, width: number, share = 1): RotaryOptions {
  const scaling = ropeScalingFromConfig(json);
  if (scaling?.type === 'dynamic') {
    const todo = "Llama's family does it; for this one take the checkpoint without rope_scaling.";
    throw new DataError('config.json', 'rope_scaling is of type "dynamic"', todo);
  }
  const rotary = Math.trunc(width * share);
  return { theta: ropeThetaFromConfig(json), scaling, ...(rotary !== width && { rotary }) };
}

/** Settings of one layer, by number, beyond those that all Llama-like ones read. */
export interface LlamaLikeOptions {
  readonly attention?: (layer: number, headWidth: number) => Partial<AttentionConfig>;
  readonly feedForward?: Partial<FeedForwardConfig>;
  /** Instead of the attention of a layer, where it gives one. */
  readonly mixer?: (layer: number) => SelfAttention | null;
  /** Instead of the gated feed-forward of a layer, where it gives one. */
  readonly rowLayer?: (layer: number) => RowLayer | null;
  readonly order?: TransformerLayerConfig['order'];
  /** Norm's factors are 1 + weight, as Gemma's. */
  readonly fromOne?: boolean;
  /** Where config.json says nothing. */
  readonly defaults?: {
    readonly activation?: string;
    readonly padding?: number | null;
    readonly tied?: boolean;
    readonly epsilon?: number;
    readonly headWidth?: number;
  };
  /** The key of the activation. Default hidden_act. */
  readonly activationKey?: string;
  readonly parts?: Partial<CausalLMParts>;
  /** Share of a head that turns. */
  readonly rotaryShare?: number;
}

/** Root mean square norms, rotary positions, gated feed-forward, grouped heads: Llama's architecture, with changes. */
export function llamaLike(json: Json, file: Names, options: LlamaLikeOptions = {}): CausalLM {
  const { defaults = {}, order = 'pre', fromOne = false } = options;
  const width = numberIn(json, 'hidden_size');
  const heads = numberIn(json, 'num_attention_heads');
  // Some files have null where others have no key.
  const headWidth = numberOrNullIn(json, 'head_dim', defaults.headWidth ?? null) ?? width / heads;
  const vocabulary = numberIn(json, 'vocab_size');
  const epsilon = positiveIn(json, 'rms_norm_eps', defaults.epsilon ?? 1e-6);
  const norm = (size = width): Norm => new RMSNorm(size, { epsilon, fromOne });
  const rope = rotaryIn(json, headWidth, options.rotaryShare);
  const layer = (i: number): TransformerLayer =>
    new TransformerLayer({
      attention:
        options.mixer?.(i) ??
        new Attention({
          ...{ width, heads, headWidth, rope, causal: true, bias: false, ...START },
          keyValueHeads: numberIn(json, 'num_key_value_heads', heads),
          attentionDropout: numberIn(json, 'attention_dropout', 0),
          ...options.attention?.(i, headWidth),
        }),
      feedForward:
        options.rowLayer?.(i) ??
        new FeedForward({
          ...{ width, hidden: numberIn(json, 'intermediate_size'), gated: true, bias: false, ...START },
          activation: activationIn(
            json,
            options.activationKey ?? 'hidden_act',
            defaults.activation ?? 'silu',
          ),
          ...options.feedForward,
        }),
      ...{ norm: () => norm(), order },
    });
  const count = layersIn(json, 'num_hidden_layers', file);
  return new CausalLM({
    ...{ vocabulary, width, context: numberIn(json, 'max_position_embeddings') },
    tokens: new Embedding(vocabulary, width, {
      ...START,
      padding: paddingIn(json, defaults.padding ?? null),
    }),
    stack: new Stack(
      Array.from({ length: count }, (_, i) => layer(i)),
      { norm: norm() },
    ),
    tied: flagIn(json, 'tie_word_embeddings', defaults.tied ?? false),
    ...options.parts,
  });
}

const LLAMA: WeightMap['tensors'] = {
  'stack.layers.*.attentionNorm.weight': 'model.layers.*.input_layernorm.weight',
  'stack.layers.*.attention.qkv.{weight,bias}': 'model.layers.*.self_attn.{q,k,v}_proj.{weight,bias}',
  'stack.layers.*.attention.output.{weight,bias}': 'model.layers.*.self_attn.o_proj.{weight,bias}',
  'stack.layers.*.feedForwardNorm.weight': 'model.layers.*.post_attention_layernorm.weight',
  'stack.layers.*.feedForward.up.weight': 'model.layers.*.mlp.{gate,up}_proj.weight',
  'stack.layers.*.feedForward.down.weight': 'model.layers.*.mlp.down_proj.weight',
  'stack.norm.weight': 'model.norm.weight',
  'head.{weight,bias}': 'lm_head.{weight,bias}',
};

/** Tensors of Llama's names; `own` has those that a family names otherwise. */
export const llamaWeights = ({ config }: CausalBody, own: WeightMap['tensors'] = {}): WeightMap => ({
  prefix: 'model.',
  ignored: /rotary_emb\.inv_freq$/,
  tensors: {
    ...own, // the first rule that fits a name holds
    'tokens.weight': { from: 'model.embed_tokens.weight', copies: config.tied ? ['lm_head.weight'] : [] },
    ...LLAMA,
    ...own,
  },
});

/**
 * The keys that a layer sees: `sliding_window` where config.json says so for that layer, by `layer_types` or, in older
 * files, from layer `max_window_layers` on. Null for all.
 */
export function windowIn(json: Json, layer: number): number | null {
  const window = numberOrNullIn(json, 'sliding_window', 4096);
  if (!flagIn(json, 'use_sliding_window', false) || window === null) return null;
  const types = json.layer_types;
  if (Array.isArray(types)) {
    const type: unknown = types[layer];
    if (type === 'sliding_attention') return window;
    if (type === 'full_attention') return null;
    const what = `layer_types has ${JSON.stringify(type)} for layer ${layer}`;
    throw new DataError('config.json', what, 'Known are full_attention and sliding_attention.');
  }
  return layer >= numberIn(json, 'max_window_layers', 28) ? window : null;
}

export const layerNormOf =
  (json: Json, key: string, width: number) =>
  (size = width): LayerNorm =>
    new LayerNorm(size, { epsilon: positiveIn(json, key, 1e-5) });

/** A family of models that read from left to right: its names are those of a body with any head. */
export interface DecoderFamily<M extends CausalLM = CausalLM> extends Omit<Family<M>, 'weights'> {
  weights(model: CausalBody): WeightMap;
}
