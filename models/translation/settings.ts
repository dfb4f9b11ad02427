/** How a translation model is trained: what a caller may choose, the defaults, and what a checkpoint remembers. */
import {
  DataError,
  isSeed,
  SEEDS,
  scheduleOf,
  transformerSchedule,
  type AdamWOptions,
  type Schedule,
} from '../../engine/index';
import type { TextPair } from '../../engine/data';
import { encoderDecoderPresets, type EncoderDecoderConfig } from '../encoder_decoder_config';
import { checkEach, isWhole } from '../option_checks';
import type { PairVocabularyKind } from './pair_vocabulary';
import type { TranslationDataSettings } from './data';

/** What chooses a run's best weights: BLEU, chrF, phoneme or word error rate, or the loss. */
export type TranslationMetric = 'bleu' | 'chrf' | 'per' | 'wer' | 'loss';

/** Names of `encoderDecoderPresets`. */
export type TranslationPreset = keyof typeof encoderDecoderPresets;

/** What a resumed run takes from its checkpoint, but for those of `TranslationRunSettings`. */
export interface TranslationSettings extends TranslationDataSettings {
  /** All but the vocabulary. */
  readonly model: Omit<EncoderDecoderConfig, 'vocabulary' | 'sourceVocabulary' | 'shared'>;
  readonly accumulate: number;
  /** Label smoothing. */
  readonly smoothing: number;
  readonly schedule: Schedule;
  readonly optimizer: AdamWOptions;
  readonly run: TranslationRunSettings;
}

/** What may change when a run is resumed. */
export interface TranslationRunSettings {
  /** Updates in all. */
  readonly steps: number;
  readonly evaluateEvery: number;
  /** Validation pairs that evaluations translate. */
  readonly sample: number;
  /**
   * What the best evaluation is chosen by: see `TranslationScores`, or the validation 'loss'. Where BLEU is 0, which says
   * nothing, chrF chooses in its place; ties are broken by chrF and then the loss. Events say which number chose.
   */
  readonly monitor: TranslationMetric;
  /** Stop when the metric has not improved for this many evaluations; null: never. */
  readonly patience: number | null;
  /**
   * Weights of so many last evaluations are averaged at the end, those before a resumption too; 1: none. Checkpoints
   * grow by half of the weights for each but one: with 5 they are five times the weights, not three.
   */
  readonly average: number;
}

/** Settings of a translation training, each in place of its preset's. */
export interface TranslationSettingsOptions
  extends
    Partial<Omit<TranslationSettings, 'model' | 'run' | 'vocabulary' | 'schedule'>>,
    Partial<TranslationRunSettings> {
  /** Default 'small'. */
  readonly preset?: TranslationPreset;
  /** In place of the preset's numbers. */
  readonly model?: Partial<TranslationSettings['model']>;
  /** Default 'subwords'. */
  readonly kind?: PairVocabularyKind;
  /** Default 8000; less where there are few pairs. */
  readonly vocabularySize?: number;
  readonly minFrequency?: number;
  /** In place of the preset's; a number is a constant learning rate. */
  readonly schedule?: Schedule | number;
  /** Peak learning rate of the default schedule. Default by preset. */
  readonly lr?: number;
  /** Updates of its warm-up. Default a tenth of all, at most 4000. */
  readonly warmup?: number;
}

/** Of `TranslationSettingsOptions`. */
export const KNOWN_SETTINGS: Readonly<Record<keyof TranslationSettingsOptions, true>> = {
  ...{
    preset: true,
    model: true,
    kind: true,
    vocabularySize: true,
    minFrequency: true,
    lr: true,
    warmup: true,
  },
  ...{ validation: true, test: true, apart: true, splitSeed: true, tokens: true, maxLength: true },
  ...{ maxShapes: true, seed: true, accumulate: true, smoothing: true, schedule: true, optimizer: true },
  ...{ steps: true, evaluateEvery: true, sample: true, monitor: true, patience: true, average: true },
};

/** Throws an `EngineError` for numbers that cannot be. What is held out, model and optimizer check themselves. */
function checkSettings({ run, ...settings }: TranslationSettings): TranslationSettings {
  const { lr, warmup = 0 } = settings.schedule;
  const { minFrequency = 1, vocabularySize, kind } = settings.vocabulary;
  const whole = (
    name: string,
    value: unknown,
    from: number,
    todo = `Use a whole number of at least ${from}.`,
  ) => [name, value, isWhole(value, from), todo] as const;
  checkEach('trainTranslation', [
    whole('steps', run.steps, 0),
    whole('evaluateEvery', run.evaluateEvery, 1),
    whole('sample', run.sample, 1),
    whole('average', run.average, 1),
    [
      'patience',
      run.patience,
      run.patience === null || isWhole(run.patience, 1),
      'Use a whole number, or null.',
    ],
    ['validation', settings.validation, settings.validation !== 0, 'Evaluations need some pairs.'],
    whole('tokens', settings.tokens, 2),
    ['lr', lr, Number.isFinite(lr) && lr >= 0, 'Use a finite number of at least 0, such as 3e-4.'],
    ['warmup', warmup, Number.isFinite(warmup) && warmup >= 0, 'Use 0 or more updates.'],
    whole('maxLength', settings.maxLength, 2),
    whole('maxShapes', settings.maxShapes, 1),
    whole('accumulate', settings.accumulate, 1),
    whole('minFrequency', minFrequency, 1),
    [
      'vocabularySize',
      vocabularySize,
      kind !== 'subwords' || isWhole(vocabularySize, 1),
      'Use a whole number.',
    ],
    ['apart', settings.apart, ['source', 'both'].includes(settings.apart), "Use 'source' or 'both'."],
    ['seed', settings.seed, isSeed(settings.seed), SEEDS],
    ['splitSeed', settings.splitSeed, isSeed(settings.splitSeed), SEEDS],
    [
      'smoothing',
      settings.smoothing,
      Number.isFinite(settings.smoothing) && settings.smoothing >= 0 && settings.smoothing < 1,
      'Use a share from 0 to below 1.',
    ],
  ]);
  return { run, ...settings };
}

