// Two tabs and what the browser keeps: two runs over one storage and one lock. The page's own test does it in a browser.
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DataError } from '../../../engine/index';
import { EncoderDecoder } from '../../../models/encoder_decoder';
import { translationExtras } from '../../../models/translation/model';
import { PairVocabulary } from '../../../models/translation/pair_vocabulary';
import { modelFile } from '../../../tests/harness/model-file';
import { OwnRun } from './own-run';
import type { LoadedPairs } from './pairs';
import type { RunInfo, TranslateEvent } from './protocol';

// Files share modules: those that import what is mocked are loaded anew for this one, and for the next.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('idb-keyval');
  vi.resetModules();
});
const kept = vi.hoisted(() => new Map<string, unknown>());
/** What the storage refuses with: to open, to read, to write; null is what an aborted transaction tells. */
const refuses = vi.hoisted((): { open?: Error | 'silence'; get?: Error | null; set?: Error | null } => ({}));
vi.mock('idb-keyval', () => ({
  createStore: () => () => {
    if (refuses.open === 'silence') return new Promise(() => undefined);
    return refuses.open ? Promise.reject(refuses.open) : Promise.resolve();
  },
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as browsers do
  get: (key: string) => ('get' in refuses ? Promise.reject(refuses.get) : Promise.resolve(kept.get(key))),
  setMany: (entries: [string, unknown][]) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as browsers do
    if ('set' in refuses) return Promise.reject(refuses.set);
    for (const [key, value] of entries) kept.set(key, structuredClone(value));
    return Promise.resolve();
  },
  delMany: (keys: string[]) => Promise.resolve(keys.forEach((key) => kept.delete(key))),
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

  get reasons(): unknown[] {
    return this.events.flatMap((event) => (event.kind === 'unkept' ? [event.reason] : []));
  }
}

let locks: Locks;
beforeEach(() => {
  kept.clear();
  for (const key of Object.keys(refuses)) Reflect.deleteProperty(refuses, key);
  locks = new Locks();
  vi.stubGlobal('navigator', { locks });
  vi.stubGlobal('indexedDB', {});
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

/** A run's file as the page writes it, with weights of zeros, at step 7; the page's own part is `page`. */
async function fileOf(page: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const vocabulary = await PairVocabulary.learn([{ source: 'a', target: 'b' }], { kind: 'characters' });
  const sizes = { encoderLayers: 1, decoderLayers: 1, heads: 1, width: 4, context: 8 };
  const model = new EncoderDecoder({ ...sizes, ...vocabulary.embedding });
  const extras = {
    ...translationExtras(vocabulary, { title: '' }),
    training: '{}',
    page: typeof page === 'string' ? page : JSON.stringify(page),
  };
  return modelFile(model, extras, { format: 'heed.train.2', step: 7 });
}
const history = { losses: [3, 2], validation: [[1, 2.5]], scores: [[1, 20]] };

describe('files that were edited', () => {
  const run = info('one', 7);
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /not JSON/],
    ['no object', 5, /what the page saved is 5, where Object is wanted/],
    ['no run', { history }, /run is undefined/],
    ['pairs null', { run: { ...run, pairs: null }, history }, /run\.pairs is null, where Object is wanted/],
    ['history null', { run, history: null }, /history is null/],
    ['losses of strings', { run, history: { ...history, losses: ['a'] } }, /history\.losses\.0 is "a"/],
    ['scores that are no points', { run, history: { ...history, scores: [[1]] } }, /history\.scores\.0/],
    ['step -1', { run: { ...run, step: -1 }, history }, /run\.step is -1, where >=0 is wanted/],
    ['step 1.5', { run: { ...run, step: 1.5 }, history }, /run\.step is 1\.5/],
    ['page null', null, /is null/],
    ['examples 5', { run: { ...run, examples: 5 }, history }, /run\.examples is 5, where Array is wanted/],
    ['another size', { run: { ...run, size: 'giant' }, history }, /run\.size is "giant"/],
  ])('%s', async (_, page, message) => {
    const { own } = new Tab('one');
    const stop = vi.fn(() => Promise.resolve());
    const error: unknown = await own.load(await fileOf(page), stop).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(message);
    expect([own.held, own.weights, stop.mock.calls.length]).toEqual([null, null, 0]); // as if nothing had been loaded
    expect((await own.load(await fileOf({ run, history }), stop))!.step).toBe(7);
  });

  test('the step is that of the weights, whatever the page says', async () => {
    const { own } = new Tab('one');
    const found = await own.load(await fileOf({ run: { ...run, step: 3 }, history }), () =>
      Promise.resolve(),
    );
    expect(found!.step).toBe(7);
  });

  test('a kept run that cannot be read stays until another takes its place', async () => {
    kept.set('run', { run: { ...run, pairs: null }, history, bytes: Uint8Array.of(1) });
    const tab = new Tab('one');
    await expect(tab.own.restore()).rejects.toThrow(
      'the run that this browser kept: run.pairs is null, where Object is wanted. The next run that trains takes its place.',
    );
    expect(kept.has('run')).toBe(true);
    await tab.train();
    await tab.advance(1);
    expect(keptRun()!.run.step).toBe(1);
  });
});

