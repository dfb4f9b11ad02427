/** From pairs of texts to a model that translates: one function for the page and for the command line. */
import {
  AdamW,
  averageWeights,
  checkpointInfo,
  countParameters,
  DataError,
  expectOptions,
  judge,
  Run,
  openSafetensors,
  throwIfAborted,
  type CheckpointExtras,
  type Device,
  type FitEvent,
  type FitResult,
  type PauseSwitch,
  type RecoveryOptions,
} from '../../engine/index';
import { pairs as pairsObjective, type PairBatch, type TextPair } from '../../engine/data';
import { EncoderDecoder, type EncoderDecoderConfig } from '../encoder_decoder';
import { checkEach, isWhole } from '../option_checks';
import { PairVocabulary } from './pair_vocabulary';
import { prepareTranslationData, type TranslationDataReport } from './data';
import { canonicalInfo, savedInfo, translationWeights, type TranslationInfo } from './model';
import type { TranslationSample } from './score';
import {
  completeSettings,
  KNOWN_SETTINGS,
  resumedSettings,
  type TranslationSettings,
  type TranslationSettingsOptions,
} from './settings';
import { TranslationWatch } from './watch';

/** What `trainTranslation` tells while it works. */
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
  /** The mean of the last weights, scored as evaluations are; better than the best of them, or not, by the number `by`. */
  | {
      readonly kind: 'average';
      readonly of: number;
      readonly metrics: Metrics;
      readonly best: boolean;
      readonly by: string;
    }
  /** The final weights on the pairs held out for the test, with beam search. */
  | { readonly kind: 'test'; readonly pairs: number; readonly metrics: Metrics };

type Metrics = Readonly<Record<string, number>>;

/** Pairs, device, settings and callbacks of `trainTranslation`. */
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
  /** Opens a device when the present one is lost, at whatever moment. */
  readonly reopen?: RecoveryOptions['reopen'];
  readonly reopenPauses?: RecoveryOptions['reopenPauses'];
}

const KNOWN: Readonly<Record<keyof TranslationTrainingOptions, true>> = {
  ...{
    ...KNOWN_SETTINGS,
    device: true,
    pairs: true,
    info: true,
    vocabulary: true,
    resume: true,
    signal: true,
  },
  ...{ pause: true, onEvent: true, checkpointEvery: true, reopen: true, reopenPauses: true },
};

/** What `trainTranslation` ends with: the run to resume, and weights to translate with. */
export interface TranslationTrainingResult extends FitResult {
  /** The run as it ended: to resume it. */
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  /** Weights to translate with, F32: see `translationWeights`. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** Which these are: of this session's best evaluation, the mean of the last ones, or the last where none was best. */
  readonly chosen: 'best' | 'average' | 'last';
  /** The number that chose them: the monitored one, or what stands in for it; null for the last. */
  readonly chosenBy: string | null;
  /** Of these weights: on the test pairs if there are, else on the sample of validation pairs; null if never measured. */
  readonly metrics: Metrics | null;
}

/**
 * Trains a translation model: splits the pairs, learns a vocabulary, and minimises the smoothed cross-entropy of targets
 * (Vaswani et al. 2017, §5), watched by BLEU, or by phoneme error rate where targets are symbols, of a sample of
 * validation pairs. `signal` ends it in order, with everything needed to resume.
 *
 * Throws a DataError for pairs that cannot be trained on, or that are not those of the checkpoint, and an EngineError for
 * options that are unknown or out of range.
 */
