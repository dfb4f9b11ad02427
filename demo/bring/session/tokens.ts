/** Tokens as people read them, with what the model thought of each. */
import type { Tokenizer } from '../../../engine/index';
import { likeliest, sharesOf } from '../../session/likeliest';
import type { Logits } from '../../session/look';
import { tokenText } from '../../session/token-text';
import type { Scored, SeenToken } from './protocol';

/** How many of the tokens that could have stood somewhere are told. */
const MOST = 10;

/** Tokens with their probabilities, where logits are known of what follows each. */
export function seenTokens(tokenizer: Tokenizer, ids: ArrayLike<number>, logits: Logits | null): SeenToken[] {
  return Array.from(ids, (id, at) => ({
    text: tokenText(tokenizer, id),
    probability: logits && at > 0 ? sharesOf(rowOf(logits, at - 1))(id) : null,
  }));
}

/** What could have stood at `at`, the likeliest first; at a temperature above 0 as it would have been drawn. */
export function nextTokens(
  tokenizer: Tokenizer,
  logits: Logits,
  at: number,
  temperature: number,
): readonly Scored[] | null {
  if (!(at >= 1 && at * logits.vocabulary <= logits.values.length)) return null;
  const best = likeliest(rowOf(logits, at - 1), MOST, temperature > 0 ? { temperature } : {});
  return best.map(({ id, share }) => ({ label: tokenText(tokenizer, id), score: share }));
}

/** The likeliest `count` tokens of logits (V), best first. */
export function bestTokens(tokenizer: Tokenizer, logits: Float32Array, count: number): readonly Scored[] {
  return likeliest(logits, count).map(({ id, share }) => ({ label: tokenText(tokenizer, id), score: share }));
}

const rowOf = ({ vocabulary, values }: Logits, t: number): Float32Array =>
  values.subarray(t * vocabulary, (t + 1) * vocabulary);