describe('a storage that refuses', () => {
  test.each<[string, typeof refuses, string, RegExp]>([
    ['no IndexedDB', {}, 'error', /it has no IndexedDB/],
    [
      'open throws',
      { open: new DOMException('The operation is insecure.', 'SecurityError') },
      'error',
      /insecure/,
    ],
    [
      'open fails without a word',
      { open: new DOMException('', 'InvalidStateError') },
      'error',
      /InvalidState/,
    ],
    ['no room', { set: new DOMException('full', 'QuotaExceededError') }, 'room', /full/],
    ['a write that is broken off', { set: null }, 'error', /broke it off/],
  ])('%s: training goes on, and it is said once that nothing is kept', async (_, how, why, reason) => {
    if (reason.source.includes('IndexedDB')) vi.stubGlobal('indexedDB', undefined);
    Object.assign(refuses, how);
    const tab = new Tab('one');
    expect(await tab.own.restore()).toBe(null);
    await tab.train();
    for (const step of [1, 2, 3]) await tab.advance(step);
    expect(tab.complaints).toEqual([why]);
    expect(tab.reasons[0]).toMatch(reason);
    expect(tab.own.held!.run.step).toBe(3);
    await tab.own.forget();
    expect(kept.size).toBe(0);
  });

  test('an IndexedDB that never answers holds up nothing but for some seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    refuses.open = 'silence';
    const tab = new Tab('one');
    const patiently = async <T>(work: Promise<T>): Promise<T> => {
      const [done] = await Promise.all([work, vi.advanceTimersByTimeAsync(10_000)]);
      return done;
    };
    expect(await patiently(tab.own.restore())).toBe(null);
    await patiently(tab.train());
    await patiently(tab.advance(1));
    expect(tab.reasons).toEqual(['its IndexedDB does not answer']);
    delete refuses.open;
    await tab.advance(2);
    expect(keptRun()!.run.step).toBe(2);
  });

  test('room that comes back is used, and want of it is told again', async () => {
    const tab = new Tab('one');
    await tab.train();
    refuses.set = new DOMException('full', 'QuotaExceededError');
    await tab.advance(1);
    delete refuses.set;
    await tab.advance(2);
    expect(keptRun()!.run.step).toBe(2);
    expect(kept.has('pairs')).toBe(true);
    refuses.set = new DOMException('full', 'QuotaExceededError');
    await tab.advance(3);
    expect(tab.complaints).toEqual(['room', 'room']);
    expect(keptRun()!.run.step).toBe(2);
  });

  test.each([
    [
      new DOMException('Failed to read large IndexedDB value', 'DataError'),
      /cannot be read \(Failed to read/,
    ],
    [null, /cannot be read \(the browser broke it off\)/],
  ])('a kept run that the browser cannot give back is told of, and gives way (%s)', async (error, words) => {
    const before = new Tab('one');
    await before.train();
    await before.advance(4);
    await locks.closeTab();
    refuses.get = error;
    const tab = new Tab('one');
    await expect(tab.own.restore()).rejects.toThrow(words);
    await tab.train();
    await tab.advance(1);
    expect(keptRun()!.run.step).toBe(1);
    expect(tab.complaints).toEqual([]);
  });
});
