import type { Device } from '../../engine/index';
import {
  answerExamples,
  answering,
  finetune,
  holdOut,
  openFor,
  readTable,
} from '../../models/finetune/index';
import type { ModelFolder } from '../../models/index';
import { QuestionAnswerer, type SpanModel } from '../../models/tasks/index';

/** Teaches an encoder questions with answers in their texts, and asks a text. */
export async function askText(
  device: Device,
  folder: ModelFolder,
  { file, question, context, steps = 400 }: { file: Blob; question: string; context: string; steps?: number },
) {
  const columns = { context: 'context', question: 'question', answer: 'answers' };
  const { examples, skipped } = answerExamples(await readTable(file), columns); // a table, or SQuAD's JSON
  const { training, held } = holdOut(examples, { share: 0.2 }); // all questions on a text on one side
  const task = answering();
  using opened = await openFor(folder, task, { device });
  const { loaded, tokenizer } = opened;
  const settings = { steps, tokens: 512, lr: 2e-3 };
  const { judgement } = await finetune({
    ...{ device, model: loaded.model, tokenizer, task, training, held, ...settings },
  });
  using answerer = new QuestionAnswerer(device, loaded.model as SpanModel, tokenizer);
  const [answers] = await answerer.answer([{ question, context }], { topK: 3 }); // long texts in windows
  return { metrics: judgement!.metrics, answers, skipped, files: await opened.save() };
}
