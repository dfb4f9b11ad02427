// What a training does when something goes wrong in the middle of it, and what it never loses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  Device,
  DeviceError,
  Run,
  Trainer,
  TrainingError,
  type FitOptions,
  type LanguageTrainerOptions,
} from '../../engine/index';
import { GPT } from '../../models/index';
import { openTestGpu } from '../harness/host';
import { Random } from '../harness/op';

const VOCABULARY = 12;
const [BATCH, LENGTH] = [2, 8];
let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

const optionsOf = (options: Partial<LanguageTrainerOptions> = {}): LanguageTrainerOptions => ({
  device,
  model: new GPT({ vocabulary: VOCABULARY, context: LENGTH, layers: 1, heads: 2, width: 16 }),
  optimizer: new AdamW(),
  schedule: { kind: 'constant', lr: 1e-2 },
  ...{ batch: BATCH, length: LENGTH, seed: 3 },
  ...options,
});
const at = (k: number) => {
  const random = new Random(k + 1);
  const draw = () => Uint32Array.from({ length: BATCH * LENGTH }, () => random.below(VOCABULARY));
  return { ids: draw(), targets: draw() };
};
const NAME = 'h.0.attn.c_attn.weight';

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

  it('opens no new device for a want of memory', async () => {
    using run = await Run.create(optionsOf());
    let opened = 0;
    const reopen = (): Promise<Device> => {
      opened++;
      return Device.open({ gpu: openTestGpu() });
    };
    const measure = (): never => {
      throw new DeviceError('plan', 'out of GPU memory', 'Use a smaller batch.');
    };
    await expect(fit(run, { measure, reopen })).rejects.toThrow('out of GPU memory');
    expect(opened).toBe(0);
  });

  it('gives up where the devices that it opens are lost, too', async () => {
    const only = await Device.open({ gpu: openTestGpu() });
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
    await expect(fit(run, { measure, reopen })).rejects.toThrow(DeviceError);
    expect(opened).toBe(3);
    run[Symbol.dispose]();
    only[Symbol.dispose]();
  });

  it('compares a metric with itself only, and takes no number that is not finite for the best', async () => {
    using run = await Run.create(optionsOf());
    const scores = [NaN, 30, 20];
    const measure = () => Promise.resolve({ bleu: scores.shift()! });
    const bleu = { monitor: { metric: 'bleu', mode: 'max' }, measure } as const;
    expect((await fit(run, { ...bleu, steps: 2 })).best).toBeNull();
    expect((await fit(run, { ...bleu, steps: 6 })).best).toEqual({ step: 4, value: 30 });
    const { best } = await fit(run, { steps: 8 });
    expect(best!.step).toBe(8); // its loss is far below 30, and would have been "better" the other way round, too
    const again = await fit(run, { ...bleu, measure: () => Promise.resolve({ bleu: 7 }), steps: 10 });
    expect(again.best).toEqual({ step: 10, value: 7 });
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
