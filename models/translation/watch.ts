import type { CheckpointExtras, Device, Monitor, Trainer } from '../../engine/index';
import type { PairBatch, TextPair } from '../../engine/data';
import type { EncoderDecoder } from '../encoder_decoder';
import type { TranslationData } from './data';
import { TranslationModel, translationExtras, type TranslationInfo } from './model';
import { scoreTranslations, spread, type TranslationSample } from './score';
import type { TranslationMetric, TranslationSettings } from './settings';
import { Translator } from './translator';

type Metrics = Readonly<Record<string, number>>;

/** Sentences that evaluations decode at once. */
const DECODED = 16;

/** Decodes validation pairs while a model trains. */
export class TranslationWatch implements Disposable {
  readonly monitor: Monitor;
  samples: readonly TranslationSample[] = [];
  /** The step of the last evaluation. */
  measuredAt = -1;
  readonly #model: EncoderDecoder;
  readonly #data: TranslationData;
  readonly #card: TranslationInfo;
  readonly #pairs: readonly TextPair[];
  readonly #metrics = new Map<number, Metrics>();
  readonly #training: string;
  /** Of BLEU: the same for all that is scored. */
  #signature: string | undefined;
  #live: { readonly trainer: Trainer<PairBatch>; readonly translator: Translator } | null = null;

  constructor(
    model: EncoderDecoder,
    data: TranslationData,
    settings: TranslationSettings,
    card: TranslationInfo,
  ) {
    this.monitor = monitorOf(settings.run.monitor);
    this.#model = model;
    this.#data = data;
    this.#card = card;
    this.#pairs = samplePairs(data, settings.run.sample);
    this.#training = JSON.stringify(settings);
  }

  async measure(trainer: Trainer<PairBatch>, signal?: AbortSignal): Promise<Metrics> {
    if (this.#live?.trainer !== trainer) {
      this.#live?.translator[Symbol.dispose]();
      const parts = { model: this.#model, vocabulary: this.#data.vocabulary, info: this.#card };
      const translator = new Translator(trainer.device, parts, { sentences: DECODED, beams: 1 });
      this.#live = { trainer, translator };
    }
    const { metrics, samples, signature } = await scoreTranslations(this.#live.translator, this.#pairs, {
      signal,
    });
    this.samples = samples;
    this.#signature = signature;
    this.measuredAt = trainer.step;
    this.#metrics.set(trainer.step, metrics);
    return metrics;
  }

  /** What was measured after `step` is forgotten: a run that recovers measures it again. */
  goBack(step: number): void {
    for (const at of this.#metrics.keys()) if (at > step) this.#metrics.delete(at);
    this.measuredAt = Math.max(-1, ...this.#metrics.keys());
  }

  metricsOf(step = this.measuredAt): Metrics | null {
    return this.#metrics.get(step) ?? null;
  }

  /** Other weights on the same pairs. */
  async score(device: Device, weights: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<Metrics> {
    const model = await TranslationModel.open(weights);
    using translator = await Translator.create(device, model, { sentences: DECODED, beams: 1 });
    return (await scoreTranslations(translator, this.#pairs, { signal })).metrics;
  }

  async test(device: Device, weights: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<Metrics> {
    using translator = await Translator.create(device, await TranslationModel.open(weights));
    return (await scoreTranslations(translator, this.#data.test, { mode: 'beam', signal })).metrics;
  }

  /** For the model's card. */
  scored(metrics: Metrics | null, tested: boolean, chosenBy: string | null = null): Partial<TranslationInfo> {
    if (!metrics) return {};
    const { test } = this.#data;
    const scoredOn = tested ? `${test.length} test pairs` : `${this.#pairs.length} validation pairs`;
    return {
      scores: metrics,
      scoredOn,
      ...(this.#signature && { signature: this.#signature }),
      ...(chosenBy && { chosenBy }),
    };
  }

  extras(step: number): CheckpointExtras {
    const info = { ...this.#card, steps: step, ...this.scored(this.metricsOf(), false) };
    return translationExtras(this.#data.vocabulary, info, { training: this.#training });
  }

  [Symbol.dispose](): void {
    this.#live?.translator[Symbol.dispose]();
  }
}

/** What chooses, and what does where that cannot tell. */
function monitorOf(metric: TranslationMetric): Monitor {
  const loss: Monitor = { metric: 'loss', mode: 'min' };
  const chrf: Monitor = { metric: 'chrf', mode: 'max', otherwise: loss };
  if (metric === 'bleu') return { metric, mode: 'max', silentAtZero: true, otherwise: chrf };
  return metric === 'chrf' ? chrf : metric === 'loss' ? loss : { metric, mode: 'min', otherwise: loss };
}

/** All targets of a source stay together: they are references of one translation. */
function samplePairs({ validation, vocabulary }: TranslationData, count: number): TextPair[] {
  if (vocabulary.kind !== 'symbols') return spread(validation, count);
  const sources = new Set(spread([...new Set(validation.map(({ source }) => source))], count));
  return validation.filter(({ source }) => sources.has(source));
}
