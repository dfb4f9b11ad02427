import type { Device } from '../../engine/index';
import { Explainer, faithfulness, type ExplainedModel } from '../../models/explain/index';
import {
  classExamples,
  classification,
  finetune,
  holdOut,
  openFor,
  readTable,
} from '../../models/finetune/index';
import type { ModelFolder } from '../../models/index';

/** Teaches an encoder the labels of a table, and tells which words of a text decided, and whether that is true. */
export async function understand(
  device: Device,
  folder: ModelFolder,
  { table, text, steps = 120 }: { table: Blob; text: string; steps?: number },
) {
  const columns = { text: 'text', label: 'label' };
  const { labels, examples } = classExamples(await readTable(table), columns);
  const { training, held } = holdOut(examples, { share: 0.2 });
  const task = classification({ labels, weights: 'balanced' });
  using opened = await openFor(folder, task, { device }); // a new head on the encoder
  const { loaded, tokenizer } = opened;
  const settings = { steps, tokens: 384, lr: 1e-3 };
  const { judgement } = await finetune({
    ...{ device, model: loaded.model, tokenizer, task, training, held, ...settings },
  });
  using explainer = new Explainer(device, loaded.model as ExplainedModel, tokenizer);
  const { target, tokens } = await explainer.explain(text, { method: 'leaveOneOut' });
  const tested = await faithfulness(
    explainer,
    held.slice(0, 16).map((one) => one.text),
  );
  return { metrics: judgement!.metrics, target, tokens, tested, files: await opened.save() };
}
