/** Kinds of adapters, and the files of PEFT: `heed/adapters`. */
export {
  bitfit,
  Bottleneck,
  bottleneck,
  Copy,
  copy,
  dora,
  DoRA,
  ia3,
  InputFactors,
  OutputFactors,
  type BottleneckOptions,
  type IA3Options,
} from '../../engine/adapters';
export { adaptPeft, loadPeft, type LoadPeftOptions } from './load_peft';
export { savePeft, type SavePeftOptions } from './save_peft';
export { combine, type CombineOptions, type Weighted } from './combine';
export { NamedAdapters } from './named_adapters';
