// SGD as a run's optimizer: its memory, exact resuming, and whose checkpoints it takes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  checkpointInfo,
  DataError,
  Device,
  Graph,
  openSafetensors,
  Parameter,
  ParameterStore,
  SGD,
  Trainer,
  values,
  type Optimizer,
} from '../../engine/index';
import { upload } from '../../engine/runtime/transfer';
import torch from '../fixtures/ops.json';
import { assertClose } from '../harness/close';
import { openTestGpu } from '../harness/host';
import { at, tinyOptions } from './tiny';

describe('SGD', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
  });
  afterAll(() => device[Symbol.dispose]());

  const create = (optimizer: Optimizer) => Trainer.create(tinyOptions(device, { optimizer, schedule: 0.1 }));
  async function losses(trainer: Trainer, count: number): Promise<number[]> {
    for (let i = 0; i < count; i++) trainer.submit(at);
    return (await trainer.losses()).map((report) => report.loss);
  }
  const settings = { momentum: 0.9, nesterov: true, weightDecay: 0.01, clip: Infinity };

  it('resumes with exactly the same losses, from its file alone', async () => {
    using trainer = await create(new SGD(settings));
    expect(trainer.options.schedule).toEqual({ kind: 'constant', lr: 0.1 });
    await losses(trainer, 3);
    const file = await trainer.save();
    const want = await losses(trainer, 3);
    const info = await checkpointInfo(file);
    expect(info).toMatchObject({
      optimizerKind: 'sgd',
      optimizer: settings,
      schedule: trainer.options.schedule,
    });
    using second = await create(new SGD(info.optimizer));
    await second.load(file);
    expect(await losses(second, 3)).toEqual(want);
    // Without what it remembers, it would go on otherwise.
    const { first } = second.store.blocks[0].moments!;
    expect(first).not.toBeNull();
    const names = (await openSafetensors(file)).names();
    expect(names.filter((name) => name.startsWith('optimizer.second.'))).toEqual([]);

    using other = await create(new AdamW());
    await expect(other.load(file)).rejects.toThrow(
      'checkpoint: it was trained with optimizer sgd but this trainer has adamw.',
    );
    using still = await create(new SGD());
    await expect(create(new SGD(settings)).then(async (t) => t.load(await still.save()))).rejects.toThrow(
      DataError,
    );
  });

  it("takes torch's steps, and decays matrices only", async () => {
    for (const { learningRate, parameter, steps, ...settings } of torch.sgd) {
      const start = values(Float32Array.from(parameter.data));
      const model = { p: new Parameter([2, 3], { init: start }), bias: new Parameter([6], { init: start }) };
      using store = new ParameterStore(device, model, { train: true });
      const optimizer = new SGD({ ...settings, clip: Infinity });
      const g = new Graph(device, { train: true });
      using plan = await g.compile({ norm: optimizer.record(g, store) });
      for (const [index, want] of steps.entries()) {
        for (const { gradient } of Object.values(model))
          upload(device.gpu, gradient!, Float32Array.from(want.gradient.data));
        plan.run({}, { index, lr: learningRate, ...optimizer.corrections(index) });
        const what = `${JSON.stringify(settings)}, step ${index}`;
        const bound = { epsilon: 2 ** -23, terms: 4 };
        assertClose(what, await store.read('p'), want.parameter.data, [6], bound);
        if (settings.weightDecay === 0)
          assertClose(what, await store.read('bias'), want.parameter.data, [6], bound);
        else expect(await store.read('bias')).not.toEqual(await store.read('p'));
      }
    }
  });

  it('has as much memory as it remembers, and learns', async () => {
    const bytes = async (optimizer: Optimizer): Promise<number> => {
      using trainer = await create(optimizer);
      const [before] = await losses(trainer, 1);
      const batch = at(0);
      for (let i = 0; i < 20; i++) trainer.submit(() => batch);
      expect((await trainer.losses()).at(-1)!.loss).toBeLessThan(before);
      return trainer.store.bytes;
    };
    const [none, one] = [await bytes(new SGD()), await bytes(new SGD({ momentum: 0.5 }))];
    // Weights and gradients; a momentum as large as each.
    expect(2 * one).toBe(3 * none);
  });
});
