import { ParameterStore, throwIfAborted, type Device, type HeadChoice } from '../../engine/index';
import { AlignmentView, type AlignmentMap } from './alignment_view';
import { EncoderDecoder } from '../encoder_decoder';
import type { EncodeSourceOptions, PairVocabulary } from './pair_vocabulary';
import { SequenceGenerator, type GenerateSequenceOptions, type Hypothesis } from '../sequence_generator';
import type { TranslationInfo, TranslationModel } from './model';
import { cutSource, joinPieces, type SourcePiece } from './pieces';

export type { AlignmentMap } from './alignment_view';

export interface TranslateOptions extends Pick<
  GenerateSequenceOptions,
  | 'mode'
  | 'beams'
  | 'nBest'
  | 'lengthPenalty'
  | 'coverage'
  | 'earlyStopping'
  | 'tokens'
  | 'noRepeatNgram'
  | 'temperature'
  | 'topK'
  | 'topP'
  | 'seed'
  | 'signal'
> {
  /** Source characters that the model has not learnt: see `EncodeSourceOptions`. */
  readonly unknown?: EncodeSourceOptions['unknown'];
  /** Cut every text at the ends of its sentences, not only those that are too long. Default false. */
  readonly sentences?: boolean;
  /** What all translations begin with; of texts in pieces, the first piece's. Default nothing. */
  readonly prefix?: string;
  /** Texts that must not come up, as the vocabulary writes them. Default none. */
  readonly without?: readonly string[];
  /** The translation of text `index` as it grows; `done` with the last call for it. */
  readonly onText?: (text: string, index: number, done: boolean) => void;
}

export interface TranslationHypothesis extends Hypothesis {
  readonly text: string;
}

/** A part of a text that was translated at once. */
export interface TranslatedPiece {
  readonly source: string;
  /** With the end. */
  readonly sourceIds: readonly number[];
  /** Best first. */
  readonly hypotheses: readonly TranslationHypothesis[];
}

export interface Translation {
  readonly source: string;
  /** The best; of several pieces, the best of each. */
  readonly text: string;
  /** None for a text without anything to translate. */
  readonly pieces: readonly TranslatedPiece[];
}

export interface TranslatorOptions {
  /** Pieces that are decoded at once. Default 8. */
  readonly sentences?: number;
  /** Most beams. Default 4. */
  readonly beams?: number;
}

/** Texts in, texts out. Owns caches and plans, and the weights where `create` loaded them. Calls wait for each other. */
export class Translator implements Disposable {
  readonly device: Device;
  readonly model: EncoderDecoder;
  readonly vocabulary: PairVocabulary;
  readonly info: TranslationInfo;
  readonly #generator: SequenceGenerator;
  readonly #store: ParameterStore | null;
  readonly #view: AlignmentView;
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** Over a model whose parameters have memory, such as one in training; `create` loads one from a file. */
  constructor(
    device: Device,
    parts: {
      readonly model: EncoderDecoder;
      readonly vocabulary: PairVocabulary;
      readonly info?: TranslationInfo;
    },
    { sentences = 8, beams = 4 }: TranslatorOptions = {},
    store: ParameterStore | null = null,
  ) {
    this.device = device;
    this.model = parts.model;
    this.vocabulary = parts.vocabulary;
    this.info = parts.info ?? { title: '' };
    this.#store = store;
    const { begin, end } = this.vocabulary;
    // Weights of another owner may have changed since the last look.
    this.#view = new AlignmentView(device, this.model, this.vocabulary, { steady: store !== null });
    this.#generator = new SequenceGenerator(device, this.model, { begin, end, sentences, beams });
  }

