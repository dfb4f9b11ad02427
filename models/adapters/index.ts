/** Kinds of adapters, and the files of PEFT: `heed/adapters`. */
export { bitfit, Copy, copy } from '../../engine/adapters';
export { adaptPeft, loadPeft, type LoadPeftOptions } from './load_peft';
export { savePeft, type SavePeftOptions } from './save_peft';
