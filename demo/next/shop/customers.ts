/**
 * Customers of the shop, drawn: each takes up two hobbies or three, somewhere near their beginning, and goes on with one or another of them as a
 * die says; now and then a good is skipped, and one purchase in twelve is anything. Nobody buys a thing twice.
 */
import { RandomStream } from '../../../engine/index';
import { EACH, GOODS, HOBBIES } from './goods';

export const CUSTOMERS = 3000;
const SEED = 1;
/** Of a purchase that is anything, and of a good that is skipped. */
const NOISE = 1 / 12;
const SKIPPED = 0.15;
const LONGEST = 16;

/** Items of each customer, the oldest first. */
export function customers(count = CUSTOMERS, seed = SEED): Uint32Array[] {
  const random = new RandomStream(seed, 'customers of the shop');
  return Array.from({ length: count }, () => {
    const hobbies = new Set<number>();
    const wanted = 2 + random.below(2);
    while (hobbies.size < wanted) hobbies.add(random.below(HOBBIES.length));
    const followed = [...hobbies].map((hobby) => ({ hobby, at: random.below(3) }));
    const length = 5 + random.below(LONGEST - 4);
    const bought = new Set<number>();
    while (bought.size < length) {
      const open = followed.filter(({ at }) => at < EACH);
      if (open.length === 0) break;
      if (random.uniform() < NOISE) {
        bought.add(1 + random.below(GOODS.length));
        continue;
      }
      const one = open[random.below(open.length)];
      if (random.uniform() < SKIPPED && one.at + 1 < EACH) one.at++;
      bought.add(1 + one.hobby * EACH + one.at);
      one.at++;
    }
    return Uint32Array.from(bought);
  });
}
