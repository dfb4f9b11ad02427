/** Questions whose answers stand in a text, from tables of every form that they are kept in. */
import { expectOptions } from '../../engine/index';
import { expectSome, type AnswerExample, type Examples } from './examples';
import { cellOf, expectColumn, textIn, textOf, type Table, type TableRow } from './table';

/** Which columns of a table have questions, their texts and their answers, by name. */
export interface AnswerColumns {
  readonly question: string;
  readonly context: string;
  /** A text, a list of texts, or what SQuAD's tables and files have: { text: [...], answer_start: [...] }, [{ text, answer_start }, ...]. */
  readonly answer: string;
  /** Where the answer begins, in UTF-16 units of the context. Default null: at its first place there. */
  readonly start?: string | null;
}

/**
 * Questions with answers that stand in a text. A row whose answer is empty has none. Skipped are rows without a question or a context, and
 * those whose answer is not where it should be.
 */
export function answerExamples(table: Table, columns: AnswerColumns): Examples<AnswerExample> {
  const { question, context, answer, start = null } = columns;
  expectOptions('answerExamples', columns, { question, context, answer, start });
  for (const column of [question, context, answer, ...(start === null ? [] : [start])])
    expectColumn(table, column);
  const examples: AnswerExample[] = [];
  const skipped = [...table.skipped];
  for (const row of table.rows) {
    const made = answered(row, { question, context, answer, start });
    if (typeof made === 'string') skipped.push({ number: row.number, reason: made });
    else examples.push(made);
  }
  return { name: table.name, examples: expectSome(table.name, examples, skipped), skipped };
}

function answered(row: TableRow, columns: Required<AnswerColumns>): AnswerExample | string {
  const question = textIn(row, columns.question);
  const given = cellOf(row.cells, columns.context);
  const context = typeof given === 'string' ? given : ''; // as it stands: answers are counted in it
  if (question === '') return 'it has no question';
  if (context.trim() === '') return 'it has no context';
  const listed = answersIn(cellOf(row.cells, columns.answer));
  if (typeof listed === 'string') return listed;
  const place = columns.start === null ? '' : textIn(row, columns.start);
  const answers: { readonly text: string; readonly start: number }[] = [];
  for (const { text, start: told } of listed) {
    if (text === '') continue;
    const start = told ?? (place === '' ? context.indexOf(text) : Number(place));
    if (start < 0) return `its answer ${JSON.stringify(text)} is not in its context`;
    if (!Number.isInteger(start)) return `its answer begins at ${start}`;
    const there = context.slice(start, start + text.length);
    if (there !== text)
      return `at ${start} of its context stands ${JSON.stringify(there)}, not ${JSON.stringify(text)}`;
    answers.push({ text, start });
  }
  return { question, context, answers, row: row.number };
}

interface Answer {
  readonly text: string;
  /** Null: it is not said. */
  readonly start: number | null;
}

/** What a cell has of answers, or why it cannot be told. */
function answersIn(cell: unknown): readonly Answer[] | string {
  if (typeof cell !== 'object' || cell === null) return [{ text: textOf(cell), start: null }];
  const found: Answer[] = [];
  for (const one of Array.isArray(cell) ? (cell as readonly unknown[]) : [cell]) {
    if (typeof one !== 'object' || one === null) {
      found.push({ text: textOf(one), start: null });
      continue;
    }
    const { text, answer_start: begins } = one as {
      readonly text?: unknown;
      readonly answer_start?: unknown;
    };
    if (text === undefined) return `its answer is an object of ${Object.keys(one).join(', ') || 'nothing'}`;
    const [texts, starts] = [[text].flat(), [begins ?? []].flat()];
    if (starts.length > 0 && starts.length !== texts.length)
      return `its ${texts.length} answers begin at ${starts.length} places`;
    for (const [i, own] of texts.entries())
      found.push({ text: textOf(own), start: (starts[i] ?? null) === null ? null : Number(starts[i]) });
  }
  return found;
}
