/** A model that translates: its translator, and the last translation, whose attention can be asked for. */
import { ParameterStore, type Device } from '../../../engine/index';
import { EncoderDecoder } from '../../../models/encoder_decoder';
import { TranslationModel } from '../../../models/translation/model';
import {
  Translator,
  type Translation,
  type TranslationHypothesis,
} from '../../../models/translation/translator';
import type { Alignment, DecodeSettings, ModelInfo, TranslationResult } from './protocol';

/** Pieces of a text that are decoded at once, and most beams. */
export const TRANSLATOR_SIZE = { sentences: 4, beams: 8 } as const;
/** Partial translations are handed on at most this often, and long ones seldom: the page draws each anew. */
const EVERY_MS = 30;
const EVERY_MS_PER_CHARACTER = 0.02;

export class OpenModel {
  readonly translator: Translator;
  readonly #device: Device;
  readonly #store: ParameterStore;
  readonly #parameters: number;
  /** The last two, newest first: one may be looked at while the next is made. */
  #last: readonly { readonly number: number; readonly translation: Translation }[] = [];

  private constructor(device: Device, translator: Translator, store: ParameterStore, parameters: number) {
    this.#device = device;
    this.translator = translator;
    this.#store = store;
    this.#parameters = parameters;
  }

  /** A checkpoint's or weights' file. Throws a `DataError` for anything else. */
  static async open(device: Device, file: Blob | Uint8Array<ArrayBuffer>): Promise<OpenModel> {
    const { config, vocabulary, info, weights } = await TranslationModel.open(file);
    const model = new EncoderDecoder(config);
    const store = new ParameterStore(device, model, { init: 'none', owner: 'translator' });
    try {
      await store.load(weights, { where: info.title || 'model' });
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
    const parameters = weights
      .names()
      .reduce((sum, name) => sum + weights.info(name).shape.reduce((product, n) => product * n, 1), 0);
    const translator = new Translator(device, { model, vocabulary, info }, TRANSLATOR_SIZE);
    return new OpenModel(device, translator, store, parameters);
  }

  /** Other weights of the same model, in place of those that it had. */
  async reload(file: Uint8Array<ArrayBuffer>): Promise<void> {
    const { weights } = await TranslationModel.open(file);
    await this.#store.load(weights, { where: 'model' });
  }

  get info(): ModelInfo {
    const { attentions, info, vocabulary } = this.translator;
    return {
      parameters: this.#parameters,
      ...attentions,
      languages: info.languages ?? ['', ''],
      tokens: vocabulary.kind,
    };
  }

  /** `number` identifies the translation from now on. */
  async translate(
    number: number,
    text: string,
    { beams, lengthPenalty }: DecodeSettings,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<TranslationResult> {
    const start = performance.now();
    const { pipelines } = this.#device;
    const before = pipelines.size;
    let told = -Infinity;
    const [translation] = await this.translator.translate([text], {
      ...(beams === 1 ? { mode: 'greedy' } : { beams, nBest: beams }),
      lengthPenalty,
      signal,
      onText: (partial) => {
        const every = Math.max(EVERY_MS, EVERY_MS_PER_CHARACTER * partial.length);
        if (performance.now() - told < every) return;
        told = performance.now();
        onText(partial);
      },
    });
    this.#last = [{ number, translation }, ...this.#last.slice(0, 1)];
    const parts = translation.pieces.map(({ source, hypotheses }) => ({
      source,
      hypotheses: hypotheses.map(({ text, score, logProbability }) => ({ text, score, logProbability })),
    }));
    const milliseconds = performance.now() - start;
    return { number, text: translation.text, parts, milliseconds, compiled: pipelines.size - before };
  }

  /** Of a hypothesis of one of the last translations; null when there is none such any more. */
  async alignment(number: number, part: number, hypothesis: number): Promise<Alignment | null> {
    const piece = this.#last.find((one) => one.number === number)?.translation.pieces[part];
    const chosen: TranslationHypothesis | undefined = piece?.hypotheses[hypothesis];
    if (!piece || !chosen) return null;
    const { layers, heads } = this.translator.attentions;
    const maps = [];
    for (let layer = 0; layer < layers; layer++) {
      maps.push(await this.translator.attention(piece.sourceIds, chosen.ids, layer, 'all'));
    }
    const [{ source, target }] = maps;
    const size = heads * target.length * source.length;
    const probabilities = new Float32Array(layers * size);
    maps.forEach(({ map }, layer) => probabilities.set(map.probabilities, layer * size));
    return { source, target, layers, heads, probabilities };
  }

  [Symbol.dispose](): void {
    this.translator[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }
}
