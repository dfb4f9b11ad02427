import { describe, expect, test } from 'vitest';
import { IGNORE_INDEX } from '../../../engine/index';
import { Lesson } from './lesson';
import { makeTask, TASK_NAMES, TASKS, type TaskName, type TaskValues } from './tasks';

const extremes = (name: TaskName): TaskValues[] =>
  (['value', 'min', 'max'] as const).map((which) =>
    Object.fromEntries(TASKS[name].settings.map((setting) => [setting.name, setting[which]])),
  );

const BATCH = 64;

/** The examples of a batch, read back from what the model reads and what it is told. */
function examplesOf(lesson: Lesson, step: number) {
  const { ids, targets } = lesson.batch(step, BATCH);
  const padding = lesson.symbols.indexOf('·');
  return Array.from({ length: BATCH }, (_, b) => {
    const row = [...ids.subarray(b * lesson.length, (b + 1) * lesson.length)];
    const wanted = [...targets.subarray(b * lesson.length, (b + 1) * lesson.length)];
    expect(row.indexOf(lesson.symbols.indexOf('='))).toBe(lesson.start - 1);
    const input = row.slice(0, lesson.start - 1).filter((id) => id !== padding);
    const answer = wanted.filter((id) => id !== IGNORE_INDEX);
    // Only the answer's tokens are told, each to the row before it, which has read all before.
    const silent = wanted.slice(0, lesson.start - 1).every((id) => id === IGNORE_INDEX);
    const told = wanted.slice(lesson.start - 1, lesson.start - 1 + answer.length);
    const read = row.slice(lesson.start, lesson.start + answer.length);
    const after = [...answer.slice(0, lesson.length - lesson.start)];
    expect([silent, told, read.slice(0, after.length)]).toEqual([true, answer, after]);
    return { input, answer };
  });
}

describe.each(TASK_NAMES)('%s', (name) => {
  test.each(extremes(name))('%o: what is held out is never learnt from, nor any of its kin', (values) => {
    const task = makeTask(name, values);
    for (const seed of [1, 2]) {
      const lesson = new Lesson(task, seed);
      const exam = lesson.exam(256);
      const kin = new Set(exam.map(({ input }) => task.kin(input).join()));
      expect(new Set(exam.map(({ input }) => input.join())).size).toBe(exam.length);
      for (const { input, answer } of exam) {
        expect([answer, lesson.holdsOut(input)]).toEqual([task.answer(input), true]);
      }
      const lengths = new Set<number>();
      for (let step = 0; step < 6; step++) {
        for (const { input, answer } of examplesOf(lesson, step)) {
          const leaks = lesson.holdsOut(input) || kin.has(task.kin(input).join());
          expect([answer, leaks]).toEqual([task.answer(input), false]);
          lengths.add(input.length);
        }
      }
      expect(Math.max(...lengths)).toBe(task.longest.input);
      if (name !== 'add') expect(lengths.size).toBeGreaterThan(1);
    }
  });

  test('every seed on offer leaves some to learn from and some to be judged by, at the least settings, too', () => {
    const lesson = (seed: number): Lesson => new Lesson(makeTask(name, extremes(name)[1]), seed);
    for (let seed = 1; seed <= 99; seed++) {
      expect(lesson(seed).exam(1).length).toBeGreaterThan(0);
      lesson(seed).batch(0, 4); // or throws
    }
  });

  test('a seed makes the same lesson again, another one another', () => {
    const lesson = (seed: number): Lesson => new Lesson(makeTask(name), seed);
    expect(lesson(1).batch(5, BATCH)).toEqual(lesson(1).batch(5, BATCH));
    expect(lesson(1).exam(20)).toEqual(lesson(1).exam(20));
    expect(lesson(2).batch(5, BATCH)).not.toEqual(lesson(1).batch(5, BATCH));
    expect(lesson(1).batch(6, BATCH)).not.toEqual(lesson(1).batch(5, BATCH));
    expect(lesson(2).exam(20)).not.toEqual(lesson(1).exam(20));
  });
});

test('a quarter of all inputs is held out', () => {
  const lesson = new Lesson(makeTask('copy', { length: 4, digits: 10 }), 1);
  let held = 0;
  for (let number = 0; number < 10_000; number++) {
    held += Number(lesson.holdsOut([...String(number).padStart(4, '0')].map(Number)));
  }
  expect(held / 10_000).toBeCloseTo(0.25, 1);
});

test('kin share a side: both orders of a sum, all orders of a row to sort', () => {
  const add = new Lesson(makeTask('add'), 1);
  const sort = new Lesson(makeTask('sort'), 1);
  for (let i = 0; i < 200; i++) {
    const [a, b, c, d] = [i % 10, Math.floor(i / 10) % 10, (i * 7) % 10, (i * 3) % 10];
    expect(add.holdsOut([a, b, 10, c, d])).toBe(add.holdsOut([c, d, 10, a, b]));
    expect(sort.holdsOut([a, b, c])).toBe(sort.holdsOut([c, a, b]));
  }
});

test('rows that predict an answer look at where they say, before or behind the padding', () => {
  const copy = new Lesson(makeTask('copy', { length: 4, digits: 10 }), 1);
  expect(
    copy
      .before([4, 5])
      .map((id) => copy.symbols[id])
      .join(''),
  ).toBe('45··=');
  expect(copy.looks({ input: [4, 5], answer: [4, 5] })).toEqual([
    { row: 4, places: [0] },
    { row: 5, places: [1] },
  ]);
  const reverse = new Lesson(makeTask('reverse', { length: 6, digits: 10 }), 1);
  // · · · 4 5 6 = 6 5 4: '=' stands at place 6 and predicts the first token of the answer.
  expect(
    reverse
      .before([4, 5, 6])
      .map((id) => reverse.symbols[id])
      .join(''),
  ).toBe('···456=');
  expect(reverse.looks({ input: [4, 5, 6], answer: [6, 5, 4] })).toEqual([
    { row: 6, places: [5] },
    { row: 7, places: [4] },
    { row: 8, places: [3] },
  ]);
  const brackets = new Lesson(makeTask('brackets', { length: 8, depth: 3 }), 1);
  expect(brackets.looks({ input: [0, 2], answer: [3, 1, 4] }).map(({ places }) => places)).toEqual([
    [7],
    [6],
  ]);
});
