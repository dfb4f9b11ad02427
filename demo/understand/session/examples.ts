/** Labelled examples of a visitor's own, or those of the page: read, counted, and a part held out. */
import { DataError, fnv1aOfText } from '../../../engine/index';
import {
  classExamples,
  describeSkipped,
  holdOut,
  readTable,
  type ClassExample,
  type Split,
  type Table,
} from '../../../models/finetune/index';
import { textIn } from '../../../models/finetune/table';
import { guests } from '../examples/guests';
import type { Columns, ExampleSource, Lesson } from './protocol';

/** Share that is held out, and texts that are shown of each label. */
const HELD = 0.2;
const SHOWN = 2;

export interface ReadLesson {
  readonly lesson: Lesson;
  /** Null where something is to be asked first. */
  readonly split: Split<ClassExample> | null;
  /** Of examples and labels: what a run that goes on must have in common. */
  readonly fingerprint: string;
}

/** `columns`: null to be guessed. Throws `DataError` for what cannot be read, with rows and reasons. */
export async function readLesson(source: ExampleSource, columns: Columns | null): Promise<ReadLesson> {
  const { name, content } =
    source.kind === 'file'
      ? { name: source.file.name, content: source.file }
      : source.kind === 'guests'
        ? { name: 'guests', content: guests() }
        : { name: 'pasted', content: source.text };
  const { table, header } = columns
    ? { table: await readTable(content, { name, header: columns.header }), header: columns.header }
    : await read(content, name);
  if (table.columns.length < 2) {
    const todo = 'Give two: a label and a text, with a tab, a comma or a semicolon between.';
    throw new DataError(name, 'it has one column', todo);
  }
  const guess = guessed(table);
  const has = (column: string | undefined): boolean => column !== undefined && table.columns.includes(column);
  const chosen: Columns = {
    text: has(columns?.text) ? columns!.text : guess.text,
    label: has(columns?.label) ? columns!.label : guess.label,
    header,
    alike: columns?.alike ?? 'ask',
  };
  const about = { title: name, columns: table.columns, chosen };
  const { text, label, alike } = chosen;
  if (text === label)
    throw new DataError(name, `text and label are both in column "${text}"`, 'Choose two columns.');
  let question: string | null = null;
  let found;
  try {
    found = classExamples(table, { text, label, alike });
  } catch (error) {
    if (alike !== 'ask' || !(error instanceof DataError)) throw error;
    found = classExamples(table, { text, label, alike: 'apart' }); // throws where something else is wrong
    question = error.what;
  }
  const { examples, labels, counts, skipped } = found;
  const shown = labels.map((_, k) =>
    examples
      .filter((one) => one.label === k)
      .slice(0, SHOWN)
      .map((one) => one.text),
  );
  const split = question === null ? holdOut(examples, { share: HELD }) : null;
  return {
    lesson: {
      ...about,
      ...{ question, labels, counts, shown },
      training: split?.training.length ?? 0,
      held: split?.held.length ?? 0,
      alike: split?.alike ?? 0,
      skipped: describeSkipped(skipped),
    },
    split,
    fingerprint: fingerprintOf(examples, labels),
  };
}

function fingerprintOf(examples: readonly ClassExample[], labels: readonly string[]): string {
  const rows = examples.map((one) => `${String(one.label)}\t${one.text}`);
  return fnv1aOfText([labels.join('\t'), ...rows].join('\n')).toString(16);
}

/** A first row is none of names where one of its cells stands below it again. */
async function read(content: File | string, name: string): Promise<{ table: Table; header: boolean }> {
  const named = await readTable(content, { name }).catch((error: unknown) => {
    if (error instanceof DataError) return error;
    throw error;
  });
  const isNamed =
    !(named instanceof DataError) &&
    named.columns.every((column) => !named.rows.some(({ cells }) => cells[column] === column));
  if (isNamed) return { table: named, header: true };
  try {
    return { table: await readTable(content, { name, header: false }), header: false };
  } catch (error) {
    throw named instanceof DataError ? named : error;
  }
}

const TEXT = /^(text|sentence|message|body|content|review|comment|title|文本|句子|内容)s?$/i;
const LABEL = /^(label|class|category|sentiment|target|tag|genre|topic|intent|y|标签|类别|分类)$/i;

/** Columns by their names, or else: labels are the column of fewest different values, texts the one of the longest. */
function guessed({ columns, rows }: Table): { text: string; label: string } {
  const sample = rows.slice(0, 500);
  const cells = (column: string): string[] =>
    sample.map((row) => textIn(row, column)).filter((cell) => cell !== '');
  const distinct = (column: string): number => new Set(cells(column)).size || Infinity;
  const length = (column: string): number =>
    cells(column).reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, sample.length);
  const least = (list: readonly string[], value: (column: string) => number): string =>
    list.reduce((best, column) => (value(column) < value(best) ? column : best));
  const text = columns.find((column) => TEXT.test(column)) ?? least(columns, (column) => -length(column));
  const others = columns.filter((column) => column !== text);
  const label =
    others.find((column) => LABEL.test(column)) ??
    // One that is always the same tells nothing apart.
    least(others, (column) => (distinct(column) < 2 ? Infinity : distinct(column)));
  return { text, label };
}
