import type { Device } from '../../engine/index';
import { finetune, holdOut, openFor, readConll, tagExamples, tagging } from '../../models/finetune/index';
import type { ModelFolder } from '../../models/index';
import { TokenTagger, type TaggerModel } from '../../models/tasks/index';

/** Teaches an encoder the tags of a CoNLL file, and finds names in a text. */
export async function tagNames(
  device: Device,
  folder: ModelFolder,
  { file, text, steps = 120 }: { file: Blob; text: string; steps?: number },
) {
  const { labels, examples } = tagExamples('names', await readConll(file));
  const { training, held } = holdOut(examples, { share: 0.2 });
  const task = tagging({ labels });
  using opened = await openFor(folder, task, { device }); // a new head on the encoder
  const { loaded, tokenizer } = opened;
  const settings = { steps, tokens: 384, lr: 1e-3 };
  const { judgement } = await finetune({
    ...{ device, model: loaded.model, tokenizer, task, training, held, ...settings },
  });
  using tagger = new TokenTagger(device, loaded.model as TaggerModel, tokenizer);
  const [names] = await tagger.tag([text], { aggregation: 'first' }); // label, score, text, start, end of each
  return { metrics: judgement!.metrics, names, files: await opened.save() };
}
