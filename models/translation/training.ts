/** From pairs of texts to a model that translates: one function for the page and for the command line. */
import {
  AdamW,
  averageWeights,
  checkpointInfo,
  countParameters,
  DataError,
  Run,
  openSafetensors,
  throwIfAborted,
  type Device,
  type FitEvent,
  type FitResult,
  type PauseSwitch,
} from '../../engine/index';
import { pairObjective, type PairBatch, type TextPair } from '../../engine/data';
import { EncoderDecoder, type EncoderDecoderConfig } from '../encoder_decoder';
import { PairVocabulary } from './pair_vocabulary';
import { prepareTranslationData, type TranslationDataReport } from './data';
import { translationWeights, type TranslationInfo } from './model';
import type { TranslationSample } from './score';
import {
  completeSettings,
  resumedSettings,
  type TranslationSettings,
  type TranslationSettingsOptions,
} from './settings';
import { TranslationWatch } from './watch';

export type TranslationEvent =
  | Exclude<FitEvent, { kind: 'evaluation' }>
  /** With what became of the sample of validation pairs. */
  | (Extract<FitEvent, { kind: 'evaluation' }> & { readonly samples: readonly TranslationSample[] })
  | {
      readonly kind: 'progress';
      readonly phase: 'vocabulary' | 'encode' | 'compile';
      readonly done: number;
      readonly total: number | null;
    }
  /** Before the first step. `step` is above 0 where a run is resumed. */
  | {
      readonly kind: 'ready';
      readonly step: number;
      readonly report: TranslationDataReport;
      readonly settings: TranslationSettings;
      readonly parameters: number;
    }
  /** The mean of the last weights, scored as evaluations are. */
  | { readonly kind: 'average'; readonly of: number; readonly metrics: Metrics; readonly best: boolean }
  /** The final weights on the pairs held out for the test, with beam search. */
  | { readonly kind: 'test'; readonly pairs: number; readonly metrics: Metrics };

type Metrics = Readonly<Record<string, number>>;

export interface TranslationTrainingOptions extends TranslationSettingsOptions {
  readonly device: Device;
  /** As they were, where a run is resumed. */
  readonly pairs: readonly TextPair[];
  /** For the model's card. */
  readonly info?: Partial<TranslationInfo>;
  /** In place of one learnt from the pairs. */
  readonly vocabulary?: PairVocabulary;
  /**
   * A checkpoint of this run, which goes on with the losses that it would have had. All settings are taken from it but
   * steps, evaluateEvery, sample, patience, average and monitor.
   */
  readonly resume?: Uint8Array<ArrayBuffer>;
  /** Ends the run in order: its last checkpoint is of the step where it stopped. */
  readonly signal?: AbortSignal;
  readonly pause?: PauseSwitch;
  /** Awaited. */
  readonly onEvent?: (event: TranslationEvent) => unknown;
  /** Updates between checkpoints. Default: at evaluations. */
  readonly checkpointEvery?: number;
  /** Opens a device when the present one is lost. */
  readonly reopen?: () => Promise<Device>;
}

export interface TranslationTrainingResult extends FitResult {
  /** The run as it ended: to resume it. */
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  /** Weights to translate with, F32: see `translationWeights`. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** Which these are: of this session's best evaluation, the mean of the last ones, or the last where none was best. */
  readonly chosen: 'best' | 'average' | 'last';
  /** Of these weights: on the test pairs if there are, else on the sample of validation pairs; null if never measured. */
  readonly metrics: Metrics | null;
}

/**
 * Trains a translation model: splits the pairs, learns a vocabulary, and minimises the smoothed cross-entropy of targets
 * (Vaswani et al. 2017, §5), watched by BLEU, or by phoneme error rate where targets are symbols, of a sample of
 * validation pairs. `signal` ends it in order, with everything needed to resume.
 *
 * Throws a DataError for pairs that cannot be trained on, or that are not those of the checkpoint.
 */
