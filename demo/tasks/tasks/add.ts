/** The sum of two numbers. The answer has its ones first, as one adds by hand. */
import { type Task, type Typed } from './task';

export interface AddSettings {
  /** Digits of each number. */
  readonly digits: number;
}

const BASE = 10;
const PLUS = BASE;

export function add({ digits }: AddSettings): Task {
  const symbols = [...Array.from({ length: BASE }, (_, digit) => String(digit)), '+'];
  const numbersOf = (input: readonly number[]): [number, number] => {
    const number = (places: readonly number[]): number =>
      places.reduce((sum, digit) => sum * BASE + digit, 0);
    return [number(input.slice(0, digits)), number(input.slice(digits + 1))];
  };
  const inputOf = (a: number, b: number): number[] => [...digitsOf(a, digits), PLUS, ...digitsOf(b, digits)];
  return {
    symbols,
    longest: { input: 2 * digits + 1, answer: digits + 1 },
    align: 'end',
    draw: (random) => inputOf(random.below(BASE ** digits), random.below(BASE ** digits)),
    answer: (input) => {
      const [a, b] = numbersOf(input);
      return digitsOf(a + b, digits + 1).reverse();
    },
    // 12 + 7 gives away 7 + 12.
    kin: (input) => numbersOf(input).sort((a, b) => a - b),
    // Both digits of the column; the last carry has no column of its own.
    sources: () =>
      Array.from({ length: digits + 1 }, (_, column) =>
        column < digits ? [digits - 1 - column, 2 * digits - column] : [],
      ),
    read: (text) => readSum(text, digits, inputOf),
  };
}

/** The last `count` decimal digits of a whole number, the largest first. */
const digitsOf = (number: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(number / BASE ** (count - 1 - i)) % BASE);

/** Shorter numbers get zeros in front. */
function readSum(text: string, digits: number, inputOf: (a: number, b: number) => number[]): Typed {
  const typed = text.normalize('NFKC').replace(/\s/g, '').replace(/=$/, '');
  if (typed === '') return { problem: 'empty' };
  const unknown = /[^\d+]/u.exec(typed);
  if (unknown) return { problem: 'symbol', symbol: unknown[0] };
  const [, a, b] = /^(\d+)\+(\d+)$/.exec(typed) ?? [];
  if (a === undefined || b === undefined) return { problem: 'form' };
  const length = Math.max(a.length, b.length);
  return length > digits ? { problem: 'long', length } : { input: inputOf(Number(a), Number(b)) };
}
