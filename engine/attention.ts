/**
 * Kinds of attention beside the fused softmax attention that models are made of: linear, gated linear with the layer that is made
 * of it (Gated DeltaNet), additive (Bahdanau) and plain dot-product. An entry of its own: only who names one loads it.
 */
export * from './shaders/additive_attention/additive_attention';
export * from './shaders/dot_product_attention/dot_product_attention';
export * from './shaders/linear_attention/linear_attention';
export * from './shaders/linear_attention/recurrent';
export * from './shaders/gated_linear_attention/gated_linear_attention';
export * from './shaders/gated_linear_attention/recurrent';
export * from './shaders/causal_convolution/causal_convolution';
export * from './shaders/decay_gate/decay_gate';
export { GatedDeltaNet, type GatedDeltaNetConfig } from './nn/blocks/gated_delta_net';
export { sigmoidGate } from './nn/blocks/sigmoid_gate';
export { AdditiveAttention, type AdditiveAttentionWidths } from './nn/additive_attention';
