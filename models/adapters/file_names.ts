/** What PEFT calls tensors in its files. */
import { DataError } from '../../engine/index';

/** Keys and values of prefixes, or virtual tokens. */
export const PROMPT = 'prompt_embeddings';

/** What names of tensors in layers begin with. */
export const BEGINNING = 'base_model.model.';

/** The same beside virtual tokens and prefixes, which wrap the model once less. */
const SHORT = 'base_model.';

/** The name of a tensor beside virtual tokens or prefixes. */
export const fileName = (name: string): string => (name === PROMPT ? PROMPT : SHORT + name);

/** A file's name without what it begins with. `prompts`: beside virtual tokens or prefixes. Throws `DataError` for others. */
export function plainName(name: string, prompts: boolean): string {
  if (name === PROMPT) return name;
  const beginning = prompts ? SHORT : BEGINNING;
  if (name.startsWith(beginning)) return name.slice(beginning.length);
  const what = `${name} does not begin with ${beginning}`;
  throw new DataError('adapter_model.safetensors', what, 'Give a file that PEFT saved, or one of savePeft.');
}
