import type { Tokenizer } from '../../engine/index';
import { hasToken } from '../../models/tasks/inputs';

/** A token's text, or its name in the vocabulary where it has none of its own. */
export function tokenText(tokenizer: Tokenizer, id: number): string {
  if (!hasToken(tokenizer, id)) return `#${id}`; // a row of the model that no token has
  const text = tokenizer.decode([id]);
  return text === '' || text.includes('\uFFFD') ? tokenizer.token(id) : text;
}
