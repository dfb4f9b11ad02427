/** Fine-tuning: examples, what is held out, tasks, and a training that ends with the best weights. An entry of its own. */
export { answerExamples, type AnswerColumns } from './answers';
export { readConll, type ReadConllOptions, type TaggedWords } from './conll';
export {
  classExamples,
  describeSkipped,
  pairExamples,
  scoreExamples,
  tagExamples,
  type AnswerExample,
  type ClassColumns,
  type ClassExample,
  type Examples,
  type LabelledExamples,
  type PairExample,
  type ScoreExample,
  type TagExample,
  type TextColumns,
} from './examples';
export {
  defaultRate,
  finetune,
  type FinetuneOptions,
  type FinetuneResult,
  type FinetuneSettings,
} from './finetune';
export { freezeLayers, layerwiseRates } from './layers';
export { noisyCopies, withNoise, type NoiseOptions } from './noise';
export { openFor, type OpenedFor, type OpenForOptions } from './open';
export {
  searchSettings,
  type Choice,
  type SearchOptions,
  type SearchResult,
  type Settings,
  type Trial,
} from './search';
export { folds, holdOut, type HoldOutOptions, type Split, type SplitOptions } from './split';
export {
  readTable,
  type Cell,
  type ReadTableOptions,
  type SkippedRow,
  type Table,
  type TableRow,
} from './table';
export { csvLog, type WriteText } from './tracking/csv_log';
export { eventLog, type EventLogOptions, type WriteBytes } from './tracking/event_log';
export { logged, type Log } from './tracking/log';
export { answering, type AnsweringOptions } from './tasks/answering';
export { classification, type ClassificationOptions } from './tasks/classification';
export { pairing } from './tasks/pairing';
export { regression } from './tasks/regression';
export { tagging, type TaggingOptions } from './tasks/tagging';
export { TASK_ARCHITECTURES } from './tasks/task';
export type { ClassJudgement, Judgement, JudgeOptions, Reading, Task, TaskRows } from './tasks/task';
