// What the page Next computes, without the page: the recommender that ships, what it says and why, one that learns from a table, and a lost device.
import { describe, expect, it } from 'vitest';
import card from '../demo/models/next-item.json';
import { recommendNext } from '../demo/next/example';
import type { Answer, NextEvent, NextSettings } from '../demo/next/session/protocol';
import { NextSession } from '../demo/next/session/session';
import { customers } from '../demo/next/shop/customers';
import { goodNamed, GOODS } from '../demo/next/shop/goods';
import { Device } from '../engine/index';
import { openTestGpu } from './harness/host';
import { Told } from './harness/told';

const file = new URL('../demo/models/next-item.safetensors', import.meta.url).href;
const shipped = { title: '', shop: true, settings: null, step: 0, steps: 0, best: 0, scores: null };
const items = (...names: string[]): number[] => names.map(goodNamed);

const told = new Told<NextEvent>();
const { of, next } = told;
let device: Promise<Device> | null = null;
const reopen = (): Promise<Device> => (device = Device.open({ gpu: openTestGpu('own') }));
const lose = (): void => void device?.then(({ gpu }) => gpu.destroy());
const session = new NextSession(told.hear, {
  open: () => (device ??= reopen()),
  reopen,
  lose,
});

const sumOf = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);

describe('the recommender that ships', () => {
  let answer: Answer;

  it('goes on with both hobbies, where a Markov chain knows the last one only', async () => {
    await session.ship(new Uint8Array(await (await fetch(file)).arrayBuffer()), shipped);
    expect(of('state').at(-1)).toMatchObject({ state: 'finished', run: { vocabulary: 120 } });
    const history = items('tent', 'coffee beans', 'sleeping bag', 'hand grinder', 'pour-over cone');
    answer = await session.answer(history, false);
    const best = answer.model.slice(0, 4).map(({ item }) => GOODS[item - 1].en);
    expect(best).toEqual(expect.arrayContaining(['sleeping mat', 'filter papers']));
    expect(answer.model).toHaveLength(10);
    expect(answer.model.some(({ item }) => history.includes(item))).toBe(false);
    expect(answer.markov![0].item).toBe(goodNamed('filter papers'));
    expect(answer.markov!.slice(0, 2).map(({ item }) => item)).not.toContain(goodNamed('sleeping mat'));
    expect(sumOf(answer.attention)).toBeCloseTo(1, 5);
  });

  it('says by which items: the mat follows from what was bought to camp, and from no coffee', () => {
    const mat = answer.model.findIndex(({ item }) => item === goodNamed('sleeping mat'));
    const { share } = answer.model[mat];
    const without = answer.without[mat];
    expect(without).toHaveLength(5);
    expect(Math.min(...without)).toBeLessThan(0.8 * share);
    expect([without[0], without[2]]).toContain(Math.min(...without));
  });

  it('lets items come again where they may, and answers to one item', async () => {
    const [tent] = items('tent');
    const one = await session.answer([tent], true);
    expect(one.without[0][0]).toBeNaN();
    expect(one.attention).toEqual([1]);
    await expect(session.answer([], true)).rejects.toThrow();
    await expect(session.answer([121], true)).rejects.toThrow(/121/);
  });

  it('is as its card says: better than what it has to beat, with every seed', () => {
    const { popularity, markov, runs, cases } = card.scores;
    expect(cases).toBe(customers().filter(({ length }) => length > 2).length);
    expect(runs).toHaveLength(3);
    for (const { hitRate, ndcg } of runs) {
      expect(hitRate).toBeGreaterThan(markov.hitRate + 0.25);
      expect(ndcg).toBeGreaterThan(markov.ndcg + 0.1);
      expect(markov.hitRate).toBeGreaterThan(popularity.hitRate);
    }
  });
});

describe('a table of one’s own', () => {
  const circle = ['a', 'b', 'c', 'd', 'e', 'f'];
  const rows = Array.from({ length: 40 }, (_, user) =>
    Array.from({ length: 5 }, (_, i) => `u${user},${circle[(user + i) % 6]},${2020 + i}`),
  );
  const lines = ['who,what,year', ...rows.flat(), 'u0,,2030', 'u1,a,soon', 'lonely,b,2020'];
  [lines[1], lines[2]] = [lines[2], lines[1]];
  const table = { file: new File([lines.join('\n')], 'mine.csv'), fewestUsers: 2, fewestItems: 1 };
  const settings: NextSettings = { epochs: 12, seed: 1, again: true };

  it('is read by its columns, and what of it is left out is told with the reason', async () => {
    const facts = await session.choose({ ...table, columns: null });
    expect(facts.chosen).toEqual({ user: 'who', item: 'what', time: 'year' });
    expect(facts).toMatchObject({ users: 41, items: 6, choices: 201, short: 1, reordered: 1 });
    expect(facts.skipped.map(({ number }) => number)).toEqual([202, 203]);
    const columns = { user: 'nobody', item: 'what', time: null };
    await expect(session.choose({ ...table, columns })).rejects.toThrow(/nobody/);
  });

  it('is learnt from, judged beside both others, saved and opened again; a device is lost meanwhile', async () => {
    const judged = next('judged');
    const training = session.train(settings);
    await judged;
    const losses = of('recovered').length;
    session.loseDevice();
    await training;
    expect(of('recovered').length).toBe(losses + 1);
    const { state, run } = of('state').at(-1)!;
    expect(state).toBe('finished');
    expect(run).toMatchObject({ title: 'mine.csv', shop: false, vocabulary: 6 });
    expect(run!.items.toSorted()).toEqual(circle);
    expect(run!.scores!.cases).toBe(40);
    expect(run!.scores!.model.hitRate).toBe(1); // of six items
    expect(run!.scores!.model.ndcg).toBeGreaterThan(run!.scores!.popularity.ndcg);
    const item = (name: string): number => run!.items.indexOf(name) + 1;
    const before = await session.answer([item('a'), item('b')], true);
    expect(before.model[0].item).toBe(item('c'));
    const { bytes, name } = session.save();
    await session.load(new File([bytes], name));
    const after = await session.answer([item('a'), item('b')], true);
    expect(after.model.map((one) => one.item)).toEqual(before.model.map((one) => one.item));
    expect([after.popularity, after.markov]).toEqual([null, null]);
    await expect(session.load(new File(['no'], 'no.safetensors'))).rejects.toThrow(/safetensors/);
  });

  it('stops in order: the best weights so far stay', async () => {
    const judged = next('judged');
    const training = session.train({ ...settings, epochs: 200, seed: 2 });
    await judged;
    await session.stop();
    await training;
    expect(of('state').at(-1)).toMatchObject({ state: 'stopped', run: { title: 'mine.csv' } });
    await expect(session.answer([1], true)).resolves.toBeDefined();
  });
});

it('the example learns, and tells what is next', async () => {
  const sequences = customers(60);
  const found = await recommendNext(
    await (device ??= reopen()),
    sequences,
    GOODS.length,
    items('guitar', 'picks'),
    1,
  );
  expect(found.next).toHaveLength(3);
  expect(found.cases).toBe(60);
});
