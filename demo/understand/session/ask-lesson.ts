/** Questions with answers in a text, a visitor's own or those of the page: read, counted, and a part held out. */
import { DataError } from '../../../engine/index';
import {
  answerExamples,
  describeSkipped,
  holdOut,
  type AnswerExample,
  type Table,
} from '../../../models/finetune/index';
import { textIn } from '../../../models/finetune/table';
import { notesTable } from '../examples/notes';
import { contentOf, fingerprintOf, HELD, tableOf, type ReadLesson } from './lesson';
import type { AskColumns, AskLesson, ExampleSource } from './protocol';

/** Rows that are shown. */
const SHOWN = 4;

/** `columns`: null to be guessed. Throws `DataError` for what cannot be read, with rows and reasons. */
export async function readAskLesson(
  source: ExampleSource,
  columns: AskColumns | null,
): Promise<ReadLesson<AskLesson, AnswerExample>> {
  const { name, content } = contentOf(source, { name: 'notes', text: notesTable });
  let { table, header } = await tableOf(content, name, columns?.header ?? null);
  // Names of columns ask nothing.
  if (!columns && header && table.columns.some((column) => ASKS.test(column)))
    ({ table, header } = await tableOf(content, name, false));
  if (table.columns.length < 3) {
    const todo = 'Give three: a text, a question and its answer; or a file of SQuAD.';
    throw new DataError(name, `it has the columns ${table.columns.join(', ')}`, todo);
  }
  const guess = guessed(table);
  const own = (part: 'context' | 'question' | 'answer'): string =>
    columns && table.columns.includes(columns[part]) ? columns[part] : guess[part];
  const [context, question, answer] = [own('context'), own('question'), own('answer')];
  if (new Set([context, question, answer]).size < 3)
    throw new DataError(name, 'two of text, question and answer are one column', 'Choose three columns.');
  const { examples, skipped } = answerExamples(table, { context, question, answer });
  const split = holdOut(examples, { share: HELD });
  return {
    lesson: {
      ...{ title: name, labels: [], columns: table.columns, chosen: { context, question, answer, header } },
      ...{ training: split.training.length, held: split.held.length, alike: split.alike },
      texts: new Set(examples.map((one) => one.context)).size,
      unanswered: examples.filter(({ answers }) => answers.length === 0).length,
      shown: examples.slice(0, SHOWN).map(({ question: asked, answers }) => {
        return { question: asked, answer: answers[0]?.text ?? '' };
      }),
      skipped: describeSkipped(skipped),
      fingerprint: fingerprintOf(
        examples.map((one) =>
          [one.context, one.question, ...one.answers.map(({ start }) => start)].join('\t'),
        ),
      ),
    },
    split,
  };
}

const ASKS = /[?？]$/;
const CONTEXT = /^(context|text|passage|paragraph|document|文本|上下文|段落)s?$/i;
const QUESTION = /^(question|query|问题)s?$/i;
const ANSWER = /^(answer|answer[ _]text|答案)s?$/i;

/** Columns by their names, or else: texts are the longest, questions end as questions do or are the next longest. */
function guessed({ columns, rows }: Table): Omit<AskColumns, 'header'> {
  const sample = rows.slice(0, 500);
  const length = (column: string): number => sample.reduce((sum, row) => sum + textIn(row, column).length, 0);
  const asks = (column: string): number =>
    sample.filter((row) => ASKS.test(textIn(row, column))).length * 1e6 + length(column);
  const left = [...columns];
  const take = (name: RegExp, worth: (column: string) => number): string => {
    const found =
      left.find((column) => name.test(column)) ??
      left.reduce((best, column) => (worth(column) > worth(best) ? column : best));
    left.splice(left.indexOf(found), 1);
    return found;
  };
  const context = take(CONTEXT, length);
  const question = take(QUESTION, asks);
  return { context, question, answer: take(ANSWER, length) };
}
