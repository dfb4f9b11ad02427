import {
  DataError,
  EngineError,
  expectOneOf,
  expectOptions,
  normalize as directions,
  poolRows,
  type Device,
  type Graph,
  type Pooling,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import { isWhole } from '../option_checks';
import { encodingsOf, expectFinite, expectTexts, expectVocabulary, type Long } from './inputs';
import { TextReader, type TaskOptions, type TextModel, type Texts } from './text_reader';

export type { Pooling };

/** A model that gives rows of width C for tokens, such as `TextEncoder`. */
export interface EncoderModel extends TextModel {
  readonly config: TextModel['config'] & { readonly vocabulary: number; readonly width: number };
  /** What goes into each layer, and in the end what comes out of the last, (B, T, C) each. */
  hidden(g: Graph, ids: Tensor, input: Texts['input']): readonly Tensor[];
}

/** How `SentenceEmbedder` makes one row of a text's rows. */
export interface EmbedderOptions {
  /** Default 'mean'. */
  readonly pooling?: Pooling;
  /** Whether embeddings have length 1, so that a product of two is their cosine. Default true. */
  readonly normalize?: boolean;
  /** The most tokens of a text that are read. Default: the model's context. */
  readonly maxLength?: number;
}

/** How `SentenceEmbedder` reads texts. */
export interface EmbedOptions extends TaskOptions {
  /** Texts over `maxLength` are refused, or cut at their end as sentence-transformers does. Default 'refuse'. */
  readonly long?: Long;
}

/** A text that was found, the nearest first. */
export interface Ranked {
  /** Into the texts that were given. */
  readonly index: number;
  /** Cosine of the angle between its embedding and the query's: 1 in the same direction. */
  readonly score: number;
}

/** Texts as vectors, near each other where meanings are (Reimers and Gurevych 2019). */
export class SentenceEmbedder implements Disposable {
  /** C: numbers of an embedding. */
  readonly width: number;
  /** The most tokens of a text. */
  readonly maxLength: number;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;
  readonly #normalized: boolean;

  /** Throws `DataError` for a tokenizer of another model, `EngineError` for options that cannot be. */
  constructor(device: Device, model: EncoderModel, tokenizer: Tokenizer, options: EmbedderOptions = {}) {
    const { context, width, vocabulary } = model.config;
    const { pooling = 'mean', normalize = true, maxLength = context } = options;
    expectOptions('SentenceEmbedder', options, { pooling, normalize, maxLength });
    expectOneOf('SentenceEmbedder', 'pooling', pooling, ['mean', 'first', 'last']);
    expectOneOf('SentenceEmbedder', 'normalize', normalize, [true, false]);
    if (!isWhole(maxLength, 1, context)) {
      throw new EngineError('SentenceEmbedder', `maxLength is ${maxLength}`, `Use 1 to ${context}.`);
    }
    expectVocabulary('SentenceEmbedder', tokenizer, vocabulary);
    [this.width, this.maxLength, this.#tokenizer, this.#normalized] = [
      width,
      maxLength,
      tokenizer,
      normalize,
    ];
    this.#reader = new TextReader(device, model, (g, { ids, input }) => {
      const pooled = poolRows(g, model.hidden(g, ids, input).at(-1)!, input.lengths, pooling);
      return { embedding: normalize ? directions(g, pooled) : pooled };
    });
  }

  /** An embedding f32 (C) of each text. Throws `DataError` for texts that cannot be read, the signal's reason. */
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    const { long, signal, onProgress } = options;
    expectOptions('embed', options, { long, signal, onProgress });
    expectTexts('embed', texts);
    const most = { context: this.maxLength, long };
    const encodings = encodingsOf('embed', this.#tokenizer, texts, most);
    const found: Float32Array[] = [];
    await this.#reader.read(
      encodings,
      (i, { embedding }) => {
        expectFinite('embed', embedding, 'embeddings');
        found[i] = embedding.slice();
      },
      options,
    );
    return found;
  }

  /** The texts by how near they are to a query. */
  async rank(query: string, texts: readonly string[], options: EmbedOptions = {}): Promise<Ranked[]> {
    expectTexts('rank', [query], 'query');
    expectTexts('rank', texts);
    // The query goes last: so texts that cannot be read have the numbers that they were given with.
    const others = await this.embed([...texts, query], options);
    const own = others.pop()!;
    return others
      .map((other, index) => ({ index, score: this.similarity(own, other) }))
      .sort((a, b) => b.score - a.score);
  }

  /** The cosine of two embeddings; 0 where one is all zeros. */
  similarity(a: Float32Array, b: Float32Array): number {
    if (a.length !== b.length) {
      const what = `embeddings have ${a.length} and ${b.length} numbers`;
      throw new DataError('similarity', what, 'Compare those of one model.');
    }
    const product = (x: Float32Array, y: Float32Array): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
    return this.#normalized ? product(a, b) : product(a, b) / (Math.sqrt(product(a, a) * product(b, b)) || 1);
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
