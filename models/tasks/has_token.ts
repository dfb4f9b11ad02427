import { DataError, type Tokenizer } from '../../engine/index';

/** Whether an id has a token. Models may have rows beyond them, which Python's tokenizers read as nothing. */
export function hasToken(tokenizer: Tokenizer, id: number): boolean {
  if (id >= tokenizer.size) return false;
  try {
    tokenizer.token(id);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}
