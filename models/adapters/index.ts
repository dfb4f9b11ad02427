/** Kinds of adapters, and the files of PEFT: `heed/adapters`. */
export {
  adalora,
  AdaLoRA,
  bitfit,
  Bottleneck,
  bottleneck,
  Copy,
  copy,
  dora,
  DoRA,
  EmbeddingLoRA,
  ia3,
  InputFactors,
  OutputFactors,
  type AdaLoRAOptions,
  type BottleneckOptions,
  type IA3Options,
} from '../../engine/adapters';
export { adaptPeft, loadPeft, type AdaptPeftOptions, type LoadPeftOptions } from './load_peft';
export { savePeft, type SavePeftOptions } from './save_peft';
export { perRow, RowAdapters } from './per_row';
export { combine, type CombineOptions, type Weighted } from './combine';
export { NamedAdapters } from './named_adapters';
