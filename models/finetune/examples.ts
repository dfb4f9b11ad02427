/** What people bring as examples of a task, checked, with the rows that could not be used and why. */
import { DataError, EngineError, expectOptions } from '../../engine/index';
import type { TaggedWords } from './conll';
import { cellOf, expectColumn, textIn, textOf, type SkippedRow, type Table, type TableRow } from './table';

/** Where an example stood in its file. */
interface Placed {
  readonly row: number;
}

/** A text, or two that are read together, and the class or the classes that it is of, from 0. */
export interface ClassExample extends Placed {
  readonly text: string;
  readonly pair?: string;
  readonly label: number | readonly number[];
}

/** A text, or two, and a number. */
export interface ScoreExample extends Placed {
  readonly text: string;
  readonly pair?: string;
  readonly score: number;
}

/** Two texts that belong together. */
export interface PairExample extends Placed {
  readonly text: string;
  readonly pair: string;
}

/** Words and the tag of each, from 0. */
export interface TagExample extends Placed {
  readonly words: readonly string[];
  readonly tags: readonly number[];
}

/** A question, the text that it is asked about, and its answers there: [start, start + text.length). None: there is no answer. */
export interface AnswerExample extends Placed {
  readonly question: string;
  readonly context: string;
  readonly answers: readonly { readonly text: string; readonly start: number }[];
}

/** Examples in the file's order. */
export interface Examples<E> {
  readonly name: string;
  readonly examples: readonly E[];
  readonly skipped: readonly SkippedRow[];
}

/** Examples whose labels are of a list. */
export interface LabelledExamples<E> extends Examples<E> {
  /** What the labels are called, in order: as given, or else in the order of the alphabet. */
  readonly labels: readonly string[];
  /** How many examples each has. */
  readonly counts: readonly number[];
}

/** Which columns of a table have texts, by their names. */
export interface TextColumns {
  readonly text: string;
  /** A second text that is read with the first, such as a hypothesis. Default null: none. */
  readonly pair?: string | null;
}

/** Which columns of a table have texts and labels, and how labels are written. */
export interface ClassColumns extends TextColumns {
  readonly label: string;
  /** Stands between the labels of a text that has several, such as ';': each may hold or not. Default null: one label each. */
  readonly separator?: string | null;
  /** The labels, in order. Others are then an error. Default: those that are met. */
  readonly labels?: readonly string[] | null;
  /**
   * What to do about labels that differ only in case or white space, such as "Spam" and "spam": they are one ('same', spelt as in `labels`, or as it is
   * most often), or two ('apart'). Default 'ask': an error that names them.
   */
  readonly alike?: 'ask' | 'same' | 'apart';
}

/**
 * Texts with classes. Rows without a text or a label are skipped, but in a table with `separator` no label means that none holds.
 *
 * Throws `DataError` for columns that are not there, labels that may be meant as one, labels that are not among those given, and fewer than
 * two of them.
 */
export function classExamples(table: Table, columns: ClassColumns): LabelledExamples<ClassExample> {
  const { text, pair = null, label, separator = null, labels = null, alike = 'ask' } = columns;
  expectOptions('classExamples', columns, { text, pair, label, separator, labels, alike });
  const { name } = table;
  expectColumn(table, label);
  const found = eachText(table, { text, pair }, (row) => {
    const whole = textIn(row, label);
    const list = cellOf(row.cells, label);
    const given = Array.isArray(list)
      ? list.map(textOf)
      : separator === null
        ? [whole]
        : whole.split(separator).map((one) => one.trim());
    const own = given.filter((one) => one !== '');
    if (own.length === 0 && separator === null && !Array.isArray(list)) return 'it has no label';
    return { own, several: Array.isArray(list) };
  });
  const several = separator !== null || found.examples.some(({ value }) => value.several);
  const named = agreed(
    name,
    found.examples.flatMap(({ value, row }) => value.own.map((one) => ({ one, row }))),
    alike,
    labels ?? [],
  );
  const all = labels ?? [...new Set(named.values())].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  expectLabels(name, all, named.size === 0 ? null : [...named.values()][0]);
  const numbers = new Map(all.map((one, i) => [one, i]));
  const counts = all.map(() => 0);
  const examples = found.examples.map(({ value, ...rest }): ClassExample => {
    const ids = [...new Set(value.own.map((one) => numberOf(name, rest.row, named.get(one)!, numbers)))];
    for (const id of ids) counts[id]++;
    return { ...rest, label: several ? ids : ids[0] };
  });
  const { skipped } = found;
  return { name, examples: expectSome(name, examples, skipped), skipped, labels: all, counts };
}

