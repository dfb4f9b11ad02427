/**
 * chrF (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation") and chrF++ (Popović 2017),
 * computed as sacreBLEU does. They need no tokenizer, so they suit Chinese and languages with many word forms.
 */
import { DataError, expectOptions } from '../errors';
import { checkAdded, ofCorpus, referenceList, ReferenceCount, type References } from './references';
import { signature } from './signature';
import { countNgrams, sharedNgrams, words } from './words';

/** Orders and weight of chrF; defaults are sacreBLEU's. */
export interface ChrFOptions {
  /** The longest character n-grams (default 6). */
  readonly characterOrder?: number;
  /** The longest word n-grams: 0 (default) is chrF, 2 is chrF++. */
  readonly wordOrder?: number;
  /** How many times as much recall counts as precision (default 2: chrF2). */
  readonly beta?: number;
  /** Ignore case (default false). */
  readonly lowercase?: boolean;
  /** Let character n-grams span white space (default false: it is removed first). */
  readonly whitespace?: boolean;
  /** Count orders that a text is too short for as nearly 0, as chrF++.py and NLTK do (default false: left out). */
  readonly epsilonSmoothing?: boolean;
}

/** A chrF score and how it was computed. */
export interface ChrFScore {
  /** 0 to 100. */
  readonly score: number;
  /** `chrF2`, `chrF2++` … */
  readonly name: string;
  /** How it was computed, in sacreBLEU's form with Heed's version: state it with the score. */
  readonly signature: string;
}

/** N-grams of one order: how many in the hypothesis, in the reference, and in both. */
interface OrderCounts {
  hypothesis: number;
  reference: number;
  shared: number;
}

/** chrF of a growing corpus: `add` pairs as they are decoded, ask for the `result` at any time. */
export class ChrF {
  readonly #options: Required<ChrFOptions>;
  readonly #sums: OrderCounts[];
  readonly #references = new ReferenceCount();
  #size = 0;

  constructor(options: ChrFOptions = {}) {
    const { characterOrder = 6, wordOrder = 0, beta = 2 } = options;
    const { lowercase = false, whitespace = false, epsilonSmoothing = false } = options;
    expectOptions('ChrF', options, {
      ...{ characterOrder, wordOrder, beta, lowercase, whitespace, epsilonSmoothing },
    });
    for (const [name, value, least] of [
      ['characterOrder', characterOrder, 1],
      ['wordOrder', wordOrder, 0],
    ] as const) {
      if (Number.isInteger(value) && value >= least) continue;
      throw new DataError('ChrF', `${name} is ${value}`, `Use an integer of at least ${least}.`);
    }
    if (!(beta > 0 && beta < Infinity)) {
      throw new DataError('ChrF', `beta is ${beta}`, 'Use a number above 0; 2 is usual.');
    }
    this.#options = { characterOrder, wordOrder, beta, lowercase, whitespace, epsilonSmoothing };
    this.#sums = Array.from({ length: characterOrder + wordOrder }, () => zeroCounts());
  }

  /** How many hypotheses were added. */
  get size(): number {
    return this.#size;
  }

  /** Counts one hypothesis against the reference that suits it best. Throws a DataError without references. */
  add(hypothesis: string, references: References): this {
    const list = referenceList('ChrF', hypothesis, references, this.#size);
    const own = this.#ngrams(hypothesis);
    let best: OrderCounts[] = [];
    let bestScore = -1;
    for (const reference of list) {
      const counts = this.#ngrams(reference).map((theirs, i) => compare(own[i], theirs));
      const score = this.#score(counts);
      if (score > bestScore) [best, bestScore] = [counts, score];
    }
    this.#sums.forEach((sum, i) => {
      sum.hypothesis += best[i].hypothesis;
      sum.reference += best[i].reference;
      sum.shared += best[i].shared;
    });
    this.#references.add(list.length);
    this.#size++;
    return this;
  }

  /** The score of all that was added. Throws a DataError if that is nothing. */
  result(): ChrFScore {
    checkAdded('ChrF', this.#size);
    const { characterOrder, wordOrder, beta, lowercase, whitespace, epsilonSmoothing } = this.#options;
    return {
      score: this.#score(this.#sums),
      name: `chrF${beta}${'+'.repeat(wordOrder)}`,
      signature: signature({
        nrefs: this.#references.toString(),
        case: lowercase ? 'lc' : 'mixed',
        eff: epsilonSmoothing ? 'no' : 'yes',
        nc: characterOrder,
        nw: wordOrder,
        space: whitespace ? 'yes' : 'no',
      }),
    };
  }

  /** Counts of every order: of characters, then of words. */
  #ngrams(text: string): ReadonlyMap<string, number>[] {
    const { characterOrder, wordOrder, lowercase, whitespace } = this.#options;
    const line = lowercase ? text.toLowerCase() : text;
    const characters = [...(whitespace ? line : words(line).join(''))];
    const parts = wordOrder > 0 ? words(line).flatMap(splitPunctuation) : [];
    return this.#sums.map((_, i) =>
      i < characterOrder ? countNgrams(characters, i + 1) : countNgrams(parts, i - characterOrder + 1),
    );
  }

  /** F of the mean precision and recall over orders; with epsilon smoothing the mean of the orders' Fs. */
  #score(orders: readonly OrderCounts[]): number {
    const { beta, epsilonSmoothing } = this.#options;
    const [epsilon, weight] = [1e-16, beta ** 2];
    const f = (precision: number, recall: number): number =>
      ((1 + weight) * precision * recall) / (weight * precision + recall);
    if (epsilonSmoothing) {
      const scores = orders.map(({ hypothesis, reference, shared }) => {
        const precision = hypothesis > 0 ? shared / hypothesis : epsilon;
        const recall = reference > 0 ? shared / reference : epsilon;
        return precision + recall > 0 ? f(precision, recall) : epsilon;
      });
      return (100 * sum(scores)) / orders.length;
    }
    const present = orders.filter(({ hypothesis, reference }) => hypothesis > 0 && reference > 0);
    const precision = sum(present.map(({ hypothesis, shared }) => shared / hypothesis)) / present.length;
    const recall = sum(present.map(({ reference, shared }) => shared / reference)) / present.length;
    return precision + recall > 0 ? 100 * f(precision, recall) : 0;
  }
}

/** chrF of a corpus. `references[i]` belongs to `hypotheses[i]`: a text, or several, of which the best counts. */
export function corpusChrF(
  hypotheses: readonly string[],
  references: readonly References[],
  options?: ChrFOptions,
): ChrFScore {
  return ofCorpus('corpusChrF', new ChrF(options), hypotheses, references);
}

/** chrF of one sentence. */
export function sentenceChrF(hypothesis: string, references: References, options?: ChrFOptions): ChrFScore {
  return new ChrF(options).add(hypothesis, references).result();
}

/** An order that the reference is too short for counts on neither side. */
function compare(own: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): OrderCounts {
  if (theirs.size === 0) return zeroCounts();
  return {
    hypothesis: sum([...own.values()]),
    reference: sum([...theirs.values()]),
    shared: sharedNgrams(own, theirs),
  };
}

/** One punctuation mark is cut off a word: the last character, or else the first. */
function splitPunctuation(word: string): string[] {
  if ([...word].length === 1) return [word];
  const mark = /^[!-/:-@[-`{-~]/;
  if (mark.test(word[word.length - 1])) return [word.slice(0, -1), word.slice(-1)];
  return mark.test(word) ? [word[0], word.slice(1)] : [word];
}

const zeroCounts = (): OrderCounts => ({ hypothesis: 0, reference: 0, shared: 0 });
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
