/** From the texts that people give to tokens. */
import { DataError, encodingOf, type Encoding, type Tokenizer } from '../../engine/index';
import type { Problem } from '../problem';
import { expectLength } from './text_reader';

/** A text, or two that are read together: a question and a paragraph, a premise and a hypothesis. */
export type TextOrPair = string | readonly [text: string, pair: string];

/** Texts over the model's context are refused, or cut at their end (of two the longer one). Default 'refuse'. */
export type Long = 'refuse' | 'cut';

/** Throws `DataError` unless it is a list of texts, with the number of the one that is none; `noun` says of what. */
export function expectTexts(
  where: string,
  given: unknown,
  noun = 'text',
): asserts given is readonly string[] {
  if (!Array.isArray(given))
    throw new DataError(where, `the ${noun}s are no list`, `Give a list of ${noun}s.`);
  for (const [i, one] of given.entries()) {
    if (typeof one === 'string') continue;
    throw new DataError(where, `${noun} ${i} is ${kindOf(one)}`, 'Give strings.');
  }
}

const kindOf = (value: unknown): string =>
  value === null || value === undefined
    ? String(value)
    : Array.isArray(value)
      ? 'a list'
      : `a ${typeof value}`;

/** What `work` gives; a `DataError` names the one of many that it was about. */
export function named<R>(where: string, name: string, work: () => R): R {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(where, `${name}: ${cause.what}`, cause.todo, { cause });
  }
}

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
  return Array.from<TextOrPair, Encoding>(texts, (given, i) => {
    const parts: readonly unknown[] = Array.isArray(given) ? given : [given];
    const isPair = Array.isArray(given);
    if (parts.length !== (isPair ? 2 : 1) || !parts.every((part) => typeof part === 'string')) {
      const what = isPair ? `a list of ${parts.map(kindOf).join(', ') || 'nothing'}` : kindOf(given);
      throw new DataError(where, `text ${i} is ${what}`, 'Give strings, or pairs of them.');
    }
    const [text, pair] = parts as readonly [string, string?];
    const adds = tokenizer.encoder.adds(parts.length);
    if (adds >= context) {
      const what = `texts may have ${context} tokens, of which ${adds} are special ones`;
      throw new DataError(where, what, 'Raise the limit, or use a model that reads longer texts.');
    }
    const cut = long === 'cut' ? { maxLength: context } : {};
    const options = { ...cut, ...(pair !== undefined && { pair }) };
    const encoding = named(where, `text ${i}`, () => encodingOf(tokenizer, text, options));
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

/** Ids of special tokens, which are no part of a text that people read. */
export function specialIds(tokenizer: Tokenizer): ReadonlySet<number> {
  return new Set(tokenizer.toJson().added_tokens.flatMap(({ id, special }) => (special ? [id] : [])));
}

/** e^x / Σ e^x, in float64. */
export function softmaxOf(logits: ArrayLike<number>): Float64Array {
  let most = -Infinity; // a vocabulary is too long to be spread out
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i]);
  const powers = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / sum);
}

/** Throws `DataError` for numbers that are not finite: those of weights that are damaged. */
export function expectFinite(where: string, numbers: ArrayLike<number>, name = 'logits'): void {
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(numbers[i])) continue;
    throw new DataError(where, `the ${name} are not finite`, 'These weights are damaged or have diverged.');
  }
}

/** What logits of classes say, by what the head was trained for: probabilities, or the numbers themselves. */
export function scoresOf(logits: Float32Array, problem: Problem): ArrayLike<number> {
  if (problem === 'regression') return logits;
  if (problem === 'single_label_classification') return softmaxOf(logits);
  return Float64Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
}

/** Throws `DataError` for a sentence without a place for a label. */
export function expectHypothesis(where: string, hypothesis: unknown): asserts hypothesis is string {
  if (typeof hypothesis === 'string' && hypothesis.includes('{}')) return;
  const what = `hypothesis is ${JSON.stringify(hypothesis)}`;
  throw new DataError(where, what, 'Give a sentence with {} where a label goes.');
}
