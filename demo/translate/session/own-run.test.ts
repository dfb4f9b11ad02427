// Two tabs and what the browser keeps: two runs over one storage and one lock. The page's own test does it in a browser.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OwnRun } from './own-run';
import type { LoadedPairs } from './pairs';
import type { RunInfo, TranslateEvent } from './protocol';

const kept = vi.hoisted(() => new Map<string, unknown>());
vi.mock('idb-keyval', () => ({
  createStore: () => null,
  get: (key: string) => Promise.resolve(kept.get(key)),
  setMany: (entries: [string, unknown][]) => {
    for (const [key, value] of entries) kept.set(key, structuredClone(value));
    return Promise.resolve();
  },
  del: (key: string) => Promise.resolve(kept.delete(key)),
}));

/** Whoever asked first has the lock until the test lets go of it, as closing that tab does. */
class Locks {
  #held = false;
  #over = (): void => undefined;

  request(_: string, __: { ifAvailable: true }, work: (lock: object | null) => unknown): Promise<unknown> {
    if (this.#held) return Promise.resolve(work(null));
    this.#held = true;
    const closed = new Promise<void>((resolve) => (this.#over = resolve));
    return Promise.race([closed, Promise.resolve(work({}))]).finally(() => (this.#held = false));
  }

  async closeTab(): Promise<void> {
    this.#over();
    await vi.waitFor(() => expect(this.#held).toBe(false));
  }
}

const pairs = (id: string): LoadedPairs => ({
  name: { kind: 'pasted', id, title: id, languages: ['', ''] },
  pairs: [{ source: 'a', target: id }],
  apart: 'both',
});
const info = (id: string, step: number): RunInfo => ({
  ...{ size: 'tiny', rate: 1, steps: 9, score: 'bleu', examples: [] },
  ...{ pairs: pairs(id).name, step },
});
const keptRun = (): { run: RunInfo } | undefined => kept.get('run') as { run: RunInfo } | undefined;

class Tab {
  readonly events: TranslateEvent[] = [];
  readonly own = new OwnRun((event) => void this.events.push(event));
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Begins to train, or goes on. */
  async train(steps = 9): Promise<void> {
    const before = this.own.held;
    await this.own.claim((run) => run.pairs.id === this.id);
    const { held } = this.own;
    const fits = before && held?.run.pairs.id === this.id ? held : null;
    await this.own.begin({ ...info(this.id, fits?.run.step ?? 0), steps }, pairs(this.id), fits);
  }

  async advance(step: number): Promise<void> {
    vi.advanceTimersByTime(6000);
    await this.own.advance(step, Uint8Array.of(step));
  }

  get complaints(): unknown[] {
    return this.events.flatMap((event) => (event.kind === 'unkept' ? [event.why] : []));
  }
}

let locks: Locks;
beforeEach(() => {
  kept.clear();
  locks = new Locks();
  vi.stubGlobal('navigator', { locks });
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('the first tab that trains is kept, until it is closed; the other says once that it is not', async () => {
  const [first, second] = [new Tab('one'), new Tab('two')];
  await first.train();
  await first.advance(1);
  await second.train();
  await second.advance(1);
  await second.advance(2);
  expect(keptRun()!.run).toMatchObject({ pairs: { id: 'one' }, step: 1 });
  expect([first.complaints, second.complaints]).toEqual([[], ['tab']]);
  await second.own.forget(); // what is kept is not its own
  expect(keptRun()!.run.pairs.id).toBe('one');
  await second.train();
  await second.advance(1);
  expect(second.complaints).toEqual(['tab', 'tab']);

  await locks.closeTab();
  await second.advance(2);
  expect(keptRun()!.run).toMatchObject({ pairs: { id: 'two' }, step: 2 });
  expect(kept.get('pairs')).toMatchObject({ id: 'two' });
  expect(second.complaints).toHaveLength(2);
  await second.own.forget();
  expect(kept.size).toBe(0);
});

test('a run that goes on in another tab is not taken over; later it is taken up as far as it came', async () => {
  const first = new Tab('one');
  await first.train();
  await first.advance(1);
  const second = new Tab('one');
  expect((await second.own.restore())!.name.id).toBe('one');
  await expect(second.train()).rejects.toThrow('Train: this run goes on in another tab. Look there');
  await first.advance(5);
  expect(second.own.held!.run.step).toBe(1);
  await locks.closeTab();
  await second.train();
  expect(second.own.held).toMatchObject({ run: { step: 5 }, bytes: Uint8Array.of(5) });
  await second.advance(6);
  expect(keptRun()!.run.step).toBe(6);
});

test('without locks everything is kept', async () => {
  vi.stubGlobal('navigator', {});
  const tab = new Tab('one');
  await tab.train();
  await tab.advance(1);
  expect(keptRun()!.run.step).toBe(1);
});

test('how far a run is to go is kept as soon as it goes on', async () => {
  const tab = new Tab('one');
  await tab.train();
  expect(kept.size).toBe(0); // nothing is learnt yet
  await tab.advance(9);
  await tab.train(20);
  expect(keptRun()!.run).toMatchObject({ step: 9, steps: 20 });
});