  /** Loads the weights. Throws if they are not those of the model. */
  static async create(
    device: Device,
    from: TranslationModel,
    options: TranslatorOptions = {},
  ): Promise<Translator> {
    const model = new EncoderDecoder(from.config);
    const store = new ParameterStore(device, model, { owner: 'translator' });
    try {
      await store.load(from.weights, { where: from.info.title || 'TranslationModel' });
      return new Translator(device, { model, vocabulary: from.vocabulary, info: from.info }, options, store);
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
  }

  /** Layers of the decoder, each with cross-attention, and their heads: what `attention` takes. */
  get attentions(): { readonly layers: number; readonly heads: number } {
    const { decoderLayers: layers, heads } = this.model.config;
    return { layers, heads };
  }

  /** Takes the model and its weights to the adapter: the first translation then need not wait. */
  async warmUp(options: TranslateOptions = {}): Promise<void> {
    const { mode, beams, nBest } = options;
    const source = Uint32Array.of(this.vocabulary.end);
    await this.#inTurn(() => this.#generator.generate([source], { mode, beams, nBest, tokens: 1 }));
  }

  /**
   * Translations of all texts, in their order; beam search unless `mode` says otherwise. Texts too long for the model are
   * translated sentence by sentence; empty ones give ''.
   *
   * @throws DataError for a sentence beyond the context and for characters that the model has not learnt (before
   * anything is translated); EngineError for options out of range; the signal's reason on abort.
   */
  async translate(texts: readonly string[], options: TranslateOptions = {}): Promise<Translation[]> {
    const { signal, sentences = false, unknown, onText } = options;
    throwIfAborted(signal);
    const { context } = this.model.config;
    const { longest = context, languages } = this.info;
    const cut = {
      context,
      longest: Math.min(longest, context),
      sentences,
      unknown,
      language: languages?.[0],
    };
    const cuts = texts.map((text) => cutSource(text, this.vocabulary, cut));
    const places = cuts.flatMap((pieces, text) => pieces.map((piece, number) => ({ text, number, piece })));
    for (const [index, pieces] of cuts.entries()) if (pieces.length === 0) onText?.('', index, true);
    if (places.length === 0) return this.#translations(texts, cuts, []);

    const stream = onText && this.#stream(cuts, places, onText);
    const found = await this.#inTurn(() => {
      throwIfAborted(signal);
      return this.#generator.generate(
        places.map(({ piece }) => piece.ids),
        { ...this.#generatorOptions(options, places), ...(stream && { onStep: stream }) },
      );
    });
    return this.#translations(texts, cuts, found);
  }

  #generatorOptions(
    options: TranslateOptions,
    places: readonly { readonly number: number; readonly piece: SourcePiece }[],
  ): GenerateSequenceOptions {
    const { sentences: _, onText: __, unknown: ___, prefix = '', without = [], ...rest } = options;
    const { vocabulary, model } = this;
    const forced = [...vocabulary.encodeTarget(prefix)];
    const longest = places.reduce((most, { piece }) => Math.max(most, piece.ids.length), 0);
    return {
      ...rest,
      tokens: rest.tokens ?? Math.min(model.config.context, 16 + forced.length + 3 * longest),
      forced: places.map(({ number }) => (number === 0 ? forced : [])),
      banned: [...vocabulary.banned, ...without.map((text) => [...vocabulary.encodeTarget(text)])],
    };
  }

  /** Turns the generator's steps into growing texts. */
  #stream(
    cuts: readonly (readonly SourcePiece[])[],
    places: readonly { readonly text: number; readonly number: number }[],
    onText: NonNullable<TranslateOptions['onText']>,
  ): GenerateSequenceOptions['onStep'] {
    const texts = cuts.map((pieces) => pieces.map(() => ''));
    const left = cuts.map((pieces) => pieces.length);
    const over = new Set<number>();
    return (progress) => {
      const changed = new Set<number>();
      for (const { sentence, ids, done } of progress) {
        if (over.has(sentence)) continue;
        const { text, number } = places[sentence];
        const now = this.vocabulary.decodeTarget(ids, { partial: !done });
        if (now !== texts[text][number] || done) changed.add(text);
        texts[text][number] = now;
        if (!done) continue;
        over.add(sentence);
        left[text]--;
      }
      for (const index of changed) onText(this.#join(texts[index]), index, left[index] === 0);
    };
  }

  #join(texts: readonly string[]): string {
    return joinPieces(texts, this.vocabulary, this.info.languages?.[1]);
  }

  #translations(
    texts: readonly string[],
    cuts: readonly (readonly SourcePiece[])[],
    found: readonly (readonly Hypothesis[])[],
  ): Translation[] {
    let next = 0;
    return texts.map((source, index) => {
      const pieces = cuts[index].map(({ text, ids }): TranslatedPiece => {
        const hypotheses = found[next++].map((h) => ({ ...h, text: this.vocabulary.decodeTarget(h.ids) }));
        return { source: text, sourceIds: [...ids], hypotheses };
      });
      return { source, text: this.#join(pieces.map(({ hypotheses }) => hypotheses[0].text)), pieces };
    });
  }

  /**
   * What the decoder looks at in the source while it writes the target: cross-attention of decoder layer `layer`, by
   * head. Texts, or ids as a translation has them (a piece's `sourceIds`, a hypothesis's `ids`).
   */
  async attention(
    source: string | readonly number[],
    target: string | readonly number[],
    layer: number,
    head: HeadChoice,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<AlignmentMap> {
    return this.#inTurn(() => this.#view.look(source, target, layer, head, signal));
  }

  /** One call at a time; a failed one does not keep others from running. */
  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#generator[Symbol.dispose]();
    this.#view[Symbol.dispose]();
    this.#store?.[Symbol.dispose]();
  }
}
