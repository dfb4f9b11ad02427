import {
  DataError,
  expectOneOf,
  expectOptions,
  windowsOf,
  type Device,
  type Encoding,
  type Graph,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import { encodingsOf, expectFinite, expectTexts, named, softmaxOf, type Long } from './inputs';
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

/** How `TokenTagger` joins tokens to names, and reads long texts. */
export interface TagOptions extends TaskOptions {
  /** Default 'simple'. */
  readonly aggregation?: Aggregation;
  /** Labels that are left out. Default ['O']. */
  readonly ignore?: readonly string[];
  /** Texts over the model's context are refused, cut at their end, or read in windows that overlap. Default 'refuse'. */
  readonly long?: Long | 'windows';
  /**
   * Of windows, how many tokens each shares with the one before: of these the first half is read with what is before them, the other with
   * what follows. Default 64, or a quarter of the context where that is less.
   */
  readonly stride?: number;
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
    const { aggregation = 'simple', ignore = ['O'], long, stride, signal, onProgress } = options;
    expectOptions('tag', options, { aggregation, ignore, long, stride, signal, onProgress });
    expectOneOf('tag', 'aggregation', aggregation, ['none', 'simple', 'first', 'average', 'max']);
    expectTexts('tag', texts);
    expectTexts('tag', ignore, 'ignored label');
    const windows = this.#windowsOf(texts, long, stride);
    const read: Piece[][] = windows.map(() => []);
    await this.#reader.read(
      windows.map(({ encoding }) => encoding),
      (i, { logits }) => {
        expectFinite('tag', logits);
        read[i] = this.#piecesOf(windows[i], logits);
      },
      options,
    );
    return texts.map((text, owner) => {
      const pieces = read.filter((_, i) => windows[i].owner === owner).flat();
      const parts = this.#partsOf(text, pieces, aggregation);
      const tags = aggregation === 'none' ? parts : grouped(parts);
      return tags
        .filter(({ label }) => !ignore.includes(label))
        .map((tag) => ({ ...tag, text: text.slice(tag.start, tag.end) }));
    });
  }

  #windowsOf(texts: readonly string[], long: TagOptions['long'], stride: number | undefined): Window[] {
    const { context } = this.#model.config;
    if (long !== 'windows') {
      if (stride !== undefined) {
        throw new DataError('tag', `stride is ${stride}, but there are no windows`, "Say long: 'windows'.");
      }
      const encodings = encodingsOf('tag', this.#tokenizer, texts, { context, long });
      return encodings.map((encoding, owner) => ({ owner, encoding, from: 0, to: Infinity }));
    }
    const shared = stride ?? Math.min(64, Math.floor(context / 4));
    const how = { maxLength: context, stride: shared };
    return texts.flatMap((text, owner) => {
      const all = named('tag', `text ${owner}`, () => windowsOf(this.#tokenizer, text, how));
      return all.map((encoding, w): Window => {
        const own = encoding.texts.reduce((count, which) => count + (which < 0 ? 0 : 1), 0);
        const half = Math.ceil(shared / 2);
        return {
          ...{ owner, encoding },
          from: w === 0 ? 0 : half,
          to: w === all.length - 1 ? own : own - (shared - half),
        };
      });
    });
  }

  #piecesOf({ encoding, from, to }: Window, logits: Float32Array): Piece[] {
    const K = this.#model.labels.length;
    const pieces: Piece[] = [];
    let token = -1;
    encoding.texts.forEach((which, at) => {
      if (which < 0) return;
      token++;
      if (token < from || token >= to) return;
      const [start, end] = encoding.offsets.subarray(2 * at, 2 * at + 2);
      const scores = softmaxOf(logits.subarray(at * K, (at + 1) * K));
      pieces.push({ start, end, word: encoding.words[at], scores });
    });
    return pieces;
  }

  /** Tokens, or words. */
  #partsOf(text: string, pieces: readonly Piece[], how: Aggregation): Part[] {
    const { labels } = this.#model;
    const isInner = ({ start, word }: Piece, at: number): boolean =>
      this.#pieces
        ? word === pieces[at - 1]?.word
        : start > 0 && !text.slice(start - 1, start + 1).includes(' ');
    const words = how === 'none' || how === 'simple' ? pieces : wordsOf(pieces, isInner, how);
    return words.map(({ start, end, scores }) => {
      const best = scores.indexOf(Math.max(...scores));
      return { label: labels[best], score: scores[best], start, end };
    });
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** A token or a word, as a part of a name. */
export type Part = Omit<Tag, 'text'>;

/** A text, or a part of a long one, and which of its own tokens it is asked about: [from, to). */
interface Window {
  /** Which of the texts. */
  readonly owner: number;
  readonly encoding: Encoding;
  readonly from: number;
  readonly to: number;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  /** Its number in the text. */
  readonly word: number;
  /** Probabilities of the labels. */
  readonly scores: Float64Array;
}

/** `isInner`: whether a piece goes on with the word of the one before. */
function wordsOf(
  pieces: readonly Piece[],
  isInner: (piece: Piece, at: number) => boolean,
  how: 'first' | 'average' | 'max',
): Piece[] {
  const words: Piece[][] = [];
  for (const [at, piece] of pieces.entries()) {
    if (isInner(piece, at) && words.length > 0) words.at(-1)!.push(piece);
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
export function grouped(parts: readonly Part[]): Part[] {
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