/** Texts with numbers. Rows without a text, or whose score is no finite number, are skipped. */
export function scoreExamples(
  table: Table,
  columns: TextColumns & { readonly score: string },
): Examples<ScoreExample> {
  const { text, pair = null, score } = columns;
  expectOptions('scoreExamples', columns, { text, pair, score });
  expectColumn(table, score);
  const found = eachText(table, { text, pair }, (row) => {
    const given = textIn(row, score);
    const number = given === '' ? NaN : Number(given);
    return Number.isFinite(number)
      ? number
      : `its score is ${given === '' ? 'empty' : JSON.stringify(given)}`;
  });
  const examples = found.examples.map(({ value, ...rest }) => ({ ...rest, score: value }));
  return {
    name: table.name,
    examples: expectSome(table.name, examples, found.skipped),
    skipped: found.skipped,
  };
}

/** Pairs of texts that belong together. Rows that lack one are skipped. */
export function pairExamples(
  table: Table,
  columns: { readonly text: string; readonly pair: string },
): Examples<PairExample> {
  const { text, pair } = columns;
  expectOptions('pairExamples', columns, { text, pair });
  const { examples, skipped } = eachText(table, { text, pair }, () => true);
  const all = examples.map(({ text, pair, row }) => ({ text, pair: pair!, row }));
  return { name: table.name, examples: expectSome(table.name, all, skipped), skipped };
}

/** Sentences with tags; of `labels`, if they are given, or else of all tags that are met. Throws `DataError` for others. */
export function tagExamples(
  name: string,
  {
    sentences,
    skipped,
  }: { readonly sentences: readonly TaggedWords[]; readonly skipped: readonly SkippedRow[] },
  options: { readonly labels?: readonly string[] | null } = {},
): LabelledExamples<TagExample> {
  const { labels = null } = options;
  expectOptions('tagExamples', options, { labels });
  const met = new Set(sentences.flatMap(({ tags }) => tags));
  const all = labels ?? [...met].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  expectLabels(name, all, [...met][0] ?? null);
  const numbers = new Map(all.map((one, i) => [one, i]));
  const counts = all.map(() => 0);
  const examples = sentences.map(({ words, tags, line }): TagExample => {
    if (words.length !== tags.length) {
      const what = `the sentence at line ${line} has ${tags.length} tags for ${words.length} words`;
      throw new DataError(name, what, 'Give each word one.');
    }
    const ids = tags.map((tag) => numberOf(name, line, tag, numbers));
    for (const id of ids) counts[id]++;
    return { words, tags: ids, row: line };
  });
  return { name, examples: expectSome(name, examples, skipped), skipped, labels: all, counts };
}

/** Rows that have a text, and what `valueOf` makes of them: a string is why a row is skipped. */
function eachText<V>(
  table: Table,
  { text, pair }: { readonly text: string; readonly pair: string | null },
  valueOf: (row: TableRow) => V | string,
) {
  expectColumn(table, text);
  if (pair !== null) expectColumn(table, pair);
  const skipped = [...table.skipped];
  const examples: {
    readonly text: string;
    readonly pair?: string;
    readonly row: number;
    readonly value: V;
  }[] = [];
  for (const row of table.rows) {
    const [own, other] = [textIn(row, text), pair === null ? null : textIn(row, pair)];
    const value = own === '' ? 'its text is empty' : other === '' ? 'its second text is empty' : valueOf(row);
    if (typeof value === 'string') skipped.push({ number: row.number, reason: value });
    else examples.push({ text: own, ...(other !== null && { pair: other }), row: row.number, value });
  }
  return { examples, skipped };
}

