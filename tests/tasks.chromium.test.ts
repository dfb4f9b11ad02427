// What the page Tasks computes, without the page: a GPT that learns to copy three digits, how it is judged, its heads, and a lost device.
import { describe, expect, it, vi } from 'vitest';
import { reverse } from '../demo/tasks/example';
import type { TasksEvent, TaskSettings } from '../demo/tasks/session/protocol';
import { TasksSession } from '../demo/tasks/session/session';
import { Lesson } from '../demo/tasks/tasks/lesson';
import { makeTask } from '../demo/tasks/tasks/tasks';
import { Device } from '../engine/index';
import { openTestGpu } from './harness/host';
import { Random } from './harness/op';

const values = { length: 3, digits: 4 };
const settings: TaskSettings = { task: 'copy', values, layers: 1, heads: 1, seed: 3 };
const lesson = new Lesson(makeTask('copy', values), settings.seed);

type Of<Kind> = Extract<TasksEvent, { readonly kind: Kind }>;

/** A session, and all that it tells. */
function open() {
  const events: TasksEvent[] = [];
  const of = <Kind extends TasksEvent['kind']>(kind: Kind): Of<Kind>[] =>
    events.filter((event): event is Of<Kind> => event.kind === kind);
  let device: Promise<Device> | null = null;
  const reopen = (): Promise<Device> => (device = Device.open({ gpu: openTestGpu('own') }));
  const lose = (): void => void device?.then(({ gpu }) => gpu.destroy());
  const session = new TasksSession((event) => events.push(event), {
    open: () => (device ??= reopen()),
    ...{ reopen, lose },
  });
  return { session, of };
}

describe('a task that is learnt', () => {
  const { session, of } = open();

  it(
    'is solved, by the rule that the page tells, and told with its step and seconds',
    { timeout: 600_000 },
    async () => {
      await session.train(settings);
      const { state, run } = of('state').at(-1)!;
      expect(state).toBe('finished');
      expect(run!.solved!.step).toBe(run!.step);
      expect(run!.solved!.step).toBeLessThan(run!.steps);
      expect(run!.solved!.seconds).toBeGreaterThan(0);
      const judged = of('judged').map((event) => event.judged);
      expect(judged[0].step).toBe(0);
      expect(judged.slice(-2).every(({ answers }) => answers >= 0.99)).toBe(true);
      expect(
        judged
          .slice(0, -1)
          .some(({ answers }, i) => i > 0 && Math.min(answers, judged[i - 1].answers) >= 0.99),
      ).toBe(false);
      const [first, last] = [judged[0], judged.at(-1)!];
      expect(first.loss).toBeCloseTo(Math.log(6), 1); // all tokens are alike to fresh weights
      expect(last.loss).toBeLessThan(0.3);
    },
  );

  it('is judged as it answers: whole answers are those that it gives from the first to the last token', async () => {
    const exam = lesson.exam(256);
    let right = 0;
    for (const { input, answer } of exam) {
      const answered = await session.answer(input);
      expect(answered.answer).toEqual(answer);
      expect(answered.given).toHaveLength(answer.length);
      right += Number(answered.given.every(({ id }, i) => id === answer[i]));
      const shares = answered.given.map(({ likeliest }) =>
        likeliest.reduce((sum, { share }) => sum + share, 0),
      );
      for (const share of shares) expect(share).toBeLessThanOrEqual(1 + 1e-6);
    }
    const { answers, examples } = of('judged').at(-1)!.judged;
    expect([examples, right / exam.length]).toEqual([exam.length, answers]);
  });

  it('by the one head that there is: its score is what its map says, and without it answers are lost', async () => {
    const { scores, uniform, answers } = of('judged').at(-1)!.judged;
    expect(scores).toHaveLength(1);
    expect(scores[0][0]).toBeGreaterThan(2 * uniform);
    let [sum, rows, alike] = [0, 0, 0];
    for (const { input, answer } of lesson.exam(256).slice(0, 12)) {
      const { maps, read } = await session.answer(input);
      for (const [i] of answer.entries()) {
        // The row that predicts token i: '=' stands at place 3; copies are counted from the start.
        sum += maps[0].probabilities[(3 + i) * read.length + i];
        alike += 1 / (4 + i);
        rows++;
      }
    }
    expect(scores[0][0]).toBeCloseTo(sum / rows, 5);
    expect(uniform).toBeCloseTo(alike / rows, 10);
    expect(of('without').at(-1)!.answers[0][0]).toBeLessThan(answers - 0.3);
  });

  it('survives a lost device, also while nothing learns', async () => {
    const [{ input, answer }] = lesson.exam(1);
    const before = await session.answer(input);
    session.loseDevice();
    const after = await session.answer(input);
    expect(after.given.map(({ id }) => id)).toEqual(answer);
    for (const [i, { share }] of after.given.entries()) expect(share).toBeCloseTo(before.given[i].share, 5);
    expect(of('recovered').at(-1)!.step).toBe(of('state').at(-1)!.run!.step);
  });

  it('a seed learns the same again; a model that was stopped goes on; settings that are not on offer are refused', async () => {
    const [first, solved] = [of('steps'), of('state').at(-1)!.run!.solved!];
    const told = (): Of<'steps'>[] => of('steps').slice(first.length);
    const training = session.train(settings);
    while (told().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(session.train(settings)).rejects.toThrow('Train: it is training already. Stop it first.');
    await session.stop();
    await training;
    const stopped = of('state').at(-1)!;
    expect(stopped.state).toBe('stopped');
    const { length } = told();
    await session.train(settings);
    expect(told()[length].from).toBe(stopped.run!.step);
    expect(of('state').at(-1)!.run!.solved!.step).toBe(solved.step);
    const losses = (events: readonly Of<'steps'>[]): number[] => events.flatMap((event) => event.losses);
    expect(losses(told())).toEqual(losses(first));
    const history = of('history').length;
    const shaken = session.train(settings);
    const later = told().length;
    while (told().length < later + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    session.loseDevice();
    await shaken;
    expect(of('recovered').at(-1)!.step).toBe(0); // its first checkpoint
    expect(of('state').at(-1)!.run!.solved!.step).toBe(solved.step);
    expect(of('history').length).toBeGreaterThan(history); // the curve went back, too
    const wrong = session.train({ ...settings, values: { length: 99 } });
    await expect(wrong).rejects.toThrow('copy: length is 99. Use a whole number from 3 to 12.');
    expect(of('state').at(-1)!.state).toBe('finished'); // the model stays
    await session.forget();
    await expect(session.answer([1])).rejects.toThrow('Answer: there is no model yet. Press Train.');
  });
});

it('the code on the page learns to reverse six digits', { timeout: 600_000 }, async () => {
  const random = new Random(1);
  vi.spyOn(Math, 'random').mockImplementation(() => random.next());
  const { answer, map } = await reverse(120);
  expect(answer).toEqual([9, 5, 1, 4, 1, 3]);
  expect(map.shape).toEqual([2, 12, 12]);
  vi.restoreAllMocks();
});
