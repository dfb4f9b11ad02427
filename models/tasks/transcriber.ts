/** Writes down what is said: a model that hears, with its tokenizer and its feature extractor. */
import {
  EngineError,
  expectOneOf,
  expectOptions,
  DataError,
  type Device,
  type Tokenizer,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { Turns } from '../generation/turns';
import { checkEach, isWhole } from '../option_checks';
import type { AudioInput } from '../speech/audio';
import type { FeatureExtractor, LogMel } from '../speech/feature_extractor';
import { segmentsOf, type WindowSegment } from '../speech/segments';
import {
  beginningOf,
  speechSettings,
  type SpeechChoice,
  type SpeechSettings,
} from '../speech/speech_settings';
import {
  WindowWriter,
  type HeardWindow,
  type SpeechModel,
  type WindowOptions,
} from '../speech/window_writer';
import { hasToken } from './has_token';
import { expectVocabulary } from './inputs';
import type { TaskOptions } from './text_reader';

export type { SpeechModel } from '../speech/window_writer';

/** How `Transcriber` writes. */
export interface TranscribeOptions extends Pick<TaskOptions, 'signal'> {
  /**
   * What is spoken: a code such as 'fr', or the English name. Default: what the model's files force, else it is detected from the first window. Models of
   * one language know none.
   */
  readonly language?: string;
  /** 'translate': into English. Default: what the model's files force, or what it was trained to do most, 'transcribe'. */
  readonly task?: 'transcribe' | 'translate';
  /** Segments with their times. Sound that is longer than a window has them always. Default: as the model's files say, else false. */
  readonly timestamps?: boolean;
  /** Hypotheses that are followed; 1 is greedy. Default: as the model's files say, else 1. */
  readonly beams?: number;
  /** Scores are log-probabilities / length^this. Default: as the files say, else 1. */
  readonly lengthPenalty?: number;
  /** As of `GenerateSequenceOptions`. Default: as the files say, else false. */
  readonly earlyStopping?: boolean | 'never';
  /** Most tokens of a window. Default: as the files say, else as many as the model has room for. */
  readonly tokens?: number;
  /**
   * A window is silence, and nothing is written, where the model holds that likelier than this and is unsure of its text (a mean
   * log-probability below -1), as in the paper; it takes a step more for each window. Default null: it is not asked.
   */
  readonly silence?: number | null;
  /** Called with all of the text so far, whenever it changes; what is not certain yet may change again. */
  readonly onText?: (text: string) => void;
  /** Seconds that are written, of how many. */
  readonly onProgress?: (seconds: number, total: number) => void;
}

/** A piece of what was said. */
export interface SpeechSegment {
  /** Seconds from the sound's begin. */
  readonly start: number;
  /** Null where the model wrote no end. */
  readonly end: number | null;
  readonly text: string;
  /** Its ids, times among them. */
  readonly ids: readonly number[];
}

/** What was said. */
export interface Transcript {
  readonly text: string;
  /** Code of the language that it was taken for; null of a model that knows only one. */
  readonly language: string | null;
  /** With times where they were asked for; else one a window. */
  readonly segments: readonly SpeechSegment[];
  /** How long the sound is. */
  readonly seconds: number;
}

/** A language, and how likely it is. */
export interface LanguageScore {
  readonly language: string;
  readonly score: number;
}

/** With defaults. */
type CompleteOptions = SpeechChoice &
  Pick<TranscribeOptions, 'signal' | 'onText' | 'onProgress' | 'tokens'> &
  Required<Pick<TranscribeOptions, 'beams' | 'silence' | 'lengthPenalty' | 'earlyStopping'>>;

const MOST_BEAMS = 16;
/** Mean log-probability of a token below which a window may be silent. */
const UNSURE = -1;
const WHERE = 'Transcriber';

/**
 * Writes down speech (Radford et al. 2022), sound of any length: windows of 30 s, each of which begins where the last whole segment
 * of the one before ended. One call at a time. Owns caches and plans; dispose of it before the weights.
 */
export class Transcriber implements Disposable {
  readonly #model: SpeechModel;
  readonly #tokenizer: Tokenizer;
  readonly #features: FeatureExtractor;
  readonly #settings: SpeechSettings;
  readonly #writer: WindowWriter;
  readonly #turns = new Turns(WHERE);

  /** Throws `DataError` for a tokenizer or a feature extractor of another model, and settings that are not done. */
  constructor(
    device: Device,
    loaded: Pretrained<SpeechModel>,
    tokenizer: Tokenizer,
    features: FeatureExtractor,
  ) {
    const { model } = loaded;
    const { mels, sourceContext, vocabulary } = model.config;
    expectVocabulary(WHERE, tokenizer, vocabulary);
    if (features.mels !== mels || features.frames !== 2 * sourceContext) {
      const what = `the feature extractor makes ${features.mels} × ${features.frames} numbers, the model reads ${mels} × ${2 * sourceContext}`;
      throw new DataError(WHERE, what, "Use the model's own preprocessor_config.json.");
    }
    [this.#model, this.#tokenizer, this.#features] = [model, tokenizer, features];
    this.#settings = speechSettings(loaded, tokenizer);
    this.#writer = new WindowWriter(device, model);
  }

  /** Codes of the languages that the model knows; none of a model that knows only one. */
  get languages(): readonly string[] {
    return Object.keys(this.#settings.languages);
  }

  /**
   * What is said in a sound.
   *
   * Throws `DataError` for what is no sound (see `AudioInput`), `EngineError` for options that cannot be, the signal's reason.
   */
  async transcribe(audio: AudioInput, options: TranscribeOptions = {}): Promise<Transcript> {
    const o = this.#complete(options);
    const { signal, onText, onProgress } = o;
    this.#turns.begin();
    try {
      const mel = await this.#features.extract(audio, signal ? { signal } : {});
      const { seconds } = mel;
      const perSecond = this.#features.sampleRate / this.#features.hop;
      const window = this.#writer.frames;
      const isLong = mel.frames > window;
      const timestamps = o.timestamps || isLong;
      let beginning = beginningOf(this.#settings, { ...o, timestamps });
      const segments: SpeechSegment[] = [];
      const before = (): string => segments.map(({ text }) => text).join('');
      for (let frame = 0; frame < mel.frames;) {
        const heard = await this.#writer.hear(this.#window(mel, frame), o.beams);
        this.#turns.assertUsable();
        if (beginning.includes(null)) {
          const [{ language }] = await this.#languagesOf(heard);
          beginning = beginning.map((id) => id ?? this.#settings.languages[language]);
        }
        const ids = await this.#written(heard, beginning as readonly number[], {
          ...{ ...o, timestamps },
          onStep: onText && ((made) => onText(before() + this.#text(made))),
        });
        this.#turns.assertUsable();
        const frames = Math.min(window, mel.frames - frame);
        const sound = frames / perSecond;
        const whole: WindowSegment = { start: 0, end: null, ids: ids ?? [] };
        const {
          segments: own,
          rest,
          moveOn,
        } = timestamps && ids !== null
          ? segmentsOf(ids, this.#settings.noTimestamps + 1, sound)
          : { segments: ids === null ? [] : [whole], rest: null, moveOn: sound };
        for (const one of [...own, ...(rest && !isLong ? [rest] : [])]) {
          segments.push(this.#segment(one, frame / perSecond));
        }
        // Where nothing moved on, a window would be heard for ever.
        const step = Math.round(moveOn * perSecond);
        frame += isLong && step > 0 ? step : frames;
        onText?.(before());
        onProgress?.(Math.min(seconds, frame / perSecond), seconds);
      }
      const spoken = Object.entries(this.#settings.languages).find(([, id]) => beginning.includes(id));
      return { text: before(), language: spoken?.[0] ?? null, segments, seconds };
    } finally {
      this.#turns.end();
    }
  }

  /** With defaults. Throws `EngineError` for options that cannot be. */
  #complete(options: TranscribeOptions): CompleteOptions {
    const { signal, language, task, onText, onProgress, tokens } = options;
    const settings = this.#settings;
    const { timestamps = settings.timestamps, beams = settings.beams, silence = null } = options;
    const { lengthPenalty = settings.lengthPenalty, earlyStopping = settings.earlyStopping } = options;
    const own = { timestamps, beams, silence, lengthPenalty, earlyStopping };
    const o = {
      ...{ ...own, language, task },
      ...(signal && { signal }),
      ...(onText && { onText }),
      ...(onProgress && { onProgress }),
      ...(tokens !== undefined && { tokens }),
    };
    expectOptions('transcribe', options, { ...own, signal, language, task, tokens, onText, onProgress });
    expectOneOf('transcribe', 'timestamps', timestamps, [true, false]);
    expectOneOf('transcribe', 'earlyStopping', earlyStopping, [true, false, 'never']);
    const room = this.#model.config.context - beginningOf(settings, o).length;
    const isShare = typeof silence === 'number' && silence >= 0 && silence <= 1;
    checkEach('transcribe', [
      ['beams', beams, isWhole(beams, 1, MOST_BEAMS), `Use 1 (greedy) to ${MOST_BEAMS}.`],
      ['lengthPenalty', lengthPenalty, Number.isFinite(lengthPenalty), 'Use a finite number.'],
      ['silence', silence, silence === null || isShare, 'Use a probability, 0.6 in the paper, or null.'],
      [
        ...(['tokens', tokens, tokens === undefined || isWhole(tokens, 1, room)] as const),
        `Use 1 to ${room}, for which the model has room.`,
      ],
    ]);
    return o;
  }

  /** The ids of a window; null where it is silent. */
  async #written(
    heard: HeardWindow,
    beginning: readonly number[],
    o: CompleteOptions & { readonly onStep: WindowOptions['onStep'] },
  ): Promise<readonly number[] | null> {
    const settings = this.#settings;
    const { context } = this.#model.config;
    const { silence, beams, lengthPenalty, earlyStopping, signal, onStep } = o;
    const room = context - beginning.length;
    const most = settings.newTokens ?? (settings.length ?? context) - beginning.length;
    const tokens = o.tokens ?? Math.max(1, Math.min(room, most));
    // <|nospeech|> comes before <|notimestamps|>.
    const quiet =
      silence === null ? 0 : Math.exp((await heard.after(settings.begin))[settings.noTimestamps - 1]);
    const rules = { ...settings, timestamps: o.timestamps };
    const found = await heard.write(beginning, {
      rules,
      beams,
      lengthPenalty,
      earlyStopping,
      tokens,
      signal,
      onStep,
    });
    const { ids, logProbability, logProbabilities } = found;
    const unsure = logProbability / Math.max(1, logProbabilities.length) < UNSURE;
    return silence !== null && quiet > silence && unsure ? null : ids;
  }

  /** Languages that the first 30 s of a sound may be in, the likeliest first. Throws `EngineError` for a model of one language. */
  async detectLanguage(
    audio: AudioInput,
    options: Pick<TaskOptions, 'signal'> = {},
  ): Promise<LanguageScore[]> {
    const { signal } = options;
    expectOptions('detectLanguage', options, { signal });
    if (this.languages.length === 0) {
      throw new EngineError(
        'detectLanguage',
        'this model knows one language only',
        'Load a multilingual one.',
      );
    }
    this.#turns.begin();
    try {
      const mel = await this.#features.extract(audio, signal ? { signal } : {});
      return await this.#languagesOf(await this.#writer.hear(this.#window(mel, 0), 1));
    } finally {
      this.#turns.end();
    }
  }

  /** Probabilities among the languages. */
  async #languagesOf(heard: HeardWindow): Promise<LanguageScore[]> {
    const logs = await heard.after(this.#settings.begin);
    const all = Object.entries(this.#settings.languages).map(([language, id]) => ({
      language,
      score: Math.exp(logs[id]),
    }));
    const sum = all.reduce((total, { score }) => total + score, 0);
    return all.map((one) => ({ ...one, score: one.score / sum })).sort((a, b) => b.score - a.score);
  }

  /** The window of a spectrogram from a frame on; behind its end there are zeros, as in Transformers. */
  #window({ data, mels, frames }: LogMel, from: number): Float32Array {
    const length = this.#writer.frames;
    if (from === 0 && frames === length) return data;
    const window = new Float32Array(mels * length);
    const end = Math.min(frames, from + length);
    for (let m = 0; m < mels; m++) {
      window.set(data.subarray(m * frames + from, m * frames + end), m * length);
    }
    return window;
  }

  #segment({ start, end, ids }: WindowSegment, at: number): SpeechSegment {
    const seconds = (time: number): number => Math.round((at + time) * 100) / 100; // steps are 0.02 s, frames 0.01
    return { start: seconds(start), end: end === null ? null : seconds(end), text: this.#text(ids), ids };
  }

  /** Without times and special tokens. */
  #text(ids: readonly number[]): string {
    const words = ids.filter((id) => id < this.#settings.noTimestamps && hasToken(this.#tokenizer, id));
    return this.#tokenizer.decode(words, { special: false });
  }

  [Symbol.dispose](): void {
    this.#turns.dispose();
    this.#writer[Symbol.dispose]();
  }
}
