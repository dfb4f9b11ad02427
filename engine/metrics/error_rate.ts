/**
 * Error rates by edit distance (Levenshtein 1966): word error rate (WER) of speech recognition and translation, phoneme
 * error rate (PER) of letters-to-phonemes models, character error rate (CER).
 */
import { DataError, expectOptions } from '../errors';
import { checkAdded, ofCorpus, referenceList, type References } from './references';
import { words } from './words';

/** What an error rate counts. */
export interface ErrorRateOptions {
  /** What is counted: 'word' (default) is whatever stands between white space, so phonemes too; or 'character'. */
  readonly unit?: 'word' | 'character';
  /** Changes texts before they are compared, for instance to lower case or to drop stress marks. Default: nothing. */
  readonly normalize?: (text: string) => string;
}

/** One shortest way from a reference to a hypothesis; of several the one with the most substitutions. */
export interface Edits {
  /** Their sum: the edit distance. */
  readonly edits: number;
  readonly substitutions: number;
  /** Tokens of the reference that the hypothesis lacks. */
  readonly deletions: number;
  /** Tokens of the hypothesis that the reference lacks. */
  readonly insertions: number;
}

/** Edits that make references of hypotheses, and their rate. */
export interface ErrorRateResult extends Edits {
  /** Edits over reference length: 0 is perfect, and above 1 is possible. WER, PER or CER by what the tokens are. */
  readonly rate: number;
  /** Share of hypotheses with any edit, 0 to 1: for letters to phonemes this is what papers call word error rate. */
  readonly sequenceErrorRate: number;
  /** Tokens of the references that counted. */
  readonly referenceLength: number;
  /** How many hypotheses. */
  readonly size: number;
}

/** Error rate of a growing corpus: `add` pairs as they are decoded, ask for the `result` at any time. */
export class ErrorRate {
  readonly #tokens: (text: string) => string[];
  #edits = 0;
  #substitutions = 0;
  #deletions = 0;
  #insertions = 0;
  #wrong = 0;
  #referenceLength = 0;
  #size = 0;

  constructor(options: ErrorRateOptions = {}) {
    const { unit = 'word', normalize = (text) => text } = options;
    expectOptions('ErrorRate', options, { unit, normalize });
    if (unit !== 'word' && unit !== 'character') {
      throw new DataError('ErrorRate', `unknown unit "${String(unit)}"`, 'Use word or character.');
    }
    this.#tokens = unit === 'word' ? (text) => words(normalize(text)) : (text) => [...normalize(text)];
  }

  /** How many hypotheses were added. */
  get size(): number {
    return this.#size;
  }

  /**
   * Counts one hypothesis against the nearest of its references (a word may have several pronunciations): the one with
   * the fewest edits, the longer of two with as many.
   */
  add(hypothesis: string, references: References): this {
    const list = referenceList('ErrorRate', hypothesis, references, this.#size);
    return this.addTokens(
      this.#tokens(hypothesis),
      list.map((reference) => this.#tokens(reference)),
    );
  }

  /** The same for sequences of anything that === compares, such as token ids. */
  addTokens<T>(hypothesis: ArrayLike<T>, references: readonly ArrayLike<T>[]): this {
    if (references.length === 0) {
      throw new DataError('ErrorRate', `hypothesis ${this.#size} has no references`, 'Give at least one.');
    }
    const nearest = references
      .map((reference) => ({ ...editDistance(hypothesis, reference), length: reference.length }))
      .reduce((best, other) =>
        other.edits < best.edits || (other.edits === best.edits && other.length > best.length) ? other : best,
      );
    this.#edits += nearest.edits;
    this.#substitutions += nearest.substitutions;
    this.#deletions += nearest.deletions;
    this.#insertions += nearest.insertions;
    this.#referenceLength += nearest.length;
    if (nearest.edits > 0) this.#wrong++;
    this.#size++;
    return this;
  }

  /** The rates of all that was added. Throws a DataError if that is nothing or all references are empty. */
  result(): ErrorRateResult {
    checkAdded('ErrorRate', this.#size);
    if (this.#referenceLength === 0) {
      const what = `the references of all ${this.#size} hypotheses are empty`;
      throw new DataError('ErrorRate', what, 'A rate needs something to be counted against.');
    }
    return {
      rate: this.#edits / this.#referenceLength,
      sequenceErrorRate: this.#wrong / this.#size,
      edits: this.#edits,
      substitutions: this.#substitutions,
      deletions: this.#deletions,
      insertions: this.#insertions,
      referenceLength: this.#referenceLength,
      size: this.#size,
    };
  }
}

/** Error rate of a corpus. `references[i]` belongs to `hypotheses[i]`: a text, or several (the nearest counts). */
export function corpusErrorRate(
  hypotheses: readonly string[],
  references: readonly References[],
  options?: ErrorRateOptions,
): ErrorRateResult {
  return ofCorpus('corpusErrorRate', new ErrorRate(options), hypotheses, references);
}

/** The fewest edits between two sequences. Time is the product of their lengths, memory one row. */
export function editDistance<T>(hypothesis: ArrayLike<T>, reference: ArrayLike<T>): Edits {
  // An edit costs SCALE and a substitution one less: the least cost has fewest edits, then most substitutions.
  const SCALE = 2 ** 24;
  const row = Float64Array.from({ length: hypothesis.length + 1 }, (_, j) => j * SCALE);
  for (let i = 1; i <= reference.length; i++) {
    let diagonal = row[0];
    row[0] = i * SCALE;
    for (let j = 1; j < row.length; j++) {
      const substitution = diagonal + (reference[i - 1] === hypothesis[j - 1] ? 0 : SCALE - 1);
      diagonal = row[j];
      row[j] = Math.min(substitution, row[j] + SCALE, row[j - 1] + SCALE);
    }
  }
  const cost = row[hypothesis.length];
  const edits = Math.ceil(cost / SCALE);
  const substitutions = edits * SCALE - cost;
  // Insertions minus deletions is the difference in length.
  const difference = hypothesis.length - reference.length;
  const deletions = (edits - substitutions - difference) / 2;
  return { edits, substitutions, deletions, insertions: deletions + difference };
}
