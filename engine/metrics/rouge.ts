/**
 * ROUGE-1, -2, -L and -Lsum (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"), computed as Google's
 * rouge-score does.
 */
import { expectOptions } from '../errors';
import { checkAdded, ofCorpus, referenceList, type References } from './references';
import { porterStem } from './porter';
import { countNgrams, sharedNgrams } from './words';

/** Tokens and stems of ROUGE; defaults are rouge-score's. */
export interface ROUGEOptions {
  /** Compare English words by their stems, which rouge-score calls use_stemmer (default false). */
  readonly stemmer?: boolean;
  /**
   * How texts become tokens. The default is rouge-score's: lower case, runs of a-z and 0-9; every other character
   * separates, so accents cut French words apart and Chinese has no tokens at all. Give your own for those, for
   * instance `(text) => [...text]`.
   */
  readonly tokenize?: (text: string) => readonly string[];
}

/** All 0 to 1; `f1` is the number that papers report. */
export interface ROUGEScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** `rougeLsum` compares texts line by line, a sentence a line; `rougeL` sees a text as one sentence. */
export type ROUGEScores = Readonly<Record<'rouge1' | 'rouge2' | 'rougeL' | 'rougeLsum', ROUGEScore>>;

const none: ROUGEScore = { precision: 0, recall: 0, f1: 0 };
const kinds = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const;

/** Mean ROUGE of a growing corpus: `add` pairs as they are decoded, ask for the `result` at any time. */
export class ROUGE {
  readonly #tokenize: (text: string) => readonly string[];
  readonly #sums = Object.fromEntries(kinds.map((kind) => [kind, none])) as Record<
    keyof ROUGEScores,
    ROUGEScore
  >;
  #size = 0;

  constructor(options: ROUGEOptions = {}) {
    const { stemmer = false, tokenize = asciiWords } = options;
    expectOptions('ROUGE', options, { stemmer, tokenize });
    // As rouge-score: words of three letters and fewer keep their form.
    const stem = (token: string): string => (token.length > 3 ? porterStem(token) : token);
    this.#tokenize = stemmer ? (text) => tokenize(text).map(stem) : tokenize;
  }

  /** How many hypotheses were added. */
  get size(): number {
    return this.#size;
  }

  /** Scores one hypothesis; of several references the one with the highest F1 counts, for each kind by itself. */
  add(hypothesis: string, references: References): this {
    const list = referenceList('ROUGE', hypothesis, references, this.#size);
    const own = this.#read(hypothesis);
    const scores = list.map((reference) => this.#compare(own, this.#read(reference)));
    for (const kind of kinds) {
      const best = scores.map((s) => s[kind]).reduce((a, b) => (b.f1 > a.f1 ? b : a));
      const { precision, recall, f1 } = this.#sums[kind];
      this.#sums[kind] = {
        precision: precision + best.precision,
        recall: recall + best.recall,
        f1: f1 + best.f1,
      };
    }
    this.#size++;
    return this;
  }

  /** Means over all that was added. Throws a DataError if that is nothing. */
  result(): ROUGEScores {
    checkAdded('ROUGE', this.#size);
    const mean = ({ precision, recall, f1 }: ROUGEScore): ROUGEScore => ({
      precision: precision / this.#size,
      recall: recall / this.#size,
      f1: f1 / this.#size,
    });
    return Object.fromEntries(kinds.map((kind) => [kind, mean(this.#sums[kind])])) as ROUGEScores;
  }

  #read(text: string): Text {
    const lines = text.split('\n').filter((line) => line !== '');
    return { tokens: this.#tokenize(text), lines: lines.map((line) => this.#tokenize(line)) };
  }

  #compare(hypothesis: Text, reference: Text): ROUGEScores {
    const [own, theirs] = [hypothesis.tokens, reference.tokens];
    const ngrams = (n: number): ROUGEScore =>
      scoreOf(
        sharedNgrams(countNgrams(own, n), countNgrams(theirs, n)),
        own.length - n + 1,
        theirs.length - n + 1,
      );
    return {
      rouge1: ngrams(1),
      rouge2: ngrams(2),
      rougeL: scoreOf(commonSubsequence(theirs, own).length, own.length, theirs.length),
      rougeLsum: summaryScore(hypothesis.lines, reference.lines),
    };
  }
}

/** Mean ROUGE of a corpus. `references[i]` belongs to `hypotheses[i]`: a text, or several. */
export function corpusROUGE(
  hypotheses: readonly string[],
  references: readonly References[],
  options?: ROUGEOptions,
): ROUGEScores {
  return ofCorpus('corpusROUGE', new ROUGE(options), hypotheses, references);
}

/** ROUGE of one text. */
export function sentenceROUGE(
  hypothesis: string,
  references: References,
  options?: ROUGEOptions,
): ROUGEScores {
  return new ROUGE(options).add(hypothesis, references).result();
}

interface Text {
  readonly tokens: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

function asciiWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function scoreOf(shared: number, hypothesisTotal: number, referenceTotal: number): ROUGEScore {
  if (shared === 0) return none;
  const [precision, recall] = [shared / hypothesisTotal, shared / referenceTotal];
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}

/**
 * Lines of the reference are each matched with all lines of the hypothesis and the matches united; a token counts no
 * more often than it occurs on either side (as in ROUGE 1.5.5, though not in the paper).
 */
function summaryScore(own: Text['lines'], theirs: Text['lines']): ROUGEScore {
  const [ownLeft, theirLeft] = [countNgrams(own.flat(), 1), countNgrams(theirs.flat(), 1)];
  let shared = 0;
  for (const line of theirs) {
    const united = new Set(own.flatMap((candidate) => commonSubsequence(line, candidate)));
    for (const index of [...united].sort((a, b) => a - b)) {
      const token = line[index];
      const [a, b] = [ownLeft.get(token) ?? 0, theirLeft.get(token) ?? 0];
      if (a === 0 || b === 0) continue;
      ownLeft.set(token, a - 1);
      theirLeft.set(token, b - 1);
      shared++;
    }
  }
  return scoreOf(shared, own.flat().length, theirs.flat().length);
}

/** Indices into `a` of one longest common subsequence with `b`; of several the one that rouge-score takes. */
function commonSubsequence(a: readonly string[], b: readonly string[]): number[] {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      table[at] =
        a[i - 1] === b[j - 1] ? table[at - width - 1] + 1 : Math.max(table[at - width], table[at - 1]);
    }
  }
  const indices: number[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      indices.push(--i);
      j--;
    } else if (table[i * width + j - 1] > table[(i - 1) * width + j]) j--;
    else i--;
  }
  return indices.reverse();
}
