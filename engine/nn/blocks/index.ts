/** What Transformers are built from. */
export {
  Attention,
  heldBy,
  KeyValueCache,
  type AttentionConfig,
  type AttentionInput,
  type AttentionPrefix,
  type HeadsConfig,
  type LayerCache,
  type OutputGate,
  type PrefixedOptions,
} from './attention';
export * from './cross_attention';
export * from './classifier';
export * from './feed_forward';
export * from './language_head';
export * from './mixture_of_experts';
export { firstRow, Pooler, type PoolerConfig } from './pooler';
export { ScalarMix } from './scalar_mix';
export { PromptPlace, type PromptRows } from './prompt_place';
export type { RecurrentCache } from './recurrent_cache';
export * from './stack';
export * from './transformer_layer';
