// What the page Graph computes, without the page: a network that learns a club from two members, reads what is changed, guesses ties, and a lost device.
import { describe, expect, it } from 'vitest';
import { withoutTie } from '../demo/graph/example';
import { askedOf, taughtOf } from '../demo/graph/net/asked';
import { karateClub } from '../demo/graph/net/karate';
import { tieBetween, withCut, withMember, withTie } from '../demo/graph/net/net';
import { graphOf, networkOf } from '../demo/graph/session/network';
import type { GraphEvent, GraphSettings, Looked, TrainedNet } from '../demo/graph/session/protocol';
import { GraphSession } from '../demo/graph/session/session';
import { Device, ParameterStore } from '../engine/index';
import { GraphReader } from '../models/graphs/index';
import { openTestGpu } from './harness/host';
import { Told } from './harness/told';

const net = karateClub(['one', 'other']);
const taught = taughtOf(net);
const { known } = taught;
const settings: GraphSettings = { version: 2, layers: 2, heads: 4, steps: 60, seed: 1 };

/** A session, and all that it tells. */
function open() {
  const told = new Told<GraphEvent>();
  let device: Promise<Device> | null = null;
  const reopen = (): Promise<Device> => (device = Device.open({ gpu: openTestGpu('own') }));
  const lose = (): void => void device?.then(({ gpu }) => gpu.destroy());
  const connection = { open: () => (device ??= reopen()), reopen, lose };
  const session = new GraphSession(told.hear, connection);
  return { session, of: told.of, next: told.next, device: connection.open };
}

const { session, of, next, device } = open();

