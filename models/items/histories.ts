/** Who chose which items, in which order: what recommenders of the next item learn from. */
import { DataError, EngineError, expectOptions } from '../../engine/index';
import { expectColumn, textIn, type SkippedRow, type Table } from '../finetune/table';

/** Which columns of a table tell who chose what, and when. */
export interface HistoryColumns {
  readonly user: string;
  readonly item: string;
  /** A number, or a date as ISO 8601 has it. Default null: rows stand in their order. */
  readonly time?: string | null;
}

/** What is left out of a table of choices. */
export interface HistoryOptions {
  /** Items that fewer users chose are left out, with all rows that name them. Default 1: none. */
  readonly fewestUsers?: number;
  /** Users who chose fewer items, of those that are left, are left out. Default 1: none. */
  readonly fewestItems?: number;
}

/** Users and what each chose, the oldest first. */
export interface Histories {
  readonly name: string;
  /** In the order of their first row. */
  readonly users: readonly string[];
  /** What item k + 1 is called; 0 is no item. In the order of their first row. */
  readonly items: readonly string[];
  /** Of each user, items from 1. One that was chosen twice stands there twice. */
  readonly sequences: readonly Uint32Array[];
  /** Rows that could not be used, and why. */
  readonly skipped: readonly SkippedRow[];
  /** What `fewestUsers` and `fewestItems` left out. */
  readonly left: { readonly users: number; readonly items: number; readonly rows: number };
}

interface Choice {
  readonly user: string;
  readonly item: string;
  readonly time: number | bigint;
}

/**
 * Histories of a table with a choice in each row, in any order: sorted by time, and where times are equal as rows stand.
 * Rows without a user, an item or a time are skipped, with their numbers.
 *
 * Throws `DataError` for columns that are not there, for numbers and dates in one column, and where no row is left; `EngineError` for options that cannot be.
 */
export function historiesOf(table: Table, columns: HistoryColumns, options: HistoryOptions = {}): Histories {
  const { user, item, time = null } = columns;
  expectOptions('historiesOf', columns, { user, item, time });
  const { fewestUsers = 1, fewestItems = 1 } = options;
  expectOptions('historiesOf', options, { fewestUsers, fewestItems });
  for (const [name, value] of Object.entries({ fewestUsers, fewestItems })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new EngineError('historiesOf', `${name} is ${String(value)}`, 'Use a whole number of at least 1.');
  }
  for (const column of time === null ? [user, item] : [user, item, time]) expectColumn(table, column);
  if (new Set([user, item, time]).size < 3) {
    throw new DataError(
      table.name,
      'two of user, item and time are one column',
      'Choose columns that differ.',
    );
  }
  const { choices, skipped } = choicesIn(table, { user, item, time });
  const kept = leaveOut(choices, fewestUsers, fewestItems);
  if (kept.length === 0) {
    const rows = choices.length === 0 ? skipped.at(0) : null;
    const why = rows ? `; row ${rows.number}: ${rows.reason}` : '';
    throw new DataError(
      table.name,
      `no choice is left of ${table.rows.length} rows${why}`,
      'Lower fewestUsers and fewestItems, or give more rows.',
    );
  }
  const users = numbered(kept.map((one) => one.user));
  const items = numbered(kept.map((one) => one.item));
  const sequences: Choice[][] = Array.from(users.keys(), () => []);
  for (const choice of kept) sequences[users.get(choice.user)!].push(choice);
  const all = numbered(choices.map((one) => one.user)).size;
  const allItems = numbered(choices.map((one) => one.item)).size;
  return {
    name: table.name,
    users: [...users.keys()],
    items: [...items.keys()],
    sequences: sequences.map((own) =>
      // Sorting keeps the order of equals.
      Uint32Array.from(
        own.sort((a, b) => Number(a.time > b.time) - Number(a.time < b.time)),
        (one) => items.get(one.item)! + 1,
      ),
    ),
    skipped,
    left: {
      users: all - users.size,
      items: allItems - items.size,
      rows: choices.length - kept.length,
    },
  };
}

