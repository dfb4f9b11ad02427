/** The models of Heed. Import a single file for the smallest bundle. */
export {
  EncoderDecoder,
  encoderDecoderPresets,
  type CacheSizes,
  type DecoderCache,
  type EncoderDecoderConfig,
} from './encoder_decoder';
export { GPT, type GPTConfig, type LayerCache } from './gpt';
export { Generator, type GenerateOptions } from './generate';
export { pretrainedGPT, type PretrainedGPT } from './pretrained';
