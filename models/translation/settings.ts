/** How a translation model is trained: what a caller may choose, the defaults, and what a checkpoint remembers. */
import { DataError, transformerSchedule, type AdamWOptions, type Schedule } from '../../engine/index';
import type { TextPair } from '../../engine/data';
import { encoderDecoderPresets, type EncoderDecoderConfig } from '../encoder_decoder_config';
import type { PairVocabularyKind } from './pair_vocabulary';
import type { TranslationDataSettings } from './data';

export type TranslationMetric = 'bleu' | 'chrf' | 'per' | 'wer' | 'loss';

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
  /** What the best evaluation is chosen by: see `TranslationScores`, or the validation 'loss'. */
  readonly monitor: TranslationMetric;
  /** Stop when the metric has not improved for this many evaluations; null: never. */
  readonly patience: number | null;
  /**
   * Weights of so many last evaluations are averaged at the end, those before a resumption too; 1: none. Checkpoints
   * grow by half of the weights for each but one: with 5 they are five times the weights, not three.
   */
  readonly average: number;
}

export interface TranslationSettingsOptions
  extends
    Partial<Omit<TranslationSettings, 'model' | 'run' | 'vocabulary'>>,
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
  /** Peak learning rate of the default schedule. Default by preset. */
  readonly lr?: number;
  /** Updates of its warm-up. Default a tenth of all, at most 4000. */
  readonly warmup?: number;
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
  return {
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
    schedule: options.schedule ?? {
      kind: 'inverse_square_root',
      lr: lr ?? base.lr,
      warmup: warmup ?? Math.min(4000, Math.ceil(steps / 10)),
    },
    optimizer: { beta2: 0.98, epsilon: 1e-9, weightDecay: 0.01, ...options.optimizer },
    run: {
      steps,
      evaluateEvery,
      sample: options.sample ?? 200,
      patience: options.patience ?? null,
      average: options.average ?? 5,
      monitor: monitorOf(kind, options.monitor),
    },
  };
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

/** The settings of a checkpoint's extras, with what may change of them. */
export function resumedSettings(
  extras: Readonly<Record<string, string>>,
  { steps, evaluateEvery, sample, patience, average, monitor }: Partial<TranslationRunSettings>,
): TranslationSettings {
  let saved: TranslationSettings;
  try {
    saved = JSON.parse(extras['training']) as TranslationSettings;
  } catch (cause) {
    throw new DataError(
      'trainTranslation',
      'the checkpoint does not say how its training goes on',
      'Resume from a file of optimizer state, not from weights alone.',
      { cause },
    );
  }
  if (monitor !== undefined) monitorOf(saved.vocabulary.kind ?? 'subwords', monitor);
  const changed = { steps, evaluateEvery, sample, patience, average, monitor };
  const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  const run = { ...saved.run, ...given };
  // Planned anew for another number of steps: beyond its end a schedule stays at its lowest rate, often 0.
  const replanned = 'steps' in saved.schedule && run.steps !== saved.run.steps;
  const schedule = replanned ? { ...saved.schedule, steps: run.steps } : saved.schedule;
  return { ...saved, schedule, run };
}
