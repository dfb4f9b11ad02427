import { leaveOneOut, SASRec } from '../../models/items/index';
import { customers } from './shop/customers';
import { GOODS } from './shop/goods';

/** How many of the first are looked at. */
export const K = 10;
const SIZES = { context: 24, layers: 2, heads: 1, width: 32 } as const;
const RATE = 3e-3;

/** What a model of so many items is, and how it learns. */
export const modelOf = (items: number): SASRec => new SASRec({ items, ...SIZES });
export const COURSE = { lr: RATE, tokens: 768, patience: 4, k: K } as const;
/** Times that each customer of the shop is met at most. */
export const EPOCHS = 20;

/** The shop's customers, what is learnt from them, and what they are judged by. */
export function shopData() {
  const sequences = customers();
  const split = leaveOneOut({ name: 'shop', sequences });
  return { sequences, split, items: GOODS.map(({ en }) => en) };
}
