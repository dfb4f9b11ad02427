// What a training does when something goes wrong in the middle of it, and what it never loses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, DeviceError, Run, Trainer, TrainingError, type FitOptions } from '../../engine/index';
import { openTestGpu } from '../harness/host';
import { at, tinyOptions, type TinyOptions } from './tiny';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

const optionsOf = (options: Partial<TinyOptions> = {}) => tinyOptions(device, options);
const NAME = 'stack.layers.0.attention.qkv.weight';

describe('Trainer', () => {
  it('applies no update after gradients that blew up, until their losses are read', async () => {
    using trainer = await Trainer.create(optionsOf());
    trainer.submit(at);
    await trainer.losses();
    const before = await trainer.store.read(NAME);
    const { gradient } = trainer.store.blocks[0].weights;
    device.gpu.queue.writeBuffer(gradient!.buffer, gradient!.offset, Float32Array.of(Infinity));
    for (let i = 0; i < 3; i++) trainer.submit(at); // only the first finds it
    await expect(trainer.losses()).rejects.toThrow(
      /^step 1: the gradient norm is not finite .*\. The weights are those before this step\./,
    );
    expect(trainer.step).toBe(1);
    expect(await trainer.store.read(NAME)).toEqual(before);
    trainer.submit(at);
    expect((await trainer.losses())[0].index).toBe(1);
    expect(await trainer.store.read(NAME)).not.toEqual(before);
  });

  it('forgets the first micro-batches of an update whose later one is refused', async () => {
    const losses = async (trainer: Trainer): Promise<number[]> => {
      for (let i = 0; i < 3; i++) trainer.submit(at);
      return (await trainer.losses()).map(({ loss }) => loss);
    };
    using plain = await Trainer.create(optionsOf({ accumulate: 2 }));
    using trainer = await Trainer.create(optionsOf({ accumulate: 2 }));
    const foreign = (k: number) => (k === 1 ? { ...at(k), ids: new Uint32Array(16).fill(99) } : at(k));
    expect(() => trainer.submit(foreign)).toThrow('holds 99');
    expect(await losses(trainer)).toEqual(await losses(plain));
  });

  it('saves one moment, whatever is submitted meanwhile', async () => {
    using trainer = await Trainer.create(optionsOf());
    for (let i = 0; i < 3; i++) trainer.submit(at);
    await trainer.losses();
    const saved = await trainer.save();
    const saving = trainer.save();
    trainer.submit(at);
    expect(await saving).toEqual(saved);
    await trainer.losses();
  });

  it('compiles an evaluation once for all that ask at the same time', async () => {
    using trainer = await Trainer.create(optionsOf());
    await trainer.evaluate([at(0)]);
    const before = device.buffers.stats;
    using other = await Trainer.create(optionsOf());
    const both = await Promise.all([other.evaluate([at(0)]), other.evaluate([at(0)])]);
    expect(both[0]).toBe(both[1]);
    other[Symbol.dispose]();
    expect(device.buffers.stats.live).toBe(before.live);
  });
});

it('a trainer needs an optimizer and a schedule, and what trains stays so', async () => {
  for (const [name, message] of [
    ['optimizer', 'Trainer: it has no optimizer'],
    ['schedule', 'schedule: kind is undefined'],
  ] as const) {
    await expect(Trainer.create(optionsOf({ [name]: undefined }))).rejects.toThrow(message);
  }
  await expect(Trainer.create(optionsOf({ storage: 'bf16' as 'f16' }))).rejects.toThrow('storage is bf16');
  using trainer = await Trainer.create(optionsOf());
  const weight = trainer.store.parameters.get(NAME)!;
  weight.trainable = false;
  expect(() => trainer.submit(at)).toThrow(`Trainer: ${NAME} was made frozen since. Create a new trainer.`);
  weight.trainable = true;
  trainer.submit(at);
  await trainer.losses();
});

