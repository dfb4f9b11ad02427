import {
  expectOneOf,
  expectOptions,
  type Device,
  type Encoding,
  type Graph,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import { encodingsOf, expectFinite, expectTexts, softmaxOf, type Long } from './inputs';
import { logitsReader, type HeadModel } from './logits_reader';
import type { TaskOptions, TextReader, Texts } from './text_reader';

/** A model with a head for classes of tokens, such as `TokenClassifier`. */
export interface TaggerModel extends HeadModel {
  readonly labels: readonly string[];
  /** -> logits (B, T, K). */
  forward(g: Graph, ids: Tensor, input: Texts['input']): Tensor;
}

/**
 * How tokens become names: 'none' gives tokens as they are; 'simple' joins tokens side by side whose labels are of one kind, as
 * B- and I- say. The others first give all pieces of a word one label: the first piece's, that of the mean of the pieces'
 * probabilities, or the surest piece's.
 */
export type Aggregation = 'none' | 'simple' | 'first' | 'average' | 'max';

export interface TagOptions extends TaskOptions {
  /** Default 'simple'. */
  readonly aggregation?: Aggregation;
  /** Labels that are left out. Default ['O']. */
  readonly ignore?: readonly string[];
  readonly long?: Long;
}

/** A name or a token, with where it stands. */
export interface Tag {
  /** Without B- and I-, unless aggregation is 'none'. */
  readonly label: string;
  /** Its probability: the mean of those of its parts. */
  readonly score: number;
  /** As it stands in the text. */
  readonly text: string;
  /** [start, end) in UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
}

/** Finds names, parts of speech and the like in texts. */
export class TokenTagger implements Disposable {
  readonly #model: TaggerModel;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;
  /** Whether the tokenizer cuts words, and pieces of them; others cut at most where a space stands. */
  readonly #pieces: boolean;

  /** Throws `DataError` for a tokenizer of another model. */
  constructor(device: Device, model: TaggerModel, tokenizer: Tokenizer) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#pieces = tokenizer.toJson().model.type === 'WordPiece';
    this.#reader = logitsReader('TokenTagger', device, model, tokenizer);
  }

  /** What was found in each text, in its order. Throws `DataError` for texts that cannot be read, the signal's reason. */
  async tag(texts: readonly string[], options: TagOptions = {}): Promise<Tag[][]> {
    const { aggregation = 'simple', ignore = ['O'], long, signal, onProgress } = options;
    expectOptions('tag', options, { aggregation, ignore, long, signal, onProgress });
    expectOneOf('tag', 'aggregation', aggregation, ['none', 'simple', 'first', 'average', 'max']);
    expectTexts('tag', texts);
    expectTexts('tag', ignore, 'ignored label');
    const { context } = this.#model.config;
    const encodings = encodingsOf('tag', this.#tokenizer, texts, { context, long });
    const found: Tag[][] = encodings.map(() => []);
    await this.#reader.read(
      encodings,
      (i, { logits }) => {
        expectFinite('tag', logits);
        const parts = this.#partsOf(texts[i], encodings[i], logits, aggregation);
        const tags = aggregation === 'none' ? parts : grouped(parts);
        found[i] = tags
          .filter(({ label }) => !ignore.includes(label))
          .map((tag) => ({ ...tag, text: texts[i].slice(tag.start, tag.end) }));
      },
      options,
    );
    return found;
  }

  /** Tokens, or words. */
  #partsOf(text: string, encoding: Encoding, logits: Float32Array, how: Aggregation): Part[] {
    const { labels } = this.#model;
    const K = labels.length;
    const pieces: Piece[] = [];
    encoding.texts.forEach((which, at) => {
      if (which < 0) return;
      const [start, end] = encoding.offsets.subarray(2 * at, 2 * at + 2);
      const inner = this.#pieces
        ? encoding.words[at] === encoding.words[at - 1]
        : start > 0 && !text.slice(start - 1, start + 1).includes(' ');
      pieces.push({ start, end, inner, scores: softmaxOf(logits.subarray(at * K, (at + 1) * K)) });
    });
    const words = how === 'none' || how === 'simple' ? pieces : wordsOf(pieces, how);
    return words.map(({ start, end, scores }) => {
      const best = scores.indexOf(Math.max(...scores));
      return { label: labels[best], score: scores[best], start, end };
    });
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

type Part = Omit<Tag, 'text'>;

interface Piece {
  readonly start: number;
  readonly end: number;
  /** Whether it goes on with the word of the piece before. */
  readonly inner: boolean;
  /** Probabilities of the labels. */
  readonly scores: Float64Array;
}

function wordsOf(pieces: readonly Piece[], how: 'first' | 'average' | 'max'): Piece[] {
  const words: Piece[][] = [];
  for (const piece of pieces) {
    if (piece.inner && words.length > 0) words.at(-1)!.push(piece);
    else words.push([piece]);
  }
  return words.map((word) => {
    const surest = (a: Piece, b: Piece): Piece => (Math.max(...b.scores) > Math.max(...a.scores) ? b : a);
    const scores = {
      first: () => word[0].scores,
      max: () => word.reduce(surest).scores,
      average: () =>
        word[0].scores.map((_, k) => word.reduce((sum, { scores }) => sum + scores[k], 0) / word.length),
    }[how]();
    return { ...word[0], end: word.at(-1)!.end, scores };
  });
}

/** Joins parts of one kind: B- begins a name, I- or neither goes on with one. */
function grouped(parts: readonly Part[]): Part[] {
  const groups: (Part & { readonly all: number[] })[] = [];
  for (const part of parts) {
    const [, mark, kind] = /^(?:([BI])-)?([^]*)$/.exec(part.label)!;
    const last = groups.at(-1);
    if (last?.label === kind && mark !== 'B') {
      groups[groups.length - 1] = { ...last, end: part.end, all: [...last.all, part.score] };
    } else groups.push({ ...part, label: kind, all: [part.score] });
  }
  return groups.map(({ all, ...group }) => ({
    ...group,
    score: all.reduce((sum, score) => sum + score, 0) / all.length,
  }));
}
