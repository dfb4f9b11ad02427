/** Kinds of adapters beside `lora` and `prefix`, and what readers of their files need: part of `heed/adapters`. */
export { bitfit, Copy, copy } from './nn/adapters/copy';
export { trainsAlone } from './nn/adapters/freeze';
export { sitesOf } from './nn/adapters/sites';
