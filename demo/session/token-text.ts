import type { Tokenizer } from '../../engine/index';
import { hasToken } from '../../models/tasks/has_token';

/** A token's text, or its name in the vocabulary where it has none of its own. */
export function tokenText(tokenizer: Tokenizer, id: number): string {
  if (!hasToken(tokenizer, id)) return `#${id}`; // a row of the model that no token has
  const text = tokenizer.decode([id]);
  return text === '' || text.includes('\uFFFD') ? tokenizer.token(id) : text;
}

/** What a text without a prompt starts after: a line break, or any token of a vocabulary that has none. */
export function lineBreak(tokenizer: Tokenizer): number {
  try {
    return tokenizer.encode('\n', { special: false })[0] ?? 0;
  } catch {
    return 0;
  }
}
