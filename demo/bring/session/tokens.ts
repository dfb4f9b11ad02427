/** Tokens as people read them, with what the model thought of each. */
import { DataError, type Tokenizer } from '../../../engine/index';
import type { Logits } from './look';
import type { Scored, SeenToken } from './protocol';

/** How many of the tokens that could have stood somewhere are told. */
const MOST = 10;

/** A token's text, or its name in the vocabulary where it has none of its own. */
function textOf(tokenizer: Tokenizer, id: number): string {
  try {
    const text = tokenizer.decode([id]);
    return text === '' || text.includes('\uFFFD') ? tokenizer.token(id) : text;
  } catch (error) {
    if (error instanceof DataError) return `#${id}`; // a row of the model that no token has
    throw error;
  }
}

/** Tokens with their probabilities, where logits are known of what follows each. */
export function seenTokens(tokenizer: Tokenizer, ids: ArrayLike<number>, logits: Logits | null): SeenToken[] {
  return Array.from(ids, (id, at) => ({
    text: textOf(tokenizer, id),
    probability: logits && at > 0 ? probabilities(rowOf(logits, at - 1))(id) : null,
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
  const row = rowOf(logits, at - 1);
  const probability = probabilities(row, temperature > 0 ? temperature : 1);
  const best: number[] = [];
  for (let id = 0; id < row.length; id++) {
    if (best.length === MOST && row[id] <= row[best[MOST - 1]]) continue;
    const place = best.findIndex((other) => row[id] > row[other]);
    best.splice(place < 0 ? best.length : place, 0, id);
    best.length = Math.min(best.length, MOST);
  }
  return best.map((id) => ({ label: textOf(tokenizer, id), score: probability(id) }));
}

const rowOf = ({ vocabulary, values }: Logits, t: number): Float32Array =>
  values.subarray(t * vocabulary, (t + 1) * vocabulary);

/** Softmax of a row, one number at a time. */
function probabilities(row: Float32Array, temperature = 1): (id: number) => number {
  let most = -Infinity;
  for (const x of row) most = Math.max(most, x);
  let sum = 0;
  for (const x of row) sum += Math.exp((x - most) / temperature);
  return (id) => Math.exp((row[id] - most) / temperature) / sum;
}
