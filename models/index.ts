/** The models of Heed. Import a single file for the smallest bundle. */
export { GPT, type GPTConfig, type LayerCache } from './gpt';
export { Generator, type GenerateOptions } from './generate';
export { pretrainedGPT, type PretrainedGPT } from './pretrained';
