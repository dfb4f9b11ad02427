/** Texts that are longer than a model reads at once: what is beyond is not read, and the page says so. */
import { encodingOf, type Tokenizer } from '../../../engine/index';

/** All tokens of a text, where they are more than are read. */
export interface Beyond {
  readonly long?: number;
}

/** `context`: tokens that the model reads, special ones included. */
export function beyond(tokenizer: Tokenizer, text: string, context: number): Beyond {
  const { length } = encodingOf(tokenizer, text).ids;
  return length > context ? { long: length } : {};
}
