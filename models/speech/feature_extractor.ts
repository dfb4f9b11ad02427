/** From sound to what a speech model reads, as preprocessor_config.json says. */
import {
  DataError,
  EngineError,
  expectOptions,
  Graph,
  log,
  matmul,
  multiply,
  throwIfAborted,
  unfold,
  type Device,
  type Plan,
  type Tensor,
} from '../../engine/index';
import type { Json } from '../pretrained_config';
import { samplesOf, type AudioInput } from './audio';
import { melFilters } from './mel_filters';

/** The log-mel spectrogram of a sound. */
export interface LogMel {
  /** f32 (M, F), row by row. */
  readonly data: Float32Array<ArrayBuffer>;
  /** M. */
  readonly mels: number;
  /** F. */
  readonly frames: number;
  /** How long the sound is, without the silence behind it that fills a window up. */
  readonly seconds: number;
}

/** How a spectrogram is made. */
export interface ExtractOptions {
  readonly signal?: AbortSignal;
}

const FILE = 'preprocessor_config.json';
const refuse = (what: string, todo: string): never => {
  throw new DataError(FILE, what, todo);
};

/** What changes nothing here: names of classes, the masks that batches of Whisper do not need, and filters, which are made here. */
const WITHOUT_EFFECT = [
  ...['feature_extractor_type', 'image_processor_type', 'processor_class', 'auto_map', 'tokenizer_class'],
  ...['mel_filters', 'return_attention_mask', 'transformers_version', '_commit_hash'],
];
const WHERE = 'FeatureExtractor';

/** A whole number of a setting. */
function wholeIn(config: Json, key: string, fallback: number, least: number, most: number): number {
  const value = config[key] ?? fallback;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number;
  return refuse(`${key} is ${JSON.stringify(value)}`, `It must be a whole number from ${least} to ${most}.`);
}

/** The settings of a preprocessor_config.json, Whisper's where it says nothing. Throws `DataError` for what is not done, by name. */
function settingsOf(config: Json) {
  const kind = config.feature_extractor_type ?? 'WhisperFeatureExtractor';
  if (kind !== 'WhisperFeatureExtractor') {
    const todo = 'WhisperFeatureExtractor is done: give the folder of a Whisper.';
    refuse(`feature_extractor_type is ${JSON.stringify(kind)}`, todo);
  }
  const harmless: Readonly<Record<string, readonly unknown[]>> = {
    ...{ padding_side: ['right'], padding_value: [0], dither: [0], do_normalize: [false] },
  };
  for (const [key, allowed] of Object.entries(harmless)) {
    const value = config[key] ?? allowed[0];
    if (!allowed.includes(value))
      refuse(`${key} is ${JSON.stringify(value)}`, `${String(allowed[0])} is done.`);
  }
  const settings = {
    mels: wholeIn(config, 'feature_size', 80, 1, 1024),
    sampleRate: wholeIn(config, 'sampling_rate', 16_000, 4000, 384_000),
    hop: wholeIn(config, 'hop_length', 160, 1, 2 ** 14),
    fft: wholeIn(config, 'n_fft', 400, 4, 2 ** 14),
    seconds: wholeIn(config, 'chunk_length', 30, 1, 3600),
  };
  const { sampleRate, hop, fft, seconds } = settings;
  if (fft % 2 !== 0) refuse(`n_fft is ${fft}`, 'An even one is done.');
  const samples = sampleRate * seconds;
  const frames = Math.floor(samples / hop);
  const same = { n_samples: samples, nb_max_frames: frames };
  for (const [key, made] of Object.entries(same)) {
    const value = config[key] ?? made;
    if (value !== made)
      refuse(`${key} is ${JSON.stringify(value)}, and the others make it ${made}`, 'Make them agree.');
  }
  if (frames < 1 || samples <= fft / 2)
    refuse(`chunk_length is ${seconds} s`, `Give more than ${fft / 2} samples.`);
  const known = ['feature_size', 'sampling_rate', 'hop_length', 'n_fft', 'chunk_length'];
  const all = new Set([...known, ...Object.keys(same), ...Object.keys(harmless), ...WITHOUT_EFFECT]);
  const unknown = Object.keys(config).find((key) => !all.has(key));
  if (unknown !== undefined)
    refuse(`${unknown} is ${JSON.stringify(config[unknown])}`, 'This setting is not known: take it out.');
  return { ...settings, samples, frames };
}

/** The discrete Fourier transform of a window of n samples under Hann's (periodic), (2·(n/2 + 1), n): cosines, then sines. */
function fourier(n: number): Float32Array {
  const rows = n / 2 + 1;
  const matrix = new Float32Array(2 * rows * n);
  for (let k = 0; k < rows; k++) {
    for (let t = 0; t < n; t++) {
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / n);
      const angle = (2 * Math.PI * ((k * t) % n)) / n;
      matrix[k * n + t] = window * Math.cos(angle);
      matrix[(rows + k) * n + t] = window * Math.sin(angle);
    }
  }
  return matrix;
}

/**
 * Whisper's log-mel spectrogram (Radford et al. 2022, 2.2), as Transformers' WhisperFeatureExtractor makes it, on the GPU:
 * windows of `n_fft` samples, every `hop_length` of them, times the Fourier transform and then the mel filters, two matmuls. It owns a plan,
 * made when first needed. Dispose of it before the device.
 */