export async function trainTranslation(
  options: TranslationTrainingOptions,
): Promise<TranslationTrainingResult> {
  expectOptions('trainTranslation', options, KNOWN);
  const { device, pairs, resume, signal, onEvent, checkpointEvery } = options;
  const every = checkpointEvery === undefined || isWhole(checkpointEvery, 1);
  checkEach('trainTranslation', [
    ['checkpointEvery', checkpointEvery, every, 'Use a whole number of updates.'],
  ]);
  const all: unknown = pairs;
  const isPair = (pair: unknown): boolean =>
    ['source', 'target'].every((side) => typeof (Object(pair) as Record<string, unknown>)[side] === 'string');
  const wrong = Array.isArray(all) ? all.findIndex((pair) => !isPair(pair)) : 0;
  if (wrong >= 0) {
    throw new DataError(
      'trainTranslation',
      `pair ${wrong} is none`,
      'Give a list of { source, target } texts.',
    );
  }
  throwIfAborted(signal);
  const given = canonicalInfo(options.info ?? {});
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
  const card: TranslationInfo = {
    title: 'Translation',
    ...(saved && savedInfo(saved.extras['info'] ?? '{}')),
    ...given,
    adapter: describeAdapter(device),
    longest: data.longest,
  };
  const watch = new TranslationWatch(model, data, settings, card);

  using run = await Run.create({
    device,
    model,
    objective: pairsObjective(data.batches, { smoothing: settings.smoothing }),
    optimizer: new AdamW(saved?.optimizer ?? settings.optimizer),
    schedule: settings.schedule,
    accumulate: settings.accumulate,
    seed: settings.seed,
    init: resume ? 'none' : 'random',
    ...(signal && { signal }),
    onProgress: (done, total) => onEvent?.({ kind: 'progress', phase: 'compile', done, total }),
    ...(options.reopen && { reopen: options.reopen }),
    ...(options.reopenPauses && { reopenPauses: options.reopenPauses }),
  });
  using _ = watch; // before the run's weights
  const tell = (event: FitEvent): unknown => {
    if (event.kind === 'recovered') watch.goBack(event.step);
    return onEvent?.(event.kind === 'evaluation' ? { ...event, samples: watch.samples } : event);
  };
  const survive = <T>(work: () => Promise<T>): Promise<T> =>
    run.survive(work, {
      ...(signal && { signal }),
      onRecovered: (step) => tell({ kind: 'recovered', step }),
    });
  if (resume) await survive(() => run.load(resume));
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
    onEvent: tell,
  });

  const { step, bytes: checkpoint } = await lastState(run, fitted.step, () => watch.extras(fitted.step));
  // Where nothing was right in any evaluation, the first is not better than the last.
  const { best: first } = fitted;
  const { monitor } = watch;
  const by = first?.by ?? monitor.metric;
  const nothing = first !== null && by !== 'loss' && monitor.mode === 'max' && first.metrics?.[by] === 0;
  const result = { ...fitted, step, best: nothing ? null : first };
  const kept = result.best && run.best;

  let chosen: TranslationTrainingResult['chosen'] = kept ? 'best' : 'last';
  let chosenBy = kept ? by : null;
  let weights = await averageWeights([kept?.bytes ?? checkpoint]);
  let metrics: Metrics | null = kept || watch.measuredAt === step ? watch.metricsOf(kept?.step) : null;
  let tested = false;
  try {
    const mean = signal?.aborted ? null : await run.average();
    if (mean) {
      const scores = await survive(async () => {
        const decoded = await watch.score(run.trainer.device, mean.bytes, signal);
        if (monitor.metric !== 'loss') return decoded;
        await run.trainer.store.load(await openSafetensors(mean.bytes));
        const loss = await run.trainer.evaluate(data.validationBatches);
        await run.load(checkpoint); // the run's own weights, to recover to
        return { ...decoded, loss };
      });
      const { best: before } = result;
      const numbers = before && { ...before.metrics, [monitor.metric]: before.value };
      const judged = judge(monitor, scores, numbers);
      if (judged.better) [weights, metrics, chosen, chosenBy] = [mean.bytes, scores, 'average', judged.by];
      await onEvent?.({
        kind: 'average',
        of: mean.steps.length,
        metrics: scores,
        best: judged.better,
        by: judged.by,
      });
    }
    if (data.test.length > 0 && !signal?.aborted) {
      const chosenWeights = weights;
      metrics = await survive(() => watch.test(run.trainer.device, chosenWeights, signal));
      tested = true;
      await onEvent?.({ kind: 'test', pairs: data.test.length, metrics });
    }
  } catch (error) {
    if (!signal?.aborted) throw error; // what was trained is not lost
  }
  const info = { steps: step, ...watch.scored(metrics, tested, chosenBy) };
  return {
    ...result,
    checkpoint,
    weights: await translationWeights(weights, { dtype: 'F32', info }),
    chosen,
    chosenBy,
    metrics,
  };
}

/** The run as it ended; of one that was aborted and lost its device meanwhile, the last that is left of it. */
async function lastState(
  run: Run<PairBatch>,
  step: number,
  extras: () => CheckpointExtras,
): Promise<{ readonly step: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const { checkpoint } = run;
  if (checkpoint?.step === step) return checkpoint;
  try {
    return { step, bytes: await run.save(extras()) };
  } catch (error) {
    if (!checkpoint || !(await run.trainer.device.loss())) throw error;
    return checkpoint;
  }
}

function describeAdapter({ info }: Device): string {
  return info.description || `${info.vendor} ${info.architecture}`.trim();
}
