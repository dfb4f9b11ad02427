/** Answers to questions, beside those of people, as the official script of SQuAD compares them (Rajpurkar et al. 2016). */
import { referenceList, checkAdded, type References } from './references';

/** How good answers are, as SQuAD's script counts, see `AnswerF1`. */
export interface AnswerF1Result {
  /** Share of answers that are one of the right ones, 0 to 1. */
  readonly exactMatch: number;
  /** Mean overlap in words with the nearest of the right ones, 0 to 1. */
  readonly f1: number;
  readonly size: number;
}

/** Lower case, without ASCII's punctuation and the articles a, an and the. */
export function normalizedAnswer(text: string): string {
  return text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/(?<![\p{L}\p{N}_])(a|an|the)(?![\p{L}\p{N}_])/gu, ' ')
    .split(/[\s\x1c-\x1f\x85]+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** Exact match and F1 of a growing number of answers. An empty answer is right where the right one is empty (SQuAD 2). */
export class AnswerF1 {
  #exact = 0;
  #f1 = 0;
  #size = 0;

  /** An answer, and the right one or several that are equally right. Throws `DataError` for what is no text. */
  add(answer: string, references: References): this {
    const list = referenceList('AnswerF1', answer, references, this.#size);
    const told = normalizedAnswer(answer);
    const right = list.map(normalizedAnswer);
    this.#exact += Number(right.includes(told));
    this.#f1 += Math.max(...right.map((one) => overlap(told, one)));
    this.#size++;
    return this;
  }

  /** Means over all that were added. Throws `DataError` if that is none. */
  result(): AnswerF1Result {
    checkAdded('AnswerF1', this.#size, 'answers');
    return { exactMatch: this.#exact / this.#size, f1: this.#f1 / this.#size, size: this.#size };
  }
}

function overlap(told: string, right: string): number {
  const [a, b] = [told, right].map((text) => (text === '' ? [] : text.split(' ')));
  if (a.length === 0 || b.length === 0) return Number(a.length === b.length);
  const left = new Map<string, number>();
  for (const word of b) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of a) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  return (2 * common) / (a.length + b.length);
}