function choicesIn(
  { name, rows, skipped: before }: Table,
  { user, item, time }: Required<HistoryColumns>,
): { readonly choices: readonly Choice[]; readonly skipped: SkippedRow[] } {
  const skipped = [...before];
  const choices: Choice[] = [];
  /** The first row with each kind of time. */
  const first = new Map<string, number>();
  for (const row of rows) {
    const { number } = row;
    const [who, what] = [textIn(row, user), textIn(row, item)];
    const empty = who === '' ? user : what === '' ? item : null;
    if (empty !== null) {
      skipped.push({ number, reason: `${empty} is empty` });
      continue;
    }
    const cell = time === null ? '0' : textIn(row, time);
    const when = timeOf(cell);
    if (when) {
      if (!first.has(when.kind)) first.set(when.kind, number);
      choices.push({ user: who, item: what, time: when.time });
    } else {
      const reason = cell === '' ? 'is empty' : `is neither a number nor a date: ${cell}`;
      skipped.push({ number, reason: `${time} ${reason}` });
    }
  }
  if (first.size > 1) {
    const found = Array.from(first, ([kind, row]) => `${kind} (row ${row})`).join(' and ');
    throw new DataError(
      name,
      `${time} holds ${found}`,
      'Write all of them in one way: their order is not known.',
    );
  }
  skipped.sort((a, b) => a.number - b.number);
  return { choices, skipped };
}

/** Numbers as people write them; longer ones, such as nanoseconds, in whole. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const LONG = /^[+-]?\d{16,}$/;
/** What else Date.parse takes, it takes by rules of the browser's own. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/** What grows with time, and which kind it is; null for what is neither. Dates without a zone are UTC, as those without a time are. */
function timeOf(text: string): { readonly time: number | bigint; readonly kind: 'numbers' | 'dates' } | null {
  if (LONG.test(text)) return { time: BigInt(text), kind: 'numbers' };
  if (NUMBER.test(text) && Number.isFinite(Number(text))) return { time: Number(text), kind: 'numbers' };
  const [, day, clock, zone = 'Z'] = DATE.exec(text) ?? [];
  const time = Date.parse(clock === undefined ? (day ?? '') : `${day}T${clock}${zone}`);
  return Number.isNaN(time) ? null : { time, kind: 'dates' };
}

/** Each round may bring others below their number: until nothing changes. */
function leaveOut(choices: readonly Choice[], fewestUsers: number, fewestItems: number): readonly Choice[] {
  let kept = choices;
  for (;;) {
    const before = kept.length;
    const choosers = new Map<string, Set<string>>();
    for (const { user, item } of kept) {
      if (!choosers.has(item)) choosers.set(item, new Set());
      choosers.get(item)!.add(user);
    }
    kept = kept.filter(({ item }) => choosers.get(item)!.size >= fewestUsers);
    const counts = new Map<string, number>();
    for (const { user } of kept) counts.set(user, (counts.get(user) ?? 0) + 1);
    kept = kept.filter(({ user }) => counts.get(user)! >= fewestItems);
    if (kept.length === before) return kept;
  }
}

/** Distinct names by their order, from 0. */
function numbered(names: readonly string[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const name of names) if (!numbers.has(name)) numbers.set(name, numbers.size);
  return numbers;
}

/** A user's items so far, and the one that came next. */
export interface NextItem {
  /** Into `Histories.users`. */
  readonly user: number;
  readonly before: Uint32Array;
  readonly next: number;
}

/** What is learnt from, what chooses the best weights, and what is told in the end. */
export interface ItemSplit {
  /** Every user's items without the last two. Users of fewer than three items are here whole, and nowhere else. */
  readonly training: readonly Uint32Array[];
  /** The last item but one. */
  readonly validation: readonly NextItem[];
  /** The last item, behind all others. */
  readonly test: readonly NextItem[];
}

/**
 * Leaves out each user's last item for the test and the one before for validation, as SASRec was judged (Kang and McAuley 2018). Throws `DataError` where
 * no user has three items.
 */
export function leaveOneOut({ name, sequences }: Pick<Histories, 'name' | 'sequences'>): ItemSplit {
  const training: Uint32Array[] = [];
  const validation: NextItem[] = [];
  const test: NextItem[] = [];
  for (const [user, sequence] of sequences.entries()) {
    const { length } = sequence;
    if (length < 3) {
      training.push(sequence);
      continue;
    }
    training.push(sequence.subarray(0, length - 2));
    validation.push({ user, before: sequence.subarray(0, length - 2), next: sequence[length - 2] });
    test.push({ user, before: sequence.subarray(0, length - 1), next: sequence[length - 1] });
  }
  if (test.length === 0) {
    const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
    throw new DataError(
      name,
      `the longest history has ${longest} items`,
      'Three are needed: one to learn from, and two to be told.',
    );
  }
  return { training, validation, test };
}