const PRESETS: Readonly<Record<TranslationPreset, { lr: number; steps: number; tokens: number }>> = {
  tiny: { lr: 3e-3, steps: 5000, tokens: 1024 },
  small: { lr: 2e-3, steps: 20_000, tokens: 4096 },
  base: { lr: transformerSchedule(512).lr, steps: 100_000, tokens: 8192 }, // the paper's 7e-4
};

/** Fills the defaults: the paper's where it has them (§5), sizes by preset, held-out parts by the number of pairs. */
export function completeSettings(
  options: TranslationSettingsOptions,
  pairs: readonly TextPair[],
): TranslationSettings {
  const { preset = 'small', kind = 'subwords', lr, warmup, minFrequency, model } = options;
  if (!Object.hasOwn(encoderDecoderPresets, preset)) {
    const known = Object.keys(encoderDecoderPresets).join(', ');
    throw new DataError('trainTranslation', `unknown preset "${preset as string}"`, `Use one of ${known}.`);
  }
  const base = PRESETS[preset];
  const { steps = base.steps, tokens = base.tokens, seed = 0 } = options;
  const config = { ...encoderDecoderPresets[preset], ...model };
  const characters = pairs.reduce((sum, { source, target }) => sum + source.length + target.length, 0);
  const {
    vocabularySize = Math.min(8000, 300 + Math.floor(characters / 40 / 8) * 8),
    maxLength = Math.min(100, config.context ?? 256),
    evaluateEvery = Math.min(1000, Math.max(1, Math.round(steps / 20))),
  } = options;
  return checkSettings({
    vocabulary: { kind, vocabularySize, minFrequency },
    validation: options.validation ?? Math.max(1, Math.min(1000, Math.round(pairs.length / 20))),
    test: options.test ?? 0,
    apart: options.apart ?? (kind === 'symbols' ? 'source' : 'both'),
    splitSeed: options.splitSeed ?? 0,
    tokens,
    maxLength,
    maxShapes: options.maxShapes ?? (pairs.length < 2000 ? 4 : 16),
    seed,
    model: config,
    accumulate: options.accumulate ?? 1,
    smoothing: options.smoothing ?? 0.1,
    schedule:
      options.schedule === undefined
        ? {
            kind: 'inverse_square_root',
            lr: lr ?? base.lr,
            warmup: warmup ?? Math.min(4000, Math.ceil(steps / 10)),
          }
        : scheduleOf(options.schedule),
    optimizer: { beta2: 0.98, epsilon: 1e-9, weightDecay: 0.01, ...options.optimizer },
    run: {
      steps,
      evaluateEvery,
      sample: options.sample ?? 200,
      patience: options.patience ?? null,
      average: options.average ?? 5,
      monitor: monitorOf(kind, options.monitor),
    },
  });
}

function monitorOf(kind: PairVocabularyKind, wanted?: TranslationMetric): TranslationMetric {
  const known: readonly TranslationMetric[] =
    kind === 'symbols' ? ['per', 'wer', 'loss'] : ['bleu', 'chrf', 'loss'];
  const [usual] = known;
  if (wanted === undefined || known.includes(wanted)) return wanted ?? usual;
  throw new DataError(
    'trainTranslation',
    `monitor is "${wanted}"`,
    `Of ${kind}, use one of ${known.join(', ')}.`,
  );
}

/** As a checkpoint has them: what is no object there would be taken for one. */
function savedSettings(json: string | undefined): TranslationSettings {
  let saved: TranslationSettings | null = null;
  let cause: unknown;
  try {
    saved = JSON.parse(json ?? '') as TranslationSettings | null;
  } catch (error) {
    cause = error;
  }
  const parts = [saved, saved?.vocabulary, saved?.schedule, saved?.run, saved?.optimizer];
  const { kind = 'subwords' } = saved?.vocabulary ?? {};
  if (
    saved &&
    parts.every((part) => typeof part === 'object' && part !== null) &&
    ['subwords', 'symbols', 'characters'].includes(kind)
  ) {
    return saved;
  }
  throw new DataError(
    'trainTranslation',
    'the checkpoint does not say how its training goes on',
    'Resume from a file of optimizer state, not from weights alone.',
    { cause },
  );
}

/** The settings of a checkpoint's extras, with what may change of them. */
export function resumedSettings(
  extras: Readonly<Record<string, string>>,
  { steps, evaluateEvery, sample, patience, average, monitor }: Partial<TranslationRunSettings>,
): TranslationSettings {
  const saved = savedSettings(extras['training']);
  if (monitor !== undefined) monitorOf(saved.vocabulary.kind ?? 'subwords', monitor);
  const changed = { steps, evaluateEvery, sample, patience, average, monitor };
  const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  const run = { ...saved.run, ...given };
  // Planned anew for another number of steps: beyond its end a schedule stays at its lowest rate, often 0.
  const replanned = 'steps' in saved.schedule && run.steps !== saved.run.steps;
  const schedule = replanned ? { ...saved.schedule, steps: run.steps } : saved.schedule;
  return checkSettings({ ...saved, schedule, run });
}