describe('Run.fit', () => {
  const fit = (run: Run, options: Partial<FitOptions> = {}) =>
    run.fit({ steps: 4, batches: at, validation: [at(99)], evaluateEvery: 2, ...options });

  it('refuses periods that are none', async () => {
    using run = await Run.create(optionsOf());
    for (const name of ['evaluateEvery', 'checkpointEvery', 'patience'] as const) {
      for (const n of [0, -1, NaN]) {
        await expect(fit(run, { [name]: n })).rejects.toThrow(`fit: ${name} is ${n}. Use a whole number`);
      }
    }
    expect((await fit(run, { checkpointEvery: Infinity, patience: Infinity })).reason).toBe('finished');
  });

  it('refuses at once what waits for numbers that nobody measures', async () => {
    using run = await Run.create(optionsOf());
    const measure = () => Promise.resolve({ bleu: 1 });
    const refused = async (options: Partial<FitOptions>) => {
      const failure: unknown = await run.fit({ steps: 4, batches: at, ...options }).catch((e: unknown) => e);
      expect(run.trainer.step).toBe(0);
      return (failure as Error).message;
    };
    expect(await refused({ measure })).toMatchInlineSnapshot(
      `"fit: it monitors the loss, and there are no validation batches. Give them, or say with monitor which metric of measure tells."`,
    );
    for (const [name, options] of Object.entries({
      patience: { patience: 2 },
      keepBest: { keepBest: true },
      keepLast: { keepLast: 3 },
      monitor: { monitor: { metric: 'loss', mode: 'min' } as const },
    })) {
      expect(await refused(options)).toBe(
        `fit: ${name} waits for evaluations, and there are none. Give validation batches or measure.`,
      );
    }
    const bleu = { metric: 'bleu', mode: 'max' } as const;
    expect(await refused({ validation: [at(9)], monitor: bleu })).toMatch(
      'it monitors "bleu", but evaluations give',
    );
    expect(await refused({ measure, monitor: { ...bleu, mode: 'maximum' as 'max' } })).toMatch(
      'fit: monitor.mode is maximum. Use one of min, max.',
    );
    const misspelt = { ...bleu, silentAtZeros: true };
    expect(await refused({ measure, monitor: misspelt })).toMatch(
      'fit: monitor: there is no option "silentAtZeros". Did you mean silentAtZero?',
    );
    expect(await refused({ batches: [at(0)] as never })).toMatch('fit: batches is no function');
    expect(await refused({ batches: (k) => Promise.resolve(at(k)) as never })).toMatch(
      'Trainer: a batch is Promise',
    );
    const fine = { patience: Infinity, keepBest: false, keepLast: 1 };
    expect((await run.fit({ steps: 1, batches: at, ...fine })).reason).toBe('finished');
    expect((await run.fit({ steps: 2, batches: at, measure, monitor: bleu })).best).toMatchObject({
      step: 2,
      value: 1,
    });
  });

  it('refuses what measure returns and cannot be judged', async () => {
    using run = await Run.create(optionsOf());
    for (const [metrics, message] of [
      [{ bleu: '7' }, 'fit: measure returns bleu as string'],
      [{ bleu: 7, loss: 1 }, 'fit: measure returns a loss'],
      [undefined, 'evaluations give loss.'],
    ] as const) {
      const measure = () => Promise.resolve(metrics as never);
      const options = {
        measure,
        monitor: { metric: 'bleu', mode: 'max' },
        steps: run.trainer.step + 1,
      } as const;
      await expect(fit(run, options)).rejects.toThrow(message);
    }
  });

  it('opens no new device for a want of memory', async () => {
    using run = await Run.create(optionsOf());
    let opened = 0;
    const reopen = (): Promise<Device> => {
      opened++;
      return Device.open({ gpu: openTestGpu('own') });
    };
    const measure = (): never => {
      throw new DeviceError('plan', 'out of GPU memory', 'Use a smaller batch.');
    };
    await expect(fit(run, { measure, reopen })).rejects.toThrow('out of GPU memory');
    expect(opened).toBe(0);
  });

  it('gives up where the devices that it opens are lost, too', async () => {
    const only = await Device.open({ gpu: openTestGpu('own') });
    using run = await Run.create(optionsOf({ device: only }));
    let opened = 0;
    const reopen = (): Promise<Device> => {
      opened++;
      return Promise.resolve(only);
    };
    const measure = async (): Promise<Record<string, number>> => {
      only.gpu.destroy();
      return { first: (await run.trainer.store.read(NAME))[0] };
    };
    await expect(fit(run, { measure, reopen, reopenPauses: [0, 0] })).rejects.toThrow(DeviceError);
    expect(opened).toBe(3);
    run[Symbol.dispose]();
    only[Symbol.dispose]();
  });

  it('compares a metric with itself only, and takes no number that is not finite for the best', async () => {
    using run = await Run.create(optionsOf());
    const scores = [NaN, 30, 20];
    const measure = () => Promise.resolve({ bleu: scores.shift()! });
    const bleu = { monitor: { metric: 'bleu', mode: 'max' }, measure } as const;
    await expect(fit(run, { ...bleu, steps: 2 })).rejects.toThrow('was not finite in any of 1 evaluations');
    expect((await fit(run, { ...bleu, steps: 6 })).best).toMatchObject({ step: 4, value: 30 });
    const { best } = await fit(run, { steps: 8 });
    expect(best!.step).toBe(8); // its loss is far below 30, and would have been "better" the other way round, too
    const again = await fit(run, { ...bleu, measure: () => Promise.resolve({ bleu: 7 }), steps: 10 });
    expect(again.best).toMatchObject({ step: 10, value: 7 });
  });

  it('says that it was stopped in the last evaluation, which the next call makes up for', async () => {
    using run = await Run.create(optionsOf());
    const stop = new AbortController();
    const cut = await fit(run, {
      signal: stop.signal,
      measure: () => {
        if (run.trainer.step === 4) stop.abort();
        stop.signal.throwIfAborted();
        return Promise.resolve({});
      },
    });
    expect(cut).toMatchObject({ reason: 'aborted', step: 4, best: { step: 2 } });
    const evaluated: number[] = [];
    const rest = await fit(run, { onEvent: (e) => e.kind === 'evaluation' && evaluated.push(e.step) });
    expect([rest.reason, evaluated]).toEqual(['finished', [4]]);
  });

  it('goes back to the last checkpoint where a loss is not finite', async () => {
    using run = await Run.create(optionsOf());
    const batches = (k: number) => {
      if (k === 3) run.trainer.store.write(NAME, new Float32Array(16 * 48).fill(NaN));
      return at(k);
    };
    await expect(fit(run, { batches })).rejects.toThrow(TrainingError);
    expect(run.trainer.step).toBe(2);
    expect((await run.trainer.store.read(NAME)).every(Number.isFinite)).toBe(true);
  });
});
