// A training as a folder for PyTorch, and back: nothing is lost, and the losses go on as PyTorch's own (tests/fixtures/make_gpt.py).
import { beforeAll, describe, expect, it } from 'vitest';
import {
  IGNORE_INDEX,
  nextToken,
  openSafetensors,
  SGD,
  Trainer,
  type Device,
  type Optimizer,
} from '../../engine/index';
import { gpt2, llama, load, type Pretrained } from '../../models/index';
import modern from '../fixtures/gpt-modern.json';
import small from '../fixtures/gpt-small.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';
import { fixtureAdamW } from './parity';

describe.each([
  { name: 'gpt-small', family: gpt2, about: small },
  { name: 'gpt-modern', family: llama, about: modern },
] as const)('$name', ({ name, family, about }) => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });
  let tensors: ReadonlyMap<string, FixtureTensor>;
  beforeAll(async () => {
    tensors = await fixtureTensors(`${name}.safetensors`);
  });
  const { B, T } = about.shape;
  const open = (): Promise<Pretrained<object>> => {
    const weights = new Map(Object.keys(about.parameters).map((key) => [key, tensors.get(key)!]));
    const files = { 'config.json': about.config, 'model.safetensors': checkpointOf(weights) };
    return load(folderOf(files), { device, families: [family] });
  };
  const trainerOf = (
    loaded: Pretrained<object>,
    optimizer: Optimizer = fixtureAdamW(about.adamw),
  ): Promise<Trainer> =>
    Trainer.create({
      ...{ device, model: loaded.model as never, objective: nextToken({ batch: B, length: T }) },
      ...{ optimizer, schedule: about.adamw.learningRate },
    });
  const batch = (what: string, k: number): Uint32Array =>
    Uint32Array.from(tensors.get(what)!.data.slice(k * B * T, (k + 1) * B * T), (id) =>
      id < 0 ? IGNORE_INDEX : id,
    );
  const train = async (trainer: Trainer, steps: number): Promise<number[]> => {
    for (let n = 0; n < steps; n++)
      trainer.submit((k) => ({ ids: batch('steps.ids', k), targets: batch('steps.targets', k) }));
    return (await trainer.losses()).map(({ loss }) => loss);
  };

  it('comes back bit for bit, and goes on as PyTorch would', async () => {
    let files: ReadonlyMap<string, Blob>;
    let before: Uint8Array<ArrayBuffer>;
    {
      using loaded = await open();
      using trainer = await trainerOf(loaded);
      await train(trainer, 5);
      before = await trainer.save({ note: 'halfway' });
      files = await loaded.saveTraining(before);
    }
    expect([...files.keys()]).toEqual([
      'config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'training.json',
    ]);
    const moments = await openSafetensors(files.get('optimizer.safetensors')!);
    const inner = Object.keys(about.parameters);
    expect(moments.names().sort()).toEqual(inner.flatMap((key) => [`first.${key}`, `second.${key}`]).sort());
    for (const key of inner) expect(moments.info(`first.${key}`).shape).toEqual(tensors.get(key)!.shape);

    using loaded = await open();
    const folder = (file: string): Promise<Blob | null> => Promise.resolve(files.get(file) ?? null);
    const back = await loaded.openTraining(folder);
    const [one, other] = await Promise.all([openSafetensors(before), openSafetensors(back)]);
    expect(other.names().sort()).toEqual(one.names().sort());
    for (const key of one.names()) expect(await other.float32(key), key).toEqual(await one.float32(key));
    expect(JSON.parse(other.metadata.run)).toEqual(JSON.parse(one.metadata.run));
    using trainer = await trainerOf(loaded);
    await trainer.load(back);
    for (const [i, loss] of (await train(trainer, 5)).entries()) {
      expect(Math.abs(loss / about.losses[5 + i] - 1)).toBeLessThan(2e-5);
    }
  });

  it('refuses what PyTorch would not go on with', async () => {
    using loaded = await open();
    {
      using trainer = await trainerOf(loaded, new SGD());
      await expect(loaded.saveTraining(await trainer.save())).rejects.toThrow(/its optimizer is sgd/);
    }
    const weights = (await loaded.save()).get('model.safetensors')!;
    await expect(loaded.saveTraining(weights)).rejects.toThrow(/this is no training checkpoint/);
    await expect(loaded.openTraining(() => Promise.resolve(null))).rejects.toThrow(
      /training\.json: it is not there/,
    );
    using trainer = await trainerOf(loaded);
    const files = await loaded.saveTraining(await trainer.save());
    const without = (left: string) => (file: string) =>
      Promise.resolve(file === left ? null : (files.get(file) ?? null));
    await expect(loaded.openTraining(without('optimizer.safetensors'))).rejects.toThrow(
      /optimizer\.safetensors: it is not there/,
    );
  });
});