/** Largest difference of two lists. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce(
    (most, x, i) => Math.max(most, Math.abs(x - b[i])),
    a.length === b.length ? 0 : Infinity,
  );

describe('a network that learns the club', () => {
  let whole: Looked;

  it('is told of two members, and finds the club of nearly all others', async () => {
    await session.train(settings, taught);
    const { state, run } = of('state').at(-1)!;
    expect(state).toBe('finished');
    expect(run).toMatchObject({ step: 60, steps: 60, vocabulary: 2, known });
    const judged = of('judged').map((event) => event.judged);
    expect(judged.map(({ step }) => step)).toEqual(Array.from({ length: 13 }, (_, i) => 5 * i));
    expect(judged.at(-1)).toMatchObject({ rest: 32 });
    expect(judged.at(-1)!.right).toBeGreaterThanOrEqual(28);
    expect(of('evaluation').at(-1)!.loss).toBeLessThan(Math.log(2));
  });

  it('says what it says to GraphReader: the room for changes changes nothing', async () => {
    const asked = askedOf(net, known);
    whole = await session.look(asked);
    expect(whole.step).toBe(60);
    const opened = await device();
    const model = networkOf(settings, { features: 34, classes: 2 });
    using store = new ParameterStore(opened, model, { init: 'none' });
    for (const [name, data] of await session.weights()) store.write(name, data);
    using reader = await GraphReader.create(opened, model, graphOf(asked, 34));
    const rows = await reader.read();
    const shares = Array.from({ length: 34 }, (_, n) => 1 / (1 + Math.exp(rows[2 * n + 1] - rows[2 * n])));
    expect(
      apart(
        whole.shares.filter((_, i) => i % 2 === 0),
        shares,
      ),
    ).toBeLessThan(1e-6);
    for (const [layer, { heads, toSource, toTarget, own }] of whole.attention.entries()) {
      const { weights } = await reader.attention(layer);
      expect(heads).toBe(layer === 0 ? 4 : 1);
      expect(apart([...toSource, ...toTarget, ...own], weights)).toBeLessThan(1e-6);
    }
  });

  it('reads the graph with a tie cut, and with a member whom it never met, without learning', async () => {
    const tie = tieBetween(net, 8, 33);
    const cut = await session.look(askedOf(withCut(net, tie, true), known));
    expect(cut.shares).toHaveLength(whole.shares.length);
    expect(apart(cut.shares, whole.shares)).toBeGreaterThan(1e-3);
    expect(await session.look(askedOf(net, known, tie))).toEqual(cut);
    expect(apart((await session.look(askedOf(net, known))).shares, whole.shares)).toBe(0);
    const more = [33, 32, 31].reduce((before, of) => withTie(before, 34, of), withMember(net));
    const asked = askedOf(more, known);
    expect(asked.rows.at(-1)).toBe(-1);
    const { shares } = await session.look(asked);
    expect(shares).toHaveLength(2 * 35);
    expect(shares[2 * 34 + 1]).toBeGreaterThan(0.5); // it belongs to those whom it is tied to
  });

  it('survives a lost device, at rest and while it learns, and stops in order', async () => {
    session.loseDevice();
    await expect.poll(async () => (await device()).alive).toBe(false);
    expect(apart((await session.look(askedOf(net, known))).shares, whole.shares)).toBeLessThan(1e-6);
    expect(of('recovered').at(-1)).toMatchObject({ step: 60 });
    const begins = next('state', ({ state }) => state === 'training');
    const training = session.train({ ...settings, seed: 2 }, taught);
    await begins;
    const looked = await session.look(askedOf(net, known)); // between two steps
    expect(looked.step).toBeLessThan(60);
    const losses = of('recovered').length;
    session.loseDevice();
    await training;
    expect(of('recovered').length).toBe(losses + 1);
    expect(of('state').at(-1)).toMatchObject({ state: 'finished', run: { step: 60 } });
    const fifth = next('judged', ({ judged }) => judged.step === 5);
    const stopped = session.train({ ...settings, seed: 3 }, taught);
    await fifth;
    await session.stop();
    await stopped;
    const { state, run } = of('state').at(-1)!;
    expect(state).toBe('stopped');
    await session.train({ ...settings, seed: 3 }, taught); // goes on
    expect(of('steps').map(({ from }) => from)).toContain(run!.step);
    expect(of('state').at(-1)).toMatchObject({ state: 'finished', run: { step: 60 } });
  });

  it('is brought as it was, and refuses what it is not', async () => {
    const weights = Object.fromEntries(await session.weights());
    const { run } = of('state').at(-1)!;
    const before = await session.look(askedOf(net, known));
    const other = open();
    await expect(other.session.look(askedOf(net, known))).rejects.toThrow('there is no network yet');
    await other.session.adopt({ run: run!, weights });
    expect(apart((await other.session.look(askedOf(net, known))).shares, before.shares)).toBeLessThan(1e-6);
    const settings = { ...run!.settings, heads: 3 };
    await other.session.adopt({ run: { ...run!, settings }, weights } satisfies TrainedNet);
    await expect(other.session.look(askedOf(net, known))).rejects.toThrow(/layers\.0/);
  });
});

it('guesses who may become friends: better than by chance, and only of those who are not', async () => {
  const { pairs, auc, held } = await session.guess(settings, askedOf(net, known));
  expect(held).toBe(12);
  expect(auc).toBeGreaterThan(0.6);
  expect(pairs).toHaveLength(10);
  for (const { source, target } of pairs) expect(tieBetween(net, source, target)).toBe(-1);
  expect(of('guessing').at(-1)!.share).toBe(1);
});

it('the example tells what a tie is worth', async () => {
  const { source: from, target: to, labels, told } = taught;
  const ties = { members: 34, from: [...from], to: [...to] };
  const known = { labels: labels.map((label) => label!), told: [...told] };
  const { before, after, weights, heads } = await withoutTie(
    await device(),
    ties,
    known,
    tieBetween(net, 8, 33),
  );
  expect([before.length, after.length, heads, weights.length]).toEqual([34, 34, 4, 4 * (2 * 78 + 34)]);
  expect([...before].filter((c, i) => c === labels[i]).length).toBeGreaterThan(28);
});
