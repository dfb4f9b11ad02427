/** Kinds of adapters beside `lora` and `prefix`, and what readers of their files need: part of `heed/adapters`. */
export { bitfit, Copy, copy } from './nn/adapters/copy';
export { Bottleneck, bottleneck, type BottleneckOptions } from './nn/adapters/bottleneck';
export { dora, DoRA } from './nn/adapters/dora';
export { ia3, InputFactors, OutputFactors, type IA3Options } from './nn/adapters/ia3';
export { trainsAlone } from './nn/adapters/freeze';
export { sitesOf } from './nn/adapters/sites';
