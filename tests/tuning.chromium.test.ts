// Rungs that are chosen by measurement, on a software adapter: by the real clock, which must find its own rungs, and by clocks that say
// what they are told to.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Device,
  Graph,
  matmul,
  Run,
  type RungName,
  type Rungs,
  type Tuning,
  type TuningStore,
} from '../engine/index';
import { tune, tuneDevice, type Clock } from '../engine/tuning/tune';
import { fastest, repeat } from './docs/fastest';
import { openTestGpu } from './harness/host';
import { Losing } from './harness/losing';
import { at, tinyOptions } from './train/tiny';

let device: Device;
beforeEach(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterEach(() => {
  expect(device.buffers.stats.owners).toEqual({});
  device[Symbol.dispose]();
});

/** So many milliseconds a run, by rung. */
const clockOf =
  (milliseconds: Readonly<Record<RungName, number>>): Clock =>
  (_, rung, repetitions) =>
    Promise.resolve(repetitions * milliseconds[rung]);
const LARGE = clockOf({ quads: 3, small: 2, large: 1 });

class Kept extends Map<string, string> implements TuningStore {
  read = (key: string): Promise<string | null> => Promise.resolve(this.get(key) ?? null);
  write = (key: string, text: string): Promise<void> => Promise.resolve(void this.set(key, text));
}

/** The kernel that a product of 256 rows takes. */
function productKernel(): string {
  const g = new Graph(device);
  matmul(g, g.input('a', [256, 64], 'f32'), g.input('b', [64, 1024], 'f32'));
  return g.dispatches[0].variant.kernel;
}

describe('by the clock', () => {
  it('a software adapter finds its own rungs, and the next visit reads them', async () => {
    const { signal } = new AbortController();
    const said: string[] = [];
    await fastest(device, signal, (text) => said.push(text));
    expect(said.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, i) => `${i + 1} of 9 rungs`));
    // Noise leaves the usual ones, too.
    expect(device.can.rungs).toEqual({ matmul: 'quads', fewRows: 'quads', attention: 'quads' });
    expect(said.slice(9)).toEqual(
      ['matmul', 'fewRows', 'attention'].map(
        (kind) => expect.stringMatching(`^${kind}: quads \\((usual|noise)\\)$`) as unknown,
      ),
    );
    // Kept in the browser's cache, unless noise decided.
    if (!said.some((text) => text.includes('noise'))) {
      said.length = 0;
      await fastest(device, signal, (text) => said.push(text));
      expect(said).toEqual(['rungs as they were found before']);
    }
    await caches.delete('heed-tuning');
  });
});

describe('by what was timed', () => {
  it('later plans take what was fastest, of each kind', async () => {
    const usual = productKernel();
    const store = new Kept();
    const tuning = await tune(device, { store }, LARGE);
    for (const { times, size } of tuning.kinds) {
      expect(size).toMatch(/\d/);
      expect(times.map(({ milliseconds, low, high }) => [milliseconds, low, high])).toEqual(
        times.map(({ rung }) =>
          Array.from({ length: 3 }, () => (rung === 'quads' ? 3 : rung === 'small' ? 2 : 1)),
        ),
      );
    }
    // Where two rungs have the same kernels, the first stands for both.
    const tiles: unknown = expect.stringMatching(/^(small|large)$/);
    expect(tuning.rungs).toEqual({ matmul: tiles, fewRows: tiles, attention: 'large' });
    expect(tuning.kinds.map(({ why }) => why)).toEqual(['faster', 'faster', 'faster']);
    expect(device.can.rungs).toEqual(tuning.rungs);
    expect(usual).toMatch(/quad/);
    expect(productKernel()).toMatch(/tile/);

    using other = await Device.open({ gpu: openTestGpu() });
    const never: Clock = () => Promise.reject(new Error('nothing is to be timed'));
    expect(await tune(other, { store }, never)).toEqual({ rungs: tuning.rungs, kept: true, kinds: [] });
    expect(other.can.rungs).toEqual(tuning.rungs);
    repeat(device, {});
    expect(productKernel()).toBe(usual);
  });

  it('noise chooses nothing, and is not kept', async () => {
    const store = new Kept();
    let sample = 0;
    const noisy: Clock = (_, rung, repetitions) =>
      Promise.resolve(repetitions * (rung === 'quads' ? 10 : 9) * (1 + 0.5 * (sample++ % 2)));
    const { rungs, kinds } = await tune(device, { store }, noisy);
    expect(rungs).toEqual({ matmul: 'quads', fewRows: 'quads', attention: 'quads' });
    expect(kinds.map(({ why }) => why)).toContain('noise');
    expect(store.size).toBe(0);
  });
});

