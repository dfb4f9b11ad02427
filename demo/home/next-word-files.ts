/** The small model that the home page ships with: a Hugging Face folder, as it is. */
import config from '../models/writer/config.json?url';
import weights from '../models/writer/model.safetensors?url';
import tokenizer from '../models/writer/tokenizer.json?url';
import type { ModelFiles } from './session/protocol';

const at = (url: string): string => new URL(url, location.href).href;

export const NEXT_WORD_FILES: ModelFiles = {
  'config.json': at(config),
  'model.safetensors': at(weights),
  'tokenizer.json': at(tokenizer),
};