export class FeatureExtractor implements Disposable {
  /** The parsed preprocessor_config.json. */
  readonly config: Json;
  /** M. */
  readonly mels: number;
  /** Samples a second that it reads; others are resampled. */
  readonly sampleRate: number;
  /** Samples from frame to frame. */
  readonly hop: number;
  /** Frames of a window of a model: shorter sounds are filled up with silence to it. */
  readonly frames: number;
  readonly #device: Device;
  readonly #fft: number;
  readonly #samples: number;
  #plan: Promise<Plan> | null = null;
  #over = false;

  /** `config`: a parsed preprocessor_config.json. Throws `DataError` for classes and settings that are not done, by name. */
  constructor(device: Device, config: Json = {}) {
    const { mels, sampleRate, hop, fft, samples, frames } = settingsOf(config);
    this.#device = device;
    this.config = config;
    [this.mels, this.sampleRate, this.hop, this.frames] = [mels, sampleRate, hop, frames];
    [this.#fft, this.#samples] = [fft, samples];
  }

  /**
   * The spectrogram of a sound: of `frames` frames where it is no longer than a window, else of all of it. Where it is quieter
   * than the loudest place by 80 dB or more it is as quiet as that.
   *
   * Throws `DataError` for what is no sound (see `AudioInput`), the signal's reason, `EngineError` after disposal.
   */
  async extract(audio: AudioInput, options: ExtractOptions = {}): Promise<LogMel> {
    const { signal } = options;
    expectOptions('extract', options, { signal });
    const samples = await samplesOf('extract', audio, this.sampleRate);
    throwIfAborted(signal);
    const { mels, hop } = this;
    const seconds = samples.length / this.sampleRate;
    const length = Math.max(samples.length, this.#samples);
    const frames = Math.floor(length / hop); // the last one of torch.stft is dropped
    if (this.#over) throw new EngineError(WHERE, 'it was disposed of', 'Make another one.');
    const plan = await (this.#plan ??= this.#compile());
    const data = new Float32Array(mels * frames);
    let most = -Infinity;
    for (let first = 0; first < frames; first += this.frames) {
      throwIfAborted(signal);
      plan.run({ samples: this.#around(samples, length, first) });
      const rows = await plan.read('logs'); // (F, M), natural logarithms
      const here = Math.min(this.frames, frames - first);
      for (let f = 0; f < here; f++) {
        for (let m = 0; m < mels; m++) {
          const value = Math.max(-10, rows[f * mels + m] / Math.LN10);
          data[m * frames + first + f] = value;
          if (value > most) most = value;
        }
      }
    }
    throwIfAborted(signal);
    for (let i = 0; i < data.length; i++) data[i] = (Math.max(data[i], most - 8) + 4) / 4;
    return { data, mels, frames, seconds };
  }

  /** The samples of a window's frames from `first` on, with what they reach over at both ends: there the sound is mirrored. */
  #around(samples: Float32Array, length: number, first: number): Float32Array {
    const half = this.#fft / 2;
    const own = new Float32Array((this.frames - 1) * this.hop + this.#fft);
    const begin = first * this.hop - half;
    const [from, to] = [Math.max(0, begin), Math.min(samples.length, begin + own.length)];
    if (to > from) own.set(samples.subarray(from, to), from - begin);
    const at = (i: number): number => samples[i] ?? 0;
    for (let i = begin; i < 0; i++) own[i - begin] = at(-i);
    // Behind the end of all: half a window at most counts, and what is beyond is of frames that are not there.
    for (let i = length; i < Math.min(length + half, begin + own.length); i++)
      own[i - begin] = at(2 * length - 2 - i);
    return own;
  }

  async #compile(): Promise<Plan> {
    const [fft, bins] = [this.#fft, this.#fft / 2 + 1];
    const g = new Graph(this.#device, { label: 'log-mel' });
    const sound = g.input('samples', [1, 1, (this.frames - 1) * this.hop + fft], 'f32');
    const windows = unfold(g, sound, { kernel: [fft], stride: this.hop });
    const constant = (name: string, rows: number, columns: number, data: Float32Array): Tensor =>
      g.constant(name, [rows, columns], data);
    const transform = constant('fourier', 2 * bins, fft, fourier(fft));
    const spectrum = matmul(g, windows, transform, { transposeB: true });
    // The power of a frequency is the sum of both squares: a filter takes as much of one as of the other.
    const filters = melFilters(this.mels, fft, this.sampleRate);
    const both = new Float32Array(2 * filters.length);
    for (let m = 0; m < this.mels; m++) {
      const row = filters.subarray(m * bins, (m + 1) * bins);
      both.set(row, 2 * m * bins);
      both.set(row, (2 * m + 1) * bins);
    }
    const power = multiply(g, spectrum, spectrum);
    const mel = matmul(g, power, constant('mel filters', this.mels, 2 * bins, both), { transposeB: true });
    try {
      return await g.compile({ logs: log(g, mel) });
    } catch (error) {
      this.#plan = null;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    this.#plan?.then((plan) => plan[Symbol.dispose]()).catch(() => {}); // it was told where it was made
  }
}