describe('a store', () => {
  it('that holds what is not ours, or of another adapter, is measured anew and overwritten', async () => {
    const store = new Kept([['another adapter', '{"matmul":"small"}']]);
    await tune(device, { store }, LARGE);
    const [key] = [...store.keys()].slice(1);
    store.set(key, '{"matmul":"huge"}');
    const { kept, rungs } = await tune(device, { store }, LARGE);
    expect(kept).toBe(false);
    expect(JSON.parse(store.get(key)!)).toEqual(rungs);
    expect(store.get('another adapter')).toBe('{"matmul":"small"}');
  });

  it('that fails is told, and costs nothing else', async () => {
    const refuse = (): Promise<never> => Promise.reject(new Error('the disk is full'));
    const tuning: Tuning = await tune(device, { store: { read: refuse, write: refuse } }, LARGE);
    expect(tuning.problem).toBe('rungs could not be read: Error: the disk is full');
    expect(tuning.rungs.attention).toBe('large');
    const half = await tune(device, { store: { read: () => Promise.resolve(null), write: refuse } }, LARGE);
    expect(half.problem).toBe('rungs could not be kept: Error: the disk is full');
    expect(await tune(device, { store: null }, LARGE)).not.toHaveProperty('problem');
  });
});

describe('what is cut off leaves the rungs as they were', () => {
  /** Does `what` at the n-th look at the clock. */
  const meanwhile =
    (n: number, what: () => void): Clock =>
    (plan, rung, repetitions) => {
      if (n-- === 0) what();
      return LARGE(plan, rung, repetitions);
    };
  beforeEach(() => device.setRungs({ matmul: 'small' }));

  it.each([0, 4, 30])('by an abort at look %i', async (n) => {
    const controller = new AbortController();
    const store = new Kept();
    const clock = meanwhile(n, () => controller.abort(new Error('enough')));
    await expect(tune(device, { store, signal: controller.signal }, clock)).rejects.toThrow('enough');
    expect(device.can.rungs).toEqual({ matmul: 'small' });
    expect(store.size).toBe(0);
  });

  it('by a page that is hidden', async () => {
    const hide = (hidden: boolean): void =>
      void Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
    try {
      await expect(
        tune(
          device,
          { store: null },
          meanwhile(5, () => hide(true)),
        ),
      ).rejects.toThrow(
        'tuneDevice: the page was hidden, and browsers slow down what they do not show. Call it again',
      );
    } finally {
      Reflect.deleteProperty(document, 'hidden');
    }
    expect(device.can.rungs).toEqual({ matmul: 'small' });
  });

  it('by a lost device', async () => {
    const losing = new Losing(openTestGpu());
    using lost = await Device.open({ gpu: losing.gpu });
    lost.setRungs({ attention: 'small' });
    await expect(
      tune(
        lost,
        { store: null },
        meanwhile(5, () => losing.lose()),
      ),
    ).rejects.toThrow(/lost/);
    expect(lost.can.rungs).toEqual({ attention: 'small' });
  });

  it('and what others set meanwhile, whose plans never have a rung that is being timed', async () => {
    const controller = new AbortController();
    device.setRungs({ attention: 'small' });
    const usual = productKernel();
    const seen = new Set<string>();
    let looks = 0;
    const clock: Clock = (plan, rung, repetitions) => {
      seen.add(productKernel());
      if (looks++ === 3) device.setRungs({});
      if (looks === 25) controller.abort(new Error('enough'));
      return LARGE(plan, rung, repetitions);
    };
    await expect(tune(device, { store: null, signal: controller.signal }, clock)).rejects.toThrow('enough');
    expect([...seen]).toEqual([usual]);
    expect(device.can.rungs).toBeUndefined();
  });

  it('by a second call meanwhile, which is refused', async () => {
    const second: Promise<unknown>[] = [];
    const clock = meanwhile(
      5,
      () => void second.push(tune(device, { store: null }, LARGE).catch((error: unknown) => error)),
    );
    const { rungs } = await tune(device, { store: null }, clock);
    expect(await second[0]).toMatchObject({
      name: 'EngineError',
      message: 'tuneDevice: this device is being tuned already. Wait for that call, or abort it first.',
    });
    expect(device.can.rungs).toEqual(rungs);
    await tune(device, { store: null }, LARGE); // the next one is not
  });

  it('by options that there are none of, or that cannot be', async () => {
    await expect(tuneDevice(device, { agian: true } as object)).rejects.toThrow(
      'there is no option "agian". Did you mean again?',
    );
    for (const [options, message] of [
      [null, 'tuneDevice: options is null. Give an object, such as {}.'],
      [5, 'tuneDevice: options is 5.'],
      [[], 'tuneDevice: options is a list.'],
      [{ signal: {} }, "signal: it is an object. Give an AbortController's signal."],
      [{ onProgress: 5 }, 'tuneDevice: onProgress is 5. Give a function.'],
      [{ again: 'yes' }, 'tuneDevice: again is yes. Use one of true, false.'],
      [{ store: 'here' }, 'tuneDevice: store is "here".'],
      [{ store: { write: () => null } }, 'tuneDevice: store lacks read or write.'],
    ] as const) {
      await expect(tuneDevice(device, options as never)).rejects.toMatchObject({
        name: 'EngineError',
        message: expect.stringContaining(message) as string,
      });
    }
    for (const rungs of [null, undefined, [], 'small'])
      expect(() => device.setRungs(rungs as never)).toThrow(
        /^Device\.setRungs: rungs is (null|undefined|a list|"small")\./,
      );
    expect(() => device.setRungs({ matmul: 'huge' as RungName })).toThrow(
      'matmul is huge. Use one of quads, small, large.',
    );
    expect(() => device.setRungs({ gelu: 'small' } as object)).toThrow('there is no option "gelu"');
    expect(device.can.rungs).toEqual({ matmul: 'small' });
  });
});

