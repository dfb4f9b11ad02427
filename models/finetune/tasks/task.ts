import type {
  Device,
  IdText,
  Monitor,
  Objective,
  TextBatch,
  TextBatches,
  Tokenizer,
} from '../../../engine/index';
import type { Json } from '../../pretrained_config';

/** What examples become tokens by. */
export interface Reading {
  readonly tokenizer: Tokenizer;
  /** The most tokens of a row, special ones included. */
  readonly maxLength: number;
  /** Whether the model tells segments apart, so that rows must have them. Default false. */
  readonly segments?: boolean;
}

/** Rows for `TextBatches`, and how many examples were longer than a row. */
export interface TaskRows<R> {
  readonly rows: readonly R[];
  /** Texts that were cut at their end, or read in several windows. */
  readonly long: number;
}

/** How well a model does on examples. */
export interface Judgement {
  readonly metrics: Readonly<Record<string, number>>;
  /** Of classes or kinds, by their names. */
  readonly classes: Readonly<Record<string, ClassJudgement>> | null;
  /** Row: the class that a text is of, column: the one that it was taken for. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/** How well one class was told: shares from 0 to 1, and how many examples are of it. */
export interface ClassJudgement {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

/** How judging is ended, and tells of its work. */
export interface JudgeOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Architectures that do a task, as Transformers calls them. */
export const TASK_ARCHITECTURES = {
  classify: /ForSequenceClassification$/,
  regress: /ForSequenceClassification$/,
  tag: /ForTokenClassification$/,
  answer: /ForQuestionAnswering$/,
  embed: /Model$/,
} as const;

/** What is fine-tuned: how examples become rows, what is minimised, and how it is judged. */
export interface Task<E extends object, R extends IdText = IdText> {
  readonly name: keyof typeof TASK_ARCHITECTURES;
  /** Architectures that do it, as Transformers calls them. */
  readonly classes: RegExp;
  /** What config.json says of the head, for `load({ newHead })`. */
  readonly head: Json;
  /** Which metric tells what is best, unless somebody says so. */
  readonly monitor: Monitor;
  /** Throws `EngineError` for a model whose head is not the task's. Not there: any model that `classes` names will do. */
  expectModel?(model: object): void;
  /** Rows that a batch needs, where they are compared. Default 1. */
  readonly least?: number;
  /** Throws `DataError` for examples that the model cannot read, with the row's number. */
  rows(examples: readonly E[], reading: Reading): TaskRows<R>;
  /** Of a model that `classes` names. */
  objective(batches: TextBatches<R>): Objective<TextBatch<R>, never>;
  /** Throws as `expectModel`, and `DataError` for examples of which nothing can be told. */
  judge(
    opened: Reading & { readonly device: Device; readonly model: object },
    examples: readonly E[],
    options?: JudgeOptions,
  ): Promise<Judgement>;
}
