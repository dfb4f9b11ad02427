import {
  DataError,
  embedding as rowsOf,
  expectOptions,
  type Device,
  type Encoding,
  type Graph,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import { hasToken } from './has_token';
import { encodingsOf, expectFinite, expectTexts, expectVocabulary, softmaxOf, type Long } from './inputs';
import { TextReader, type TaskOptions, type TextModel, type Texts } from './text_reader';

/** A model that fills in tokens that are hidden from it, such as `Bert`. */
export interface MaskedModel extends TextModel {
  readonly config: TextModel['config'] & { readonly vocabulary: number };
  hidden(g: Graph, ids: Tensor, input: Texts['input']): readonly Tensor[];
  /** Rows (N, C) of the last layer to logits (N, V). */
  logits(g: Graph, rows: Tensor): Tensor;
}

/** What may stand at a place. */
export interface Filling {
  readonly token: number;
  /** As it reads. */
  readonly text: string;
  /** Its probability. */
  readonly score: number;
}

/** How many fillings `MaskFiller` gives, and of which tokens. */
export interface FillOptions extends TaskOptions {
  /** How many for each place. Default 5. */
  readonly topK?: number;
  /** Only these tokens; their probabilities stay those among all. Default all. */
  readonly targets?: readonly number[];
  readonly long?: Long;
}

/** Fills in what `[MASK]` (or how the tokenizer writes it) hides. */
export class MaskFiller implements Disposable {
  /** What hides a word in a text. */
  readonly mask: string;
  readonly #model: MaskedModel;
  readonly #tokenizer: Tokenizer;
  readonly #id: number;
  readonly #reader: TextReader;

  /** Throws `DataError` for a tokenizer without a mask, or of another model. */
  constructor(device: Device, model: MaskedModel, tokenizer: Tokenizer) {
    const { mask } = tokenizer.special;
    if (mask === undefined) {
      throw new DataError('MaskFiller', 'the tokenizer has no token that hides', "Use a masked model's own.");
    }
    expectVocabulary('MaskFiller', tokenizer, model.config.vocabulary);
    [this.#model, this.#tokenizer, this.#id] = [model, tokenizer, mask];
    this.mask = tokenizer.token(mask);
    // One place of each row; a text with several is read for each.
    this.#reader = new TextReader(
      device,
      model,
      (g, { ids, input, places }) => {
        const x = model.hidden(g, ids, input).at(-1)!;
        const [B, T, C] = x.shape;
        const rows = g.view(x, [B * T, C]);
        return { logits: model.logits(g, rowsOf(g, places!, rows)) };
      },
      { places: true },
    );
  }

  /**
   * For each text, for each place that is hidden in it, what may stand there, the likeliest first.
   *
   * Throws `DataError` for texts without a mask or that cannot be read, the signal's reason.
   */
  async fill(texts: readonly string[], options: FillOptions = {}): Promise<Filling[][][]> {
    const { topK = 5, targets, long, signal, onProgress } = options;
    expectOptions('fill', options, { topK, targets, long, signal, onProgress });
    const { context, vocabulary } = this.#model.config;
    if (!Number.isInteger(topK) || topK < 1) {
      throw new DataError('fill', `topK is ${String(topK)}`, 'Use a whole number of at least 1.');
    }
    const wrong = targets?.find((id) => !(Number.isInteger(id) && id >= 0 && id < this.#tokenizer.size));
    if (wrong !== undefined || targets?.length === 0) {
      const what = targets?.length === 0 ? 'targets are none' : `${String(wrong)} is among the targets`;
      throw new DataError('fill', what, `Give ids from 0 to ${this.#tokenizer.size - 1}.`);
    }
    expectTexts('fill', texts);
    const encodings = encodingsOf('fill', this.#tokenizer, texts, { context, long });
    const found: Filling[][][] = encodings.map(() => []);
    const asked: (readonly [text: number, nth: number, encoding: Encoding, place: number])[] = [];
    encodings.forEach((encoding, i) => {
      const places = [...encoding.ids.keys()].filter((at) => encoding.ids[at] === this.#id);
      if (places.length === 0) {
        const part = texts[i].includes(this.mask) ? ` in its first ${encoding.ids.length} tokens` : '';
        const todo = `Write ${this.mask} where a word is to be found.`;
        throw new DataError('fill', `text ${i} hides nothing${part}`, todo);
      }
      places.forEach((place, nth) => asked.push([i, nth, encoding, place]));
    });
    await this.#reader.read(
      asked.map(([, , encoding, place]) => ({ ...encoding, place })),
      (k, { logits }) => {
        expectFinite('fill', logits);
        const [text, nth] = asked[k];
        const scores = softmaxOf(logits);
        const ids = targets ? [...new Set(targets)] : Array.from({ length: vocabulary }, (_, id) => id);
        found[text][nth] = ids
          .sort((a, b) => scores[b] - scores[a] || a - b)
          .slice(0, topK)
          .map((token) => ({ token, text: this.#read(token), score: scores[token] }));
      },
      options,
    );
    return found;
  }

  #read(id: number): string {
    return hasToken(this.#tokenizer, id) ? this.#tokenizer.decode([id]) : '';
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
