import type { Device } from '../../engine/index';
import type { ModelFolder } from '../../models/index';
import {
  finetune,
  openFor,
  searchSettings,
  type ClassExample,
  type FinetuneSettings,
  type Split,
  type Task,
  type Trial,
} from '../../models/finetune/index';

/** Tries settings of a fine-tuning for ten minutes, most of them for an epoch only, and gives the best. */
export async function searched(
  device: Device,
  folder: ModelFolder,
  task: Task<ClassExample>,
  { training, held }: Split<ClassExample>,
) {
  let table: readonly Trial[] = []; // keep it, and a search that was cut short goes on by `resume`
  const { best } = await searchSettings({
    space: {
      lr: { from: 1e-4, to: 1e-2, scale: 'log' },
      tokens: [128, 256],
      freeze: { from: 0, to: 1, whole: true },
    },
    ...{ trials: 6, budget: 3, minutes: 10 },
    evaluate: async (settings, epochs, signal) => {
      using opened = await openFor(folder, task, { device });
      const { loaded, tokenizer } = opened;
      const chosen = settings as FinetuneSettings;
      const { judgement } = await finetune({
        ...{ device, model: loaded.model, tokenizer, task, training, held, ...chosen, epochs },
        ...(signal && { signal }),
      });
      return judgement!.metrics.macroF1;
    },
    onTrial: (trials) => (table = trials),
  });
  return { best, table };
}
