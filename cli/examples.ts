/** From the options of `train` and `evaluate` to a task and its examples. */
import { basename } from 'node:path';
import { DataError } from '../engine/index';
import {
  answerExamples,
  answering,
  classExamples,
  classification,
  describeSkipped,
  pairExamples,
  pairing,
  readConll,
  readTable,
  regression,
  scoreExamples,
  tagExamples,
  tagging,
  type SkippedRow,
  type Task,
} from '../models/finetune/index';
import { readWhole } from './files';
import type { FinetunedTask } from './finetuned';
import { flag, UsageError } from './options';

export interface ExampleArguments {
  readonly data?: readonly string[];
  readonly text?: string;
  readonly pair?: string;
  readonly label?: string;
  readonly separator?: string;
  readonly alike?: 'same' | 'apart';
  readonly question?: string;
  readonly contextColumn?: string;
  readonly answer?: string;
  readonly classWeights?: 'balanced';
  readonly smoothing?: number;
}

/** Options of examples, and the tasks that they are for. */
export const EXAMPLE_OPTIONS: Readonly<Record<string, readonly FinetunedTask[]>> = {
  text: ['classify', 'regress', 'embed'],
  pair: ['classify', 'regress', 'embed'],
  label: ['classify', 'regress'],
  separator: ['classify'],
  alike: ['classify'],
  question: ['answer'],
  contextColumn: ['answer'],
  answer: ['answer'],
  classWeights: ['classify'],
  smoothing: ['classify', 'tag'],
};

/** A task with examples of it, whatever they are. */
export interface TaskExamples {
  readonly task: Task<object>;
  readonly examples: readonly object[];
}

/** Throws a UsageError for an option that is for another task. */
export function expectForTask(
  task: string,
  args: object,
  known: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [name, value] of Object.entries(args)) {
    const tasks = known[name] as readonly string[] | undefined;
    if (value === undefined || !tasks || tasks.includes(task)) continue;
    throw new UsageError(flag(name), `it is not for --task ${task}`, `It is for ${tasks.join(', ')}.`);
  }
}

/**
 * Reads examples of all files, told of with what was skipped; `labels` are those of a model that has them already. Throws for files of which
 * nothing can be used.
 */
export async function readExamples(
  name: FinetunedTask,
  args: ExampleArguments,
  tell: (line: string) => void,
  labels: readonly string[] | null = null,
): Promise<TaskExamples> {
  const { data = [], text = 'text', pair, label = 'label', separator, alike, smoothing } = args;
  if (data.length === 0) {
    throw new UsageError(
      '--data',
      'no examples are given',
      'Name a CSV, TSV or JSONL file, or CoNLL to tag.',
    );
  }
  const weights = args.classWeights ?? null;
  const spread = smoothing === undefined ? {} : { smoothing };
  const files = await Promise.all(data.map((file) => readWhole(file)));
  const told = (file: string, skipped: readonly SkippedRow[]): void => {
    if (skipped.length > 0)
      tell(`${basename(file)}: ${describeSkipped(skipped).replaceAll('\n', `\n${basename(file)}: `)}`);
  };
  const all = async <F extends { readonly name: string; readonly skipped: readonly SkippedRow[] }>(
    read: (file: File) => Promise<F>,
  ): Promise<F[]> => {
    const found: F[] = [];
    for (const file of files) {
      const one = await read(file);
      told(file.name, one.skipped);
      found.push(one);
    }
    return found;
  };
  switch (name) {
    case 'tag': {
      const read = await all(async (file) => ({ name: file.name, ...(await readConll(file)) }));
      const joined = { sentences: read.flatMap(({ sentences }) => sentences), skipped: [] };
      const { examples, labels: met } = tagExamples(data.join(', '), joined, { labels });
      return { task: tagging({ labels: met, ...spread }), examples };
    }
    case 'answer': {
      const columns = {
        question: args.question ?? 'question',
        context: args.contextColumn ?? 'context',
        answer: args.answer ?? 'answers',
      };
      const read = await all(async (file) => answerExamples(await readTable(file), columns));
      return { task: answering(), examples: read.flatMap(({ examples }) => examples) };
    }
    case 'embed': {
      const read = await all(async (file) =>
        pairExamples(await readTable(file), { text, pair: pair ?? 'pair' }),
      );
      return { task: pairing(), examples: read.flatMap(({ examples }) => examples) };
    }
    case 'regress': {
      const columns = { text, ...(pair !== undefined && { pair }), score: label };
      const read = await all(async (file) => scoreExamples(await readTable(file), columns));
      return { task: regression(), examples: read.flatMap(({ examples }) => examples) };
    }
    case 'classify': {
      const table = await joinedTable(files, told);
      const columns = {
        ...{ text, label, labels },
        ...(pair !== undefined && { pair }),
        ...(separator !== undefined && { separator }),
        ...(alike !== undefined && { alike }),
      };
      const { examples, labels: met, skipped } = classExamples(table, columns);
      told(table.name, skipped);
      const multiLabel = examples.some(({ label: one }) => typeof one !== 'number');
      const options = { labels: met, multiLabel, weights, ...(multiLabel ? {} : spread) };
      return { task: classification(options), examples };
    }
  }
}

/** Rows of all files as one table, so that labels are those of all. */
async function joinedTable(
  files: readonly File[],
  told: (file: string, skipped: readonly SkippedRow[]) => void,
) {
  const tables = await Promise.all(files.map((file) => readTable(file)));
  for (const { name, columns, skipped } of tables) {
    told(name, skipped);
    const other = columns.find((column) => !tables[0].columns.includes(column));
    if (other !== undefined && files.length > 1)
      throw new DataError(
        name,
        `it has a column "${other}", which ${tables[0].name} lacks`,
        'Give tables of one kind.',
      );
  }
  const rows = tables.flatMap((table) => table.rows);
  return { name: tables.map(({ name }) => name).join(', '), columns: tables[0].columns, rows, skipped: [] };
}
