// A device that is lost: what it is told as, whatever was going on, and how a run gets another one.
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  activation,
  adapt,
  Device,
  DeviceError,
  Graph,
  ParameterStore,
  Run,
  TrainingError,
  type FitOptions,
  type RunOptions,
} from '../../engine/index';
import { adalora } from '../../engine/adapters';
import { openTestGpu } from '../harness/host';
import { Losing, type Moment } from '../harness/losing';
import { at, tinyGPT, tinyOptions, type TinyOptions } from './tiny';

const NAME = 'stack.layers.0.attention.qkv.weight';
const opened: Device[] = [];
afterEach(() => {
  for (const device of opened.splice(0)) {
    expect(device.buffers.stats.owners).toEqual({});
    device[Symbol.dispose]();
  }
});

async function begin(): Promise<{ losing: Losing; device: Device; open: () => Promise<Device> }> {
  const losing = new Losing(openTestGpu());
  const open = async (): Promise<Device> => {
    const device = await Device.open({ gpu: losing.gpu });
    opened.push(device);
    return device;
  };
  return { losing, open, device: await open() };
}
const create = (device: Device, options: Partial<RunOptions> = {}): Promise<Run> =>
  Run.create({
    ...tinyOptions(device, options as Partial<TinyOptions>),
    ...options,
  } as RunOptions);
/** The losses of four steps, each once. */
async function fit(run: Run, options: Partial<FitOptions> = {}): Promise<number[]> {
  const losses: number[] = [];
  await run.fit({
    ...{ steps: 4, batches: at, checkpointEvery: 2, reopenPauses: [0, 0] },
    ...options,
    onEvent: async (event) => {
      if (event.kind === 'steps') for (const { index, loss } of event.reports) losses[index] = loss;
      await options.onEvent?.(event);
    },
  });
  return losses;
}
let expected: Promise<number[]> | null = null;
const calm = (): Promise<number[]> =>
  (expected ??= (async () => {
    const { device } = await begin();
    using run = await create(device);
    return await fit(run);
  })());

describe('is told as a loss', () => {
  it.each<[string, Moment]>([
    ['while kernels compile', { call: 'createComputePipelineAsync', n: 1, when: 'after' }],
    ['before a module is made', { call: 'createShaderModule', n: 1, when: 'before' }],
    ['while an error scope is asked', { call: 'popErrorScope', n: 1, when: 'after' }],
  ])('%s', async (_, moment) => {
    const { losing, device } = await begin();
    losing.plan([moment]);
    const g = new Graph(device);
    const y = activation(g, g.input('x', [4], 'f32'), 'relu');
    const failure: unknown = await g.compile({ y }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeviceError);
    expect((failure as Error).message).toMatch('the device was lost (lost on purpose)');
  });

  it.each(['after', 'answered'] as const)('%s a buffer is mapped', async (when) => {
    const { losing, device } = await begin();
    using store = new ParameterStore(device, tinyGPT());
    losing.plan([{ call: 'mapAsync', n: 1, when }]);
    await expect(store.read(NAME)).rejects.toThrow(DeviceError);
  });

  it('where the adapter refuses a device', async () => {
    const { losing, open } = await begin();
    losing.plan([{ call: 'requestDevice', n: 1, when: 'before' }]);
    const failure: unknown = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeviceError);
    expect((failure as Error).message).toMatch(
      'the adapter gave no device (OperationError: Instance dropped',
    );
  });
});

