/** Labelled texts of a visitor's own, or those of the page: read, counted, and a part held out. */
import { DataError } from '../../../engine/index';
import {
  classExamples,
  describeSkipped,
  holdOut,
  type ClassExample,
  type Table,
} from '../../../models/finetune/index';
import { textIn } from '../../../models/finetune/table';
import { guests } from '../examples/guests';
import { contentOf, fingerprintOf, HELD, tableOf, type ReadLesson } from './lesson';
import type { Columns, ExampleSource, Lesson } from './protocol';

/** Texts that are shown of each label. */
const SHOWN = 2;

/** `columns`: null to be guessed. Throws `DataError` for what cannot be read, with rows and reasons. */
export async function readClassLesson(
  source: ExampleSource,
  columns: Columns | null,
): Promise<ReadLesson<Lesson, ClassExample>> {
  const { name, content } = contentOf(source, { name: 'guests', text: guests });
  const found = await tableOf(content, name, columns?.header ?? null);
  if (columns !== null || !found.header) return lessonOf(name, found, columns);
  try {
    return lessonOf(name, found, columns);
  } catch (error) {
    // The first row may be one like the others, and no names.
    const named = found.table.columns.some((column) => TEXT.test(column) || LABEL.test(column));
    if (named || !(error instanceof DataError)) throw error;
    return lessonOf(name, await tableOf(content, name, false), columns);
  }
}

function lessonOf(
  name: string,
  { table, header }: Awaited<ReturnType<typeof tableOf>>,
  columns: Columns | null,
): ReadLesson<Lesson, ClassExample> {
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
  const split = question === null ? holdOut(examples, { share: HELD, labels }) : null;
  return {
    lesson: {
      ...about,
      ...{ question, labels, counts, shown },
      training: split?.training.length ?? 0,
      held: split?.held.length ?? 0,
      alike: split?.alike ?? 0,
      skipped: describeSkipped(skipped),
      fingerprint: fingerprintOf([
        labels.join('\t'),
        ...examples.map((one) => `${String(one.label)}\t${one.text}`),
      ]),
    },
    split,
  };
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