export async function trainTranslation(
  options: TranslationTrainingOptions,
): Promise<TranslationTrainingResult> {
  const { device, pairs, resume, signal, onEvent } = options;
  throwIfAborted(signal);
  const saved = resume ? await checkpointInfo(resume) : null;
  const settings = saved ? resumedSettings(saved.extras, options) : completeSettings(options, pairs);
  const vocabulary = saved ? await PairVocabulary.fromJson(saved.extras['vocabulary']) : options.vocabulary;
  const data = await prepareTranslationData(pairs, settings, {
    vocabulary: vocabulary ?? null,
    ...(signal && { signal }),
    onProgress: (phase, done, total) => onEvent?.({ kind: 'progress', phase, done, total }),
  });
  const trainedOn = saved?.objective['pairs'];
  if (trainedOn !== undefined && trainedOn !== data.batches.fingerprint) {
    throw new DataError(
      'trainTranslation',
      `these ${pairs.length} pairs make batches ${data.batches.fingerprint}, but the checkpoint was trained on ${trainedOn}`,
      'Give the same pairs in the same order.',
    );
  }
  const config = (saved?.config ?? {
    ...settings.model,
    ...data.vocabulary.embedding,
  }) as unknown as EncoderDecoderConfig;
  const model = new EncoderDecoder(config);
  const savedInfo = saved ? (JSON.parse(saved.extras['info'] ?? '{}') as Partial<TranslationInfo>) : {};
  const card: TranslationInfo = {
    title: 'Translation',
    ...savedInfo,
    ...options.info,
    adapter: describeAdapter(device),
    longest: data.longest,
  };
  const watch = new TranslationWatch(model, data, settings, card);

  using run = await Run.create<PairBatch>({
    device,
    model,
    objective: pairObjective(model, data.batches, { smoothing: settings.smoothing }),
    optimizer: new AdamW(saved?.optimizer ?? settings.optimizer),
    schedule: settings.schedule,
    accumulate: settings.accumulate,
    seed: settings.seed,
    ...(signal && { signal }),
    onProgress: (done, total) => onEvent?.({ kind: 'progress', phase: 'compile', done, total }),
  });
  using _ = watch; // before the run's weights
  if (resume) await run.load(resume);
  await onEvent?.({
    kind: 'ready',
    step: run.trainer.step,
    report: data.report,
    settings,
    parameters: countParameters(model),
  });

  const { steps, evaluateEvery, patience, average } = settings.run;
  const fitted = await run.fit({
    steps,
    batches: (micro) => data.batches.at(micro),
    ...(data.validationBatches.length > 0 && { validation: data.validationBatches }),
    measure: (trainer) => watch.measure(trainer, signal),
    monitor: watch.monitor,
    evaluateEvery,
    ...(patience !== null && { patience }),
    keepBest: true,
    keepLast: average,
    ...(options.checkpointEvery !== undefined && { checkpointEvery: options.checkpointEvery }),
    extras: () => watch.extras(run.trainer.step),
    ...(signal && { signal }),
    ...(options.pause && { pause: options.pause }),
    ...(options.reopen && { reopen: options.reopen }),
    onEvent: (event) => onEvent?.(event.kind === 'evaluation' ? { ...event, samples: watch.samples } : event),
  });

  const checkpoint =
    run.checkpoint?.step === run.trainer.step
      ? run.checkpoint.bytes
      : await run.save(watch.extras(run.trainer.step));
  // BLEU is 0 before anything is right: the first such evaluation is not better than later ones.
  const result = {
    ...fitted,
    best: watch.monitor.mode === 'max' && fitted.best?.value === 0 ? null : fitted.best,
  };
  const kept = result.best && run.best;

  let chosen: TranslationTrainingResult['chosen'] = kept ? 'best' : 'last';
  let weights = await averageWeights([kept?.bytes ?? checkpoint]);
  let metrics: Metrics | null =
    kept || watch.measuredAt === run.trainer.step ? watch.metricsOf(kept?.step) : null;
  let tested = false;
  try {
    const { metric, mode } = watch.monitor;
    const mean = signal?.aborted ? null : await run.average();
    if (mean) {
      let scores = await watch.score(run.trainer.device, mean.bytes, signal);
      if (metric === 'loss') {
        await run.trainer.store.load(await openSafetensors(mean.bytes)); // the run is saved: nobody goes on from it here
        scores = { ...scores, loss: await run.trainer.evaluate(data.validationBatches) };
      }
      const before = result.best?.value ?? NaN;
      const best = mode === 'max' ? !(scores[metric] <= before) : !(scores[metric] >= before);
      if (best) [weights, metrics, chosen] = [mean.bytes, scores, 'average'];
      await onEvent?.({ kind: 'average', of: mean.steps.length, metrics: scores, best });
    }
    if (data.test.length > 0 && !signal?.aborted) {
      metrics = await watch.test(run.trainer.device, weights, signal);
      tested = true;
      await onEvent?.({ kind: 'test', pairs: data.test.length, metrics });
    }
  } catch (error) {
    if (!signal?.aborted) throw error; // what was trained is not lost
  }
  const info = { steps: run.trainer.step, ...watch.scored(metrics, tested) };
  return {
    ...result,
    checkpoint,
    weights: await translationWeights(weights, { dtype: 'F32', info }),
    chosen,
    metrics,
  };
}

function describeAdapter({ info }: Device): string {
  return info.description || `${info.vendor} ${info.architecture}`.trim();
}