describe('a run goes on', () => {
  it.each<[string, readonly Moment[]]>([
    [
      'lost again while it recovers: in a compile',
      [
        { call: 'submit', n: 20, when: 'after' },
        { call: 'createComputePipelineAsync', n: 3, when: 'after' },
      ],
    ],
    [
      'lost again while it recovers: in a write',
      [
        { call: 'mapAsync', n: 5, when: 'answered' },
        { call: 'writeBuffer', n: 9, when: 'before' },
      ],
    ],
    [
      'no adapter, then no device, then one',
      [
        { call: 'submit', n: 20, when: 'after' },
        { call: 'requestAdapter', n: 1, when: 'before' },
        { call: 'requestDevice', n: 1, when: 'before' },
      ],
    ],
  ])('%s', async (_, moments) => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    losing.plan(moments);
    expect(await fit(run, { reopen: open, reopenPauses: [0, 0, 0] })).toEqual(await calm());
    expect(losing.reached).toEqual(moments);
  });

  it('lost while its first kernels compile', async () => {
    const { losing, device, open } = await begin();
    losing.plan([{ call: 'createComputePipelineAsync', n: 5, when: 'after' }]);
    using run = await create(device, { reopen: open, reopenPauses: [0] });
    expect(run.trainer.device).not.toBe(device);
    expect(await fit(run)).toEqual(await calm());
  });

  it('lost before its first checkpoint', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    losing.lose();
    await device.lost;
    const recovered: number[] = [];
    const losses = await fit(run, {
      reopen: open,
      onEvent: (e) => e.kind === 'recovered' && recovered.push(e.step),
    });
    expect(losses).toEqual(await calm());
    expect(recovered).toEqual([0]);
  });

  it('lost before its first checkpoint, with weights that no seed makes', async () => {
    const { losing, device, open } = await begin();
    const model = tinyGPT();
    const seeded = new ParameterStore(device, model, { seed: 3 }); // tinyOptions' own
    const weights = await seeded.read(NAME);
    seeded.write(
      NAME,
      weights.map((w) => 2 * w),
    );
    using run = await create(device, { model });
    losing.lose();
    await device.lost;
    await run.survive(() => Promise.resolve(), { reopen: open, reopenPauses: [] });
    expect(await seeded.read(NAME)).toEqual(weights.map((w) => 2 * w));
    expect(seeded.device).toBe(run.trainer.device);
    run[Symbol.dispose]();
    seeded[Symbol.dispose]();
  });

  it('with AdaLoRA, whose ranks are again what they were', async () => {
    const course = async (lose: boolean) => {
      const { losing, device, open } = await begin();
      const model = tinyGPT();
      const base = new ParameterStore(device, model, { seed: 1 });
      const weights = await base.readAll('weights');
      const budget = { steps: 6, rank: 4, target: 2, warmup: 1, final: 1, every: 2 };
      const adapter = await adapt(model, { 'stack.layers.*.feedForward.{up,down}': adalora(budget) });
      const run = await create(device, { model, adapter });
      if (lose) losing.plan([{ call: 'submit', n: 24, when: 'after' }]);
      const reopen = async (): Promise<Device> => {
        const next = await open();
        base.moveTo(next);
        for (const [name, data] of weights) base.write(name, data);
        return next;
      };
      const losses = await fit(run, { steps: 6, reopen });
      const learnt = await adapter.store.readAll('weights');
      for (const one of [run, adapter, base]) one[Symbol.dispose]();
      return { losses, learnt, devices: new Set(opened).size };
    };
    const calm = await course(false);
    const stormy = await course(true);
    expect(stormy.devices).toBe(calm.devices + 2);
    expect(stormy.losses).toEqual(calm.losses);
    expect(stormy.learnt).toEqual(calm.learnt);
    const kept = calm.learnt.get('stack.layers.0.feedForward.up.adalora.kept')!;
    expect(kept.some((one) => one === 0)).toBe(true);
  });

  it('not from other weights than it had', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    run.trainer.store.write(NAME, new Float32Array(16 * 48));
    losing.lose();
    await device.lost;
    await expect(fit(run, { reopen: open })).rejects.toThrow('and with it weights that no checkpoint has');
    const model = tinyGPT();
    const store = new ParameterStore(device, model);
    await expect(create(device, { model, reopen: open })).rejects.toThrow(DeviceError);
    store[Symbol.dispose]();
    expect(opened).toHaveLength(1);
  });

  it('saves weights that somebody wrote between two fits', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    await fit(run, { steps: 2 });
    const weights = new Float32Array(16 * 48).fill(0.125);
    run.trainer.store.write(NAME, weights);
    const saved: number[] = [];
    const onEvent: FitOptions['onEvent'] = (e) => e.kind === 'checkpoint' && saved.push(e.step);
    await fit(run, { steps: 2, onEvent });
    expect(saved).toEqual([2]);
    losing.lose();
    await device.lost;
    await fit(run, { steps: 2, reopen: open });
    expect(await run.trainer.store.read(NAME)).toEqual(weights);
  });

  it('whatever the error that came of it', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    let lost = false;
    const measure = (): Promise<Record<string, number>> => {
      if (lost) return Promise.resolve({ score: 1 });
      lost = true;
      losing.lose();
      throw new TrainingError('measure', 'what it read was not finite');
    };
    const monitor = { metric: 'score', mode: 'max' } as const;
    expect(await fit(run, { measure, monitor, reopen: open })).toEqual(await calm());
    expect(lost).toBe(true);
  });

  it('stops early at the same step, and goes on from there when asked', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device, { reopen: open, reopenPauses: [0] });
    const stopping = (loseAt: number | null) =>
      run.fit({
        ...{ steps: 6, batches: at, evaluateEvery: 1, checkpointEvery: 5, patience: 1 },
        ...{ measure: () => Promise.resolve({ score: 1 }), monitor: { metric: 'score', mode: 'max' } },
        onEvent: (event) => {
          if (event.kind !== 'checkpoint' || event.step !== loseAt) return;
          loseAt = null;
          losing.lose();
          throw new Error('whatever a listener meets then');
        },
      });
    expect(await stopping(2)).toMatchObject({ reason: 'early stop', step: 2 });
    expect(run.checkpoint!.step).toBe(2);
    losing.plan([{ call: 'mapAsync', n: 1, when: 'after' }]); // back to where patience had ended
    expect(await stopping(3)).toMatchObject({ reason: 'early stop', step: 3 });
    expect(opened).toHaveLength(4);
  });

  it('within other work only as a whole', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device, { reopen: open, reopenPauses: [0] });
    await run.save();
    let [outer, inner] = [0, 0];
    const read = await run.survive(async () => {
      outer++;
      return run.survive(async () => {
        if (inner++ === 0) losing.lose();
        return run.trainer.store.read(NAME);
      });
    });
    expect([outer, inner, read.length]).toEqual([2, 2, 16 * 48]);
  });
});

