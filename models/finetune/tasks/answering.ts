import {
  DataError,
  expectOptions,
  span,
  windowsOf,
  type AnsweredText,
  type Encoding,
} from '../../../engine/index';
import { AnswerF1 } from '../../../engine/metrics/index';
import { QuestionAnswerer, type SpanModel } from '../../tasks/question_answerer';
import type { AnswerExample } from '../examples';
import { TASK_ARCHITECTURES, type Task } from './task';

/** How long answers are, and how long texts are read. */
export interface AnsweringOptions {
  /** The longest answer that is told, in tokens. Default 30, as Transformers' script for SQuAD. */
  readonly maxAnswer?: number;
  /** Tokens that windows of a long text share. Default a quarter of their length. */
  readonly stride?: number;
}

/**
 * Answers that stand in a text, which is read in windows where it is long. Where a window does not hold the answer, or there is none, its first token
 * is the answer, as of SQuAD 2. Judged by exact match and F1 of words as SQuAD's script does; the best has the highest F1.
 */
export function answering(options: AnsweringOptions = {}): Task<AnswerExample, AnsweredText> {
  const { maxAnswer = 30, stride } = options;
  expectOptions('answering', options, { maxAnswer, stride });
  const strideOf = (maxLength: number): number => stride ?? Math.floor(maxLength / 4);
  return {
    name: 'answer',
    classes: TASK_ARCHITECTURES.answer,
    head: {},
    monitor: { metric: 'f1', mode: 'max', otherwise: { metric: 'loss', mode: 'min' } },
    rows: (examples, { tokenizer, maxLength, segments: segmented = false }) => {
      let long = 0;
      const rows = examples.flatMap(({ question, context, answers, row }): AnsweredText[] => {
        const how = { pair: context, maxLength, stride: strideOf(maxLength) };
        let windows: Encoding[];
        try {
          windows = windowsOf(tokenizer, question, how);
        } catch (cause) {
          if (!(cause instanceof DataError)) throw cause;
          throw new DataError('answering', `row ${row}: ${cause.what}`, cause.todo, { cause });
        }
        if (windows.length > 1) long++;
        return windows.map((window) => {
          const { ids, segments } = window;
          const [start, end] = placeOf(window, answers[0] ?? null);
          return { ids, ...(segmented && { segments }), start, end };
        });
      });
      return { rows, long };
    },
    objective: (batches) => span(batches),
    judge: async ({ device, model, tokenizer, maxLength }, examples, judging = {}) => {
      using answerer = new QuestionAnswerer(device, model as SpanModel, tokenizer);
      const impossible = examples.some(({ answers }) => answers.length === 0);
      const most = { maxAnswer: Math.min(maxAnswer, maxLength), impossible };
      const how = { ...most, maxLength, stride: strideOf(maxLength), ...judging };
      const told = await answerer.answer(examples, how);
      const counts = new AnswerF1();
      for (const [i, { answers }] of examples.entries()) {
        const right = answers.length > 0 ? answers.map(({ text }) => text) : [''];
        counts.add(told[i][0]?.text ?? '', right);
      }
      const { f1, exactMatch } = counts.result();
      return { metrics: { f1, exactMatch }, classes: null, confusion: null };
    },
  };
}

/** First and last token of an answer; the first token of all where it is not wholly in the window. */
function placeOf(
  { texts, offsets }: Encoding,
  answer: AnswerExample['answers'][number] | null,
): readonly [number, number] {
  if (!answer) return [0, 0];
  const [from, to] = [answer.start, answer.start + answer.text.length];
  const own = [...texts.keys()].filter((at) => texts[at] === 1);
  const start = own.find((at) => offsets[2 * at + 1] > from) ?? -1;
  const end = own.findLast((at) => offsets[2 * at] < to) ?? -1;
  const whole =
    start >= 0 && end >= start && offsets[2 * own[0]] <= from && offsets[2 * own.at(-1)! + 1] >= to;
  return whole ? [start, end] : [0, 0];
}
