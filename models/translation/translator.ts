import {
  DataError,
  EngineError,
  expectOptions,
  ParameterStore,
  throwIfAborted,
  type Device,
  type HeadChoice,
} from '../../engine/index';
import { AlignmentView, type AlignmentMap } from './alignment_view';
import { EncoderDecoder } from '../encoder_decoder';
import type { EncodeSourceOptions, PairVocabulary } from './pair_vocabulary';
import { checkEach } from '../option_checks';
import {
  SequenceGenerator,
  type GenerateSequenceOptions,
  type Hypothesis,
} from '../generation/sequence_generator';
import { canonicalInfo, type TranslationInfo, type TranslationModel } from './model';
import { cutLines, joinLines, type SourceLine, type SourcePiece } from './pieces';

export type { AlignmentMap } from './alignment_view';

/** How `Translator.translate` searches, cuts texts and streams. */
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
  /** Cut every line at the ends of its sentences, not only those that are too long. Default false. */
  readonly sentences?: boolean;
  /** What all translations begin with; of texts in pieces, the first piece's. Default nothing. */
  readonly prefix?: string;
  /** Texts that must not come up, as the vocabulary writes them. Default none. */
  readonly without?: readonly string[];
  /** The translation of text `index` as it grows; `done` with the last call for it. */
  readonly onText?: (text: string, index: number, done: boolean) => void;
}

const KNOWN: Readonly<Record<keyof TranslateOptions, true>> = {
  ...{ mode: true, beams: true, nBest: true, lengthPenalty: true, coverage: true, earlyStopping: true },
  ...{
    tokens: true,
    noRepeatNgram: true,
    temperature: true,
    topK: true,
    topP: true,
    seed: true,
    signal: true,
  },
  ...{ unknown: true, sentences: true, prefix: true, without: true, onText: true },
};

/** One translation of a piece, with its score. */
export interface TranslationHypothesis extends Hypothesis {
  readonly text: string;
}

/** A part of a text that was translated at once. */
export interface TranslatedPiece {
  readonly source: string;
  /** Which line of the text it is in, from 0. */
  readonly line: number;
  /** With the end. */
  readonly sourceIds: readonly number[];
  /** Best first. */
  readonly hypotheses: readonly TranslationHypothesis[];
}

/** A text with its translation. */
export interface Translation {
  readonly source: string;
  /** The best; of several pieces, the best of each, with the text's line breaks and marks of lists. */
  readonly text: string;
  /** None for a text without anything to translate. */
  readonly pieces: readonly TranslatedPiece[];
}

/** How much a `Translator` decodes at once. */
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
    options: TranslatorOptions = {},
    store: ParameterStore | null = null,
  ) {
    expectOptions('Translator', options, { sentences: true, beams: true });
    const { sentences = 8, beams = 4 } = options;
    this.device = device;
    this.model = parts.model;
    this.vocabulary = parts.vocabulary;
    this.info = canonicalInfo(parts.info ?? { title: '' });
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
    const store = new ParameterStore(device, model, { init: 'none', owner: 'translator' });
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
   * Translations of all texts, in their order; beam search unless `mode` says otherwise. The lines of a text are translated
   * by themselves, those too long for the model sentence by sentence; blank ones come back.
   *
   * @throws DataError for a sentence beyond the context and for characters that the model has not learnt (before
   * anything is translated); EngineError for options that are unknown or out of range; the signal's reason on abort.
   */
  async translate(texts: readonly string[], options: TranslateOptions = {}): Promise<Translation[]> {
    expectOptions('translate', options, KNOWN);
    const { signal, sentences = false, unknown, onText } = options;
    checkEach('translate', [
      ['unknown', unknown, [undefined, 'error', 'token'].includes(unknown), "Use 'error' or 'token'."],
      ['sentences', sentences, typeof sentences === 'boolean', 'Use true or false.'],
    ]);
    if (this.#disposed) throw new EngineError('translate', 'it was disposed of', 'Make another one.');
    const given: unknown = texts;
    if (!Array.isArray(given) || !given.every((text) => typeof text === 'string'))
      throw new DataError('translate', 'it takes a list of texts', "Such as ['Hello.'].");
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
    const cuts = texts.map((text) => cutLines(text, this.vocabulary, cut));
    const places = cuts.flatMap((lines, text) =>
      piecesOf(lines).map(({ piece }, number) => ({ text, number, piece })),
    );
    for (const [index, lines] of cuts.entries()) {
      if (piecesOf(lines).length === 0) onText?.(this.#join(lines, []), index, true);
    }
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
    cuts: readonly (readonly SourceLine[])[],
    places: readonly { readonly text: number; readonly number: number }[],
    onText: NonNullable<TranslateOptions['onText']>,
  ): GenerateSequenceOptions['onStep'] {
    const texts = cuts.map((lines) => piecesOf(lines).map(() => ''));
    const left = texts.map((pieces) => pieces.length);
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
      for (const index of changed) onText(this.#join(cuts[index], texts[index]), index, left[index] === 0);
    };
  }

  #join(lines: readonly SourceLine[], texts: readonly string[]): string {
    return joinLines(lines, texts, this.vocabulary, this.info.languages?.[1]);
  }

  #translations(
    texts: readonly string[],
    cuts: readonly (readonly SourceLine[])[],
    found: readonly (readonly Hypothesis[])[],
  ): Translation[] {
    let next = 0;
    return texts.map((source, index) => {
      const pieces = piecesOf(cuts[index]).map(({ piece: { text, ids }, line }): TranslatedPiece => {
        const hypotheses = found[next++].map((h) => ({ ...h, text: this.vocabulary.decodeTarget(h.ids) }));
        return { source: text, line, sourceIds: [...ids], hypotheses };
      });
      const best = pieces.map(({ hypotheses }) => hypotheses[0].text);
      return { source, text: this.#join(cuts[index], best), pieces };
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

/** All of a text's, with the numbers of their lines. */
function piecesOf(lines: readonly SourceLine[]): { readonly piece: SourcePiece; readonly line: number }[] {
  return lines.flatMap(({ pieces }, line) => pieces.map((piece) => ({ piece, line })));
}
