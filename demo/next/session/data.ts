/** What is learnt from: the shop's customers, or a table of the visitor's own. */
import { readTable, type Table } from '../../../models/finetune/index';
import { historiesOf, leaveOneOut, type Histories, type ItemSplit } from '../../../models/items/index';
import { shopData } from '../settings';
import type { Columns, DataFacts, OwnTable } from './protocol';

export interface ItemData {
  readonly facts: DataFacts;
  readonly items: readonly string[];
  readonly split: ItemSplit;
  readonly shop: boolean;
}

/** Rows that are told. */
const TOLD = 20;
/** Fewer are learnt from and not judged. */
const JUDGED = 3;

export function shopItems(): ItemData {
  const { sequences, split, items } = shopData();
  const choices = sequences.reduce((sum, { length }) => sum + length, 0);
  const short = sequences.filter(({ length }) => length < JUDGED).length;
  const counts = { users: sequences.length, items: items.length, choices, short, reordered: 0 };
  const none = { left: { users: 0, items: 0, rows: 0 }, skipped: [] };
  return { facts: { title: '', columns: [], chosen: null, ...counts, ...none }, items, split, shop: true };
}

/** Throws a `DataError` that says what is wrong with the table. */
export async function ownItems({ file, columns, fewestUsers, fewestItems }: OwnTable): Promise<ItemData> {
  const table = await readTable(file);
  const chosen = columns ?? guessed(table);
  const least = { fewestUsers, fewestItems };
  const histories = historiesOf(table, chosen, least);
  const { sequences, users, items, left, skipped } = histories;
  const split = leaveOneOut(histories);
  const facts: DataFacts = {
    ...{ title: file.name, columns: table.columns, chosen },
    ...{ users: users.length, items: items.length },
    choices: sequences.reduce((sum, { length }) => sum + length, 0),
    short: sequences.filter(({ length }) => length < JUDGED).length,
    reordered:
      chosen.time === null
        ? 0
        : reordered(histories, historiesOf(usable(table, skipped), { ...chosen, time: null }, least)),
    ...{ left, skipped: skipped.slice(0, TOLD) },
  };
  return { facts, items, split, shop: false };
}

const NAMES = {
  user: /user|customer|visitor|person|who|session|用户|顾客/i,
  item: /item|product|film|movie|song|track|title|page|sku|what|物品|商品|电影/i,
  time: /time|date|when|year|order|^at$|时间|日期/i,
};

/** By their names, or else the first, the second and the third. */
function guessed({ columns }: Table): Columns {
  const found = (name: keyof typeof NAMES): string | undefined =>
    columns.find((column) => NAMES[name].test(column));
  const user = found('user') ?? columns[0];
  const rest = columns.filter((column) => column !== user);
  const time = rest.find((column) => NAMES.time.test(column)) ?? null;
  const others = rest.filter((column) => column !== time);
  const item = others.find((column) => NAMES.item.test(column)) ?? others[0] ?? columns[0];
  return { user, item, time };
}

/** Rows that were not skipped. */
function usable(table: Table, skipped: Histories['skipped']): Table {
  const out = new Set(skipped.map(({ number }) => number));
  return { ...table, rows: table.rows.filter(({ number }) => !out.has(number)) };
}

/** Users whose rows stood in another order than their times. */
function reordered(byTime: Histories, asTheyStand: Histories): number {
  const names = ({ users, items, sequences }: Histories): Map<string, string> =>
    new Map(
      users.map((user, i) => [user, JSON.stringify(Array.from(sequences[i], (item) => items[item - 1]))]),
    );
  const before = names(asTheyStand);
  return [...names(byTime)].filter(([user, own]) => before.has(user) && before.get(user) !== own).length;
}