describe('a run without a device', () => {
  it('waits before it asks again, longer each time, and can be fitted again', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    await fit(run, { steps: 2 });
    losing.lose();
    await device.lost;
    const failures = [new Error('a driver restarts'), 'a string', undefined];
    let asked = 0;
    const broken = (): Promise<Device> => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- apps do so
      return Promise.reject(failures[asked++ % 3]);
    };
    const waits = vi.spyOn(globalThis, 'setTimeout');
    try {
      const failure: unknown = await fit(run, { reopen: broken, reopenPauses: [1, 2, 3] }).catch(
        (e: unknown) => e,
      );
      expect(waits.mock.calls.map(([, ms]) => ms).filter((ms) => ms! > 0 && ms! < 4)).toEqual([1, 2, 3]);
      expect(asked).toBe(4);
      expect(failure).toBeInstanceOf(DeviceError);
      expect((failure as Error).message).toMatchInlineSnapshot(
        `"Run: the device was lost, and 4 more in a row were lost or not to be had; the last: a driver restarts. The last checkpoint is kept: call fit again once there is a device."`,
      );
    } finally {
      waits.mockRestore();
    }
    await expect(fit(run)).rejects.toThrow('the device was lost (lost on purpose)');
    losing.plan([{ call: 'requestAdapter', n: 1, when: 'before' }]);
    expect((await fit(run, { reopen: open })).slice(2)).toEqual((await calm()).slice(2));
  });

  it('stops to wait when it is aborted, and is at its last checkpoint', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    await fit(run, { steps: 2 });
    const stop = new AbortController();
    const reopen = (): Promise<Device> => {
      setTimeout(() => stop.abort());
      return Promise.reject(new Error('not yet'));
    };
    losing.lose();
    await device.lost;
    const result = await run.fit({
      ...{ steps: 4, batches: at, signal: stop.signal, reopen, reopenPauses: [2 ** 31 - 1] },
    });
    expect(result).toMatchObject({ reason: 'aborted', step: 2 });
    const never = new AbortController();
    const hang = (): Promise<Device> => {
      setTimeout(() => never.abort());
      return new Promise(() => undefined);
    };
    expect((await run.fit({ steps: 4, batches: at, signal: never.signal, reopen: hang })).reason).toBe(
      'aborted',
    );
    expect((await fit(run, { reopen: open })).slice(2)).toEqual((await calm()).slice(2));
  });

  it('is told so, and not that it was disposed of, until it is', async () => {
    const { losing, device, open } = await begin();
    const run = await create(device);
    await fit(run, { steps: 2 });
    losing.lose();
    await device.lost;
    const failing = fit(run, { reopen: () => Promise.reject(new Error('none')) });
    await expect(failing).rejects.toThrow('3 more in a row were lost or not to be had; the last: none');
    for (const use of [() => run.save(), () => run.trainer.losses(), () => run.trainer.evaluate([at(0)])]) {
      await expect(use()).rejects.toThrow(DeviceError);
    }
    expect(run.checkpoint!.step).toBe(2);
    run[Symbol.dispose]();
    await expect(fit(run, { reopen: open })).rejects.toThrow('Run: it was disposed of.');
    expect(opened).toHaveLength(1);
  });

  it('takes no device that is lost already, and nothing for a pause', async () => {
    const { losing, device, open } = await begin();
    using run = await create(device);
    await fit(run, { steps: 2 });
    losing.lose();
    await device.lost;
    let asked = 0;
    const reopen = (): Promise<Device> => (asked++ < 2 ? Promise.resolve(device) : open());
    expect((await fit(run, { reopen })).slice(2)).toEqual((await calm()).slice(2));
    for (const ms of [-1, NaN, 2 ** 31]) {
      await expect(fit(run, { reopenPauses: [0, ms] })).rejects.toThrow(
        `fit: a pause is ${ms} ms. Use numbers`,
      );
    }
  });
});
