/** Tasks on a row of digits, of any length up to the longest: copy it, reverse it, sort it. */
import { drawLength, readSymbols, type Task } from './task';

export interface RowSettings {
  /** Digits of the longest row. */
  readonly length: number;
  /** Different digits, 0 first. */
  readonly digits: number;
}

type Own = Pick<Task, 'align' | 'answer' | 'kin' | 'sources'>;

function row({ length, digits }: RowSettings, own: Own): Task {
  const symbols = Array.from({ length: digits }, (_, digit) => String(digit));
  return {
    symbols,
    longest: { input: length, answer: length },
    draw: (random) => Array.from({ length: drawLength(random, length) }, () => random.below(digits)),
    read: (text) => readSymbols(text, symbols, length),
    ...own,
  };
}

const itself = (input: readonly number[]): readonly number[] => input;

/** Token i of the answer is token i of the input. */
export const copy = (settings: RowSettings): Task =>
  row(settings, {
    align: 'start',
    answer: (input) => [...input],
    kin: itself,
    sources: (input) => input.map((_, i) => [i]),
  });

/** Token i of the answer is token n - 1 - i of the input. */
export const reverse = (settings: RowSettings): Task =>
  row(settings, {
    align: 'end',
    answer: (input) => [...input].reverse(),
    kin: itself,
    sources: (input) => input.map((_, i) => [input.length - 1 - i]),
  });

/** The smallest digit first. Rows of the same digits have the same answer, so they are kin. */
export const sort = (settings: RowSettings): Task => {
  const answer = (input: readonly number[]): number[] => [...input].sort((a, b) => a - b);
  return row(settings, {
    align: 'end',
    answer,
    kin: answer,
    sources: (input) =>
      answer(input).map((next) => input.flatMap((digit, place) => (digit === next ? [place] : []))),
  });
};