/** What each spelling of a label stands for: of those that are the same, the one that is among `labels`, or else the most frequent. */
function agreed(
  name: string,
  given: readonly { readonly one: string; readonly row: number }[],
  alike: 'ask' | 'same' | 'apart',
  labels: readonly string[],
): ReadonlyMap<string, string> {
  if (!['ask', 'same', 'apart'].includes(alike))
    throw new EngineError('classExamples', `alike is ${alike as string}`, "Use 'ask', 'same' or 'apart'.");
  const spellings = new Map<string, { count: number; readonly row: number }>();
  for (const { one, row } of given) {
    const known = spellings.get(one);
    if (known) known.count++;
    else spellings.set(one, { count: 1, row });
  }
  const groups = new Map<string, string[]>();
  for (const one of spellings.keys()) {
    const key = alikeKey(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const named = new Map<string, string>();
  for (const group of groups.values()) {
    const count = (one: string): number => spellings.get(one)!.count;
    if (group.length > 1 && alike === 'ask') {
      const told = group.map(
        (one) => `${JSON.stringify(one)} (${count(one)}, first in row ${spellings.get(one)!.row})`,
      );
      throw new DataError(
        name,
        `the labels ${told.join(' and ')} differ only in case or white space`,
        "Say whether they are the same: alike: 'same' or alike: 'apart'.",
      );
    }
    const most = group.reduce((a, b) => (count(b) > count(a) ? b : a));
    const same = labels.find((label) => alikeKey(label) === alikeKey(most)) ?? most;
    for (const one of group) named.set(one, alike === 'same' ? same : one);
  }
  return named;
}

const alikeKey = (label: string): string => label.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ');

function expectLabels(name: string, labels: readonly string[], only: string | null): void {
  const twice = labels.find((label, i) => labels.indexOf(label) < i);
  if (twice !== undefined)
    throw new DataError(name, `the label "${twice}" is given twice`, 'Name each once.');
  if (labels.length >= 2) return;
  const what = only === null ? 'no row has a label' : `all rows have one label, "${only}"`;
  throw new DataError(name, what, 'Give examples of at least two: there is nothing to tell apart.');
}

function numberOf(name: string, row: number, label: string, numbers: ReadonlyMap<string, number>): number {
  const id = numbers.get(label);
  if (id !== undefined) return id;
  const known = [...numbers.keys()].slice(0, 8).join(', ');
  throw new DataError(
    name,
    `row ${row} has label "${label}"`,
    `The labels are ${known}${numbers.size > 8 ? ', …' : ''}.`,
  );
}

/** Throws `DataError` where no row is left, with why the first was not. */
export function expectSome<E>(
  name: string,
  examples: readonly E[],
  skipped: readonly SkippedRow[],
): readonly E[] {
  if (examples.length > 0) return examples;
  const first = skipped[0];
  const why = first ? ` (row ${first.number}: ${first.reason})` : '';
  throw new DataError(name, `none of its rows can be used${why}`, 'Check the columns that are named.');
}

/** Skipped rows in a few words: reasons with how many and which, the most frequent first. */
export function describeSkipped(skipped: readonly SkippedRow[]): string {
  const reasons = new Map<string, number[]>();
  for (const { number, reason } of skipped) reasons.set(reason, [...(reasons.get(reason) ?? []), number]);
  return [...reasons]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, rows]) => {
      const shown = rows.slice(0, 5).join(', ');
      return `${rows.length} ${rows.length > 1 ? 'rows' : 'row'} skipped: ${reason} (${rows.length > 1 ? 'rows' : 'row'} ${shown}${rows.length > 5 ? ', …' : ''})`;
    })
    .join('\n');
}
