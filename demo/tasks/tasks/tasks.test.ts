import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../../engine/index';
import type { Task } from './task';
import { makeTask, TASK_NAMES, TASKS, type TaskName, type TaskValues } from './tasks';

/** The usual settings, the least and the most. */
const settingsOf = (name: TaskName): TaskValues[] =>
  (['value', 'min', 'max'] as const).map((which) =>
    Object.fromEntries(TASKS[name].settings.map((setting) => [setting.name, setting[which]])),
  );

const say = (task: Task, ids: readonly number[]): string => ids.map((id) => task.symbols[id]).join('');

/** The right answer by other means, on text. */
const ORACLES: Readonly<Record<TaskName, (input: string) => string>> = {
  sort: (input) => [...'0123456789'].map((digit) => digit.repeat(input.split(digit).length - 1)).join(''),
  reverse: (input) => [...input].reduce((answer, digit) => digit + answer, ''),
  copy: (input) => input,
  add: (input) => {
    const [a, b] = input.split('+');
    const sum = String(BigInt(a) + BigInt(b)).padStart(a.length + 1, '0');
    return [...sum].reduce((answer, digit) => digit + answer, '');
  },
  brackets: (input) => {
    let left = input;
    for (let before = ''; before !== left;) {
      before = left;
      left = left.replace(/\(\)|\[\]|\{\}/g, '');
    }
    if (/[)\]}]/.test(left)) return '✗';
    const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
    return [...left].reduce((answer, open) => closing[open] + answer, '✓');
  },
};

describe.each(TASK_NAMES)('%s', (name) => {
  test.each(settingsOf(name))(
    '%o: answers are exact, of all lengths, and made from where they say',
    (values) => {
      const task = makeTask(name, values);
      const random = new RandomStream(7, 'draws');
      const lengths = new Set<number>();
      for (let i = 0; i < 300; i++) {
        const input = task.draw(random);
        const answer = task.answer(input);
        lengths.add(input.length);
        expect(say(task, answer), say(task, input)).toBe(ORACLES[name](say(task, input)));
        expect(answer.length).toBeLessThanOrEqual(task.longest.answer);
        expect(input.length).toBeLessThanOrEqual(task.longest.input);
        const sources = task.sources(input);
        expect(sources).toHaveLength(answer.length);
        for (const [at, places] of sources.entries()) {
          const from = places.map((place) => input[place]);
          if (name === 'add') expect(from).toHaveLength(at < values.digits! ? 2 : 0);
          else if (name === 'brackets') expect(from).toEqual(at < answer.length - 1 ? [answer[at] - 1] : []);
          else expect(from.length > 0 && from.every((token) => token === answer[at])).toBe(true);
          // Equal digits are alike to a head that sorts.
          if (name === 'sort') expect(from).toEqual(input.filter((token) => token === answer[at]));
        }
        expect(task.read(say(task, input))).toEqual({ input });
      }
      const { input } = task.longest;
      expect([...lengths].sort((a, b) => a - b)).toEqual(
        name === 'add' ? [input] : Array.from({ length: input }, (_, i) => i + 1),
      );
    },
  );
});

test('columns of sums are told from the ones up', () => {
  const task = makeTask('add', { digits: 3 });
  // 1 2 3 + 4 5 6: places 0 to 6.
  expect(task.sources([1, 2, 3, 10, 4, 5, 6])).toEqual([[2, 6], [1, 5], [0, 4], []]);
});

test('brackets are balanced, open and broken alike, no deeper than told', () => {
  const task = makeTask('brackets', { length: 10, kinds: 2, depth: 3 });
  const random = new RandomStream(3, 'draws');
  const counts = { balanced: 0, open: 0, broken: 0 };
  for (let i = 0; i < 3000; i++) {
    const input = task.draw(random);
    const answer = say(task, task.answer(input));
    counts[answer === '✓' ? 'balanced' : answer === '✗' ? 'broken' : 'open']++;
    if (answer.length > 4) expect.fail(`${say(task, input)} is too deep`);
  }
  for (const [outcome, count] of Object.entries(counts)) {
    expect(count / 3000, outcome).toBeGreaterThan(0.22);
    expect(count / 3000, outcome).toBeLessThan(0.45);
  }
});

describe('what someone types', () => {
  test('is taken with spaces and in full width', () => {
    expect(makeTask('sort').read(' ３1 4 2 5')).toEqual({ input: [3, 1, 4, 2, 5] });
    expect(makeTask('add').read('7 + 58 =')).toEqual({ input: [0, 7, 10, 5, 8] });
    expect(makeTask('brackets', { length: 6, depth: 3 }).read('（[ (')).toEqual({ input: [0, 2, 0] });
  });

  test('or refused for what it is', () => {
    const row = makeTask('sort', { length: 4, digits: 5 });
    expect(row.read('  ')).toEqual({ problem: 'empty' });
    expect(row.read('127')).toEqual({ problem: 'symbol', symbol: '7' });
    expect(row.read('1😀')).toEqual({ problem: 'symbol', symbol: '😀' });
    expect(row.read('11111')).toEqual({ problem: 'long', length: 5 });
    const sum = makeTask('add');
    expect(sum.read('')).toEqual({ problem: 'empty' });
    expect(sum.read('12')).toEqual({ problem: 'form' });
    expect(sum.read('1+2+3')).toEqual({ problem: 'form' });
    expect(sum.read('12-3')).toEqual({ problem: 'symbol', symbol: '-' });
    expect(sum.read('123+4')).toEqual({ problem: 'long', length: 3 });
    const round = makeTask('brackets', { length: 8, kinds: 1, depth: 2 });
    expect(round.read('[')).toEqual({ problem: 'symbol', symbol: '[' });
    expect(round.read('✓')).toEqual({ problem: 'symbol', symbol: '✓' });
    expect(round.read('((()')).toEqual({ problem: 'deep', depth: 3 });
  });

  test('settings that are not on offer are refused by name', () => {
    expect(() => makeTask('sort', { length: 13 })).toThrow(
      'sort: length is 13. Use a whole number from 3 to 12.',
    );
    expect(() => makeTask('add', { digits: 2.5 })).toThrow('add: digits is 2.5');
  });
});