it('a device that is gone is told before anything that was kept, and after', async () => {
  const store = new Kept();
  const read = store.read;
  await tune(device, { store }, LARGE);
  const losing = new Losing(openTestGpu());
  using lost = await Device.open({ gpu: losing.gpu });
  store.read = async (key) => {
    losing.lose();
    await lost.lost;
    return await read(key);
  };
  await expect(tuneDevice(lost, { store })).rejects.toMatchObject({ name: 'DeviceError' });
  store.read = () => Promise.reject(new Error('nobody reads this'));
  await expect(tuneDevice(lost, { store })).rejects.toThrow('tuneDevice: the device was lost');
  const over = await Device.open({ gpu: openTestGpu() });
  over[Symbol.dispose]();
  await expect(tuneDevice(over, { store })).rejects.toThrow('tuneDevice: the device was disposed of');
  expect([lost.can.rungs, over.can.rungs]).toEqual([undefined, undefined]);
});

it('a device that takes the place of a lost one takes the rungs that the run has, unless reopen chooses some', async () => {
  const losing = new Losing(openTestGpu());
  let chosen: Rungs = {};
  const open = async (): Promise<Device> => {
    const opened = await Device.open({ gpu: losing.gpu });
    opened.setRungs(chosen);
    return opened;
  };
  const devices = [await open()];
  devices[0].setRungs({ matmul: 'small' });
  using run = await Run.create({ ...tinyOptions(devices[0]), reopen: open, reopenPauses: [0] });
  for (const [choice, expected] of [
    [{}, { matmul: 'small' }],
    [{ attention: 'small' }, { attention: 'small' }],
    [{}, { attention: 'small' }],
  ] as const) {
    chosen = choice;
    // Tuned since the run was made: it goes on with the kernels that it has, in evaluations, too.
    run.trainer.device.setRungs({ matmul: 'large', fewRows: 'large' });
    losing.lose();
    await run.fit({ steps: run.trainer.step + 1, batches: at });
    const { device: next } = run.trainer;
    expect(devices).not.toContain(next);
    devices.push(next);
    expect(next.can.rungs).toEqual(expected);
    expect(run.trainer.rungs).toEqual(expected);
  }
  run[Symbol.dispose]();
  for (const one of devices) one[Symbol.dispose]();
});
