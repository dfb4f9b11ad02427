import type { Device } from '../../engine/index';
import type { ModelFolder } from '../../models/index';
import {
  classExamples,
  classification,
  csvLog,
  describeSkipped,
  finetune,
  holdOut,
  logged,
  openFor,
  readTable,
} from '../../models/finetune/index';

/** Teaches a checkpoint the labels of a table, and tells how well it does on a fifth of the rows that it has not seen. */
export async function learnLabels(device: Device, folder: ModelFolder, file: Blob | string) {
  const table = await readTable(file); // CSV, TSV or lines of JSON
  const { labels, examples, skipped } = classExamples(table, { text: 'text', label: 'label' });
  const { training, held } = holdOut(examples, { share: 0.2 }); // stratified, near-duplicates on one side
  const task = classification({ labels, weights: 'balanced' });
  using opened = await openFor(folder, task, { device }); // a new head, where it has none for these labels
  const { loaded, tokenizer } = opened;
  let course = '';
  const { judgement, best } = await finetune({
    ...{ device, model: loaded.model, tokenizer, task, training, held },
    ...{ lr: 3e-3, epochs: 8, tokens: 256, patience: 6 },
    onEvent: logged(csvLog((lines) => (course += lines))), // or eventLog, which TensorBoard opens
  });
  // The model has the best weights: use it, or give it back to PyTorch.
  const files = await opened.save();
  return { metrics: judgement!.metrics, best, skipped: describeSkipped(skipped), course, files };
}
