/** From the texts that people give to tokens. */
import { DataError, encodingOf, type Encoding, type Tokenizer } from '../../engine/index';
import { expectLength } from './text_reader';

/** A text, or two that are read together: a question and a paragraph, a premise and a hypothesis. */
export type TextOrPair = string | readonly [text: string, pair: string];

/** Texts over the model's context are refused, or cut at their end (of two the longer one). Default 'refuse'. */
export type Long = 'refuse' | 'cut';

/** Tokens of texts with the tokenizer's special ones. Throws `DataError` with the number of the text that cannot be. */
export function encodingsOf(
  where: string,
  tokenizer: Tokenizer,
  texts: readonly TextOrPair[],
  { context, long = 'refuse' }: { readonly context: number; readonly long?: Long | undefined },
): Encoding[] {
  if (!['refuse', 'cut'].includes(long)) {
    throw new DataError(where, `long is ${long as string}`, "Use 'refuse' or 'cut'.");
  }
  if (!Array.isArray(texts)) throw new DataError(where, 'the texts are no list', 'Give a list of texts.');
  return texts.map((given: TextOrPair, i) => {
    const [text, pair] = typeof given === 'string' ? [given] : given;
    if (typeof text !== 'string' || !(pair === undefined || typeof pair === 'string')) {
      throw new DataError(where, `text ${i} is no text`, 'Give strings, or pairs of them.');
    }
    const cut = long === 'cut' ? { maxLength: context } : {};
    const encoding = encodingOf(tokenizer, text, { ...cut, ...(pair !== undefined && { pair }) });
    expectLength(where, encoding.ids.length, context, i);
    return encoding;
  });
}

/** Throws `DataError` where ids of the tokenizer are beyond the model's vocabulary. */
export function expectVocabulary(where: string, tokenizer: Tokenizer, vocabulary: number): void {
  if (tokenizer.size <= vocabulary) return;
  const what = `the tokenizer knows ${tokenizer.size} tokens, the model ${vocabulary}`;
  throw new DataError(where, what, "Use the model's own tokenizer.");
}

/** e^x / Σ e^x, in float64. */
export function softmaxOf(logits: ArrayLike<number>): Float64Array {
  const most = Math.max(...Array.from(logits));
  const powers = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / sum);
}

/** Throws `DataError` for numbers that are not finite: those of weights that are damaged. */
export function expectFinite(where: string, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(numbers[i])) continue;
    throw new DataError(where, 'the logits are not finite', 'These weights are damaged or have diverged.');
  }
}
