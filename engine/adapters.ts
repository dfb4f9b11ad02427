/** Kinds of adapters beside `lora` and `prefix`, and what readers of their files need: part of `heed/adapters`. */
export { adalora, AdaLoRA, type AdaLoRAOptions } from './nn/adapters/adalora';
export { bitfit, Copy, copy } from './nn/adapters/copy';
export { Bottleneck, bottleneck, type BottleneckOptions } from './nn/adapters/bottleneck';
export { dora, DoRA } from './nn/adapters/dora';
export { EmbeddingLoRA } from './nn/adapters/embedding_lora';
export { ia3, InputFactors, OutputFactors, type IA3Options } from './nn/adapters/ia3';
export { trainsAlone } from './nn/adapters/freeze';
export { sitesOf } from './nn/adapters/sites';
