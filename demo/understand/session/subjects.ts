/** What an encoder can be taught: how examples of each task are read, learnt from and judged. */
import {
  answering,
  classification,
  tagging,
  type AnswerExample,
  type ClassExample,
  type Judgement,
  type TagExample,
  type Task,
} from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { readAskLesson } from './ask-lesson';
import { Answerer, ASK_LENGTH } from './answerer';
import { readClassLesson } from './class-lesson';
import { Classifier } from './classifier';
import type { OpenOptions } from './encoder';
import type { ReadLesson } from './lesson';
import type { Choices, ExampleSource, Lessons, Mistakes, TaskName } from './protocol';
import type { Pupil } from './pupil';
import { readTagLesson } from './tag-lesson';
import { Tagger } from './tagger';

export interface Subject<T extends TaskName, E extends object, P extends Pupil> {
  readonly name: T;
  /** Tokens of a batch, and of a text at most. */
  readonly tokens: number;
  readonly length: number;
  /** What of a judgement is told of a model that is kept. */
  readonly score: (judgement: Judgement) => number | null;
  readonly read: (source: ExampleSource, choice: Choices[T] | null) => Promise<ReadLesson<Lessons[T], E>>;
  readonly task: (labels: readonly string[]) => Task<E>;
  /** `labels`: of a head that is to learn; null for a checkpoint that has its own. */
  readonly open: (folder: ModelFolder, labels: readonly string[] | null, options: OpenOptions) => Promise<P>;
  readonly mistakes: (pupil: P, held: readonly E[], signal: AbortSignal) => Promise<readonly Mistakes[T][]>;
}

export const CLASSIFY: Subject<'classify', ClassExample, Classifier> = {
  ...{ name: 'classify', tokens: 384, length: 128 },
  score: ({ metrics }) => metrics.macroF1,
  read: readClassLesson,
  task: (labels) => classification({ labels, weights: 'balanced' }),
  open: (folder, labels, options) => Classifier.open(folder, labels, options),
  mistakes: (pupil, held, signal) =>
    pupil.mistakes(
      held.map(({ text, label }) => ({ text, label: pupil.labels[label as number] })),
      signal,
    ),
};

export const TAG: Subject<'tag', TagExample, Tagger> = {
  ...{ name: 'tag', tokens: 384, length: 128 },
  score: ({ metrics }) => metrics.spanF1 ?? metrics.macroF1,
  read: (source) => readTagLesson(source),
  task: (labels) => tagging({ labels }),
  open: (folder, labels, options) => Tagger.open(folder, labels, options),
  mistakes: (pupil, held, signal) => pupil.mistakes(held, signal),
};

export const ASK: Subject<'ask', AnswerExample, Answerer> = {
  ...{ name: 'ask', tokens: 512, length: ASK_LENGTH },
  score: ({ metrics }) => metrics.f1,
  read: readAskLesson,
  task: () => answering(),
  open: (folder, labels, options) => Answerer.open(folder, labels !== null, options),
  mistakes: (pupil, held, signal) => pupil.mistakes(held, signal),
};
