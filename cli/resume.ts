/** What a resumed run takes from its checkpoint: options that say otherwise are refused, not passed over. */
import type { CheckpointInfo } from '../engine/index';
import { encoderDecoderPresets } from '../models/index';
import type { TranslationSettings } from '../models/translation/index';
import { resumedSettings } from '../models/translation/settings';
import { flag, SETTLED, UsageError } from './options';
import type { TrainArguments } from './train';

type Saved = TranslationSettings & { readonly config: CheckpointInfo['config'] };

const FOUND: Readonly<Record<(typeof SETTLED)[number], (saved: Saved) => unknown>> = {
  task: ({ vocabulary }) => (vocabulary.kind === 'symbols' ? 'phonemes' : 'translate'),
  preset: ({ config }) => presetOf(config) ?? 'of another size',
  tokens: ({ tokens }) => tokens,
  accumulate: ({ accumulate }) => accumulate,
  vocabulary: ({ vocabulary }) => vocabulary.vocabularySize,
  maxLength: ({ maxLength }) => maxLength,
  lr: ({ schedule }) => schedule.lr,
  warmup: ({ schedule }) => schedule.warmup,
  schedule: ({ schedule }) => schedule.kind,
  dropout: ({ config }) => config['dropout'],
  smoothing: ({ smoothing }) => smoothing,
  seed: ({ seed }) => seed,
  validation: ({ validation }) => validation,
  test: ({ test }) => test,
};

/** Throws a UsageError that names every option which is not as the checkpoint has it. */
export function refuseOtherSettings(
  args: Partial<TrainArguments>,
  { extras, config }: Pick<CheckpointInfo, 'extras' | 'config'>,
): void {
  if (extras['training'] === undefined) return; // weights alone, which whoever resumes says
  const saved: Saved = { ...resumedSettings(extras, {}), config };
  const other = SETTLED.filter((name) => args[name] !== undefined && args[name] !== FOUND[name](saved));
  if (other.length === 0) return;
  const list = other.map((name) => `${flag(name)} ${String(FOUND[name](saved))}, not ${args[name]}`);
  throw new UsageError(
    '--resume',
    `the training was begun with ${list.join('; ')}`,
    'Leave these out, or begin anew (--overwrite). What may change when a training goes on: train --help.',
  );
}

function presetOf(config: CheckpointInfo['config']): string | undefined {
  return Object.entries(encoderDecoderPresets).find(([, preset]) =>
    Object.entries(preset).every(([key, value]) => config[key] === value),
  )?.[0];
}
