import {
  expectOneOf,
  expectOptions,
  normalize as directions,
  type Device,
  type Tokenizer,
} from '../../engine/index';
import { encodingsOf, expectFinite, expectTexts, expectVocabulary, type Long } from './inputs';
import type { TensorResult } from './pipeline_calls';
import type { EncoderModel } from './sentence_embedder';
import { shaped } from './tensor_result';
import { TextReader, type TaskOptions } from './text_reader';

/** The last rows of all tokens of texts. */
export class TokenRows implements Disposable {
  readonly #model: EncoderModel;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;

  /** `normalize`: whether rows have length 1. Default false. Throws `DataError` for a tokenizer of another model. */
  constructor(
    device: Device,
    model: EncoderModel,
    tokenizer: Tokenizer,
    options: { readonly normalize?: boolean } = {},
  ) {
    const { normalize = false } = options;
    expectOptions('TokenRows', options, { normalize });
    expectOneOf('TokenRows', 'normalize', normalize, [true, false]);
    expectVocabulary('TokenRows', tokenizer, model.config.vocabulary);
    [this.#model, this.#tokenizer] = [model, tokenizer];
    this.#reader = new TextReader(device, model, (g, { ids, input }) => {
      const rows = model.hidden(g, ids, input).at(-1)!;
      return { rows: normalize ? directions(g, rows) : rows };
    });
  }

  /** f32 (B, T, C) of B texts, the longest of T tokens; zeros behind shorter ones. */
  async read(
    texts: readonly string[],
    options: TaskOptions & { readonly long?: Long } = {},
  ): Promise<TensorResult> {
    const { long, signal, onProgress } = options;
    expectOptions('read', options, { long, signal, onProgress });
    expectTexts('read', texts);
    const { context, width } = this.#model.config;
    const encodings = encodingsOf('read', this.#tokenizer, texts, { context, long });
    const T = encodings.reduce((most, { ids }) => Math.max(most, ids.length), 0);
    const data = new Float32Array(texts.length * T * width);
    await this.#reader.read(
      encodings,
      (i, { rows }) => {
        const own = rows.subarray(0, encodings[i].ids.length * width);
        expectFinite('read', own, 'rows');
        data.set(own, i * T * width);
      },
      options,
    );
    return shaped(data, [texts.length, T, width]);
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
