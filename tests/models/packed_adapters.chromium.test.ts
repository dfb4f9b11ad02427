// Adapters that learn beside weights in int8 and int4: all is as beside the rounded numbers in f32.
import { describe, expect, it } from 'vitest';
import {
  adapt,
  AdamW,
  loadAdapter,
  lora,
  nextToken,
  ParameterStore,
  randomWindows,
  Run,
  saveAdapter,
  type Device,
} from '../../engine/index';
import { GPT, type GPTConfig } from '../../models/index';
import { withDevice } from '../harness/device';
import { relativeError } from './parity';

const SIZE = { batch: 2, length: 9 };
const gpt = (more: Partial<GPTConfig>): GPT =>
  new GPT({ vocabulary: 37, context: 16, layers: 2, heads: 2, width: 36, ...more });
const LAYERS = {
  'stack.layers.*.attention.qkv': lora({ rank: 2 }),
  'stack.layers.*.feedForward.{up,down}': lora({ rank: 2 }),
};
// One window, so that the loss falls from step to step.
const text = Uint32Array.from({ length: SIZE.length + 1 }, (_, i) => (i * i + 3 * i) % 37);

describe.each(['int8', 'int4'] as const)('beside %s', (storage) => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });

  it.each<[string, Partial<GPTConfig>]>([
    ['tied, GELU, computed twice', { recompute: true }],
    [
      'a Llama, matrices as in GPT-2',
      { positions: 'rope', norm: 'rms', gated: true, activation: 'silu', tied: false, layout: 'in_out' },
    ],
  ])('LoRA learns: %s', async (_, options) => {
    const base = gpt(options);
    using weights = new ParameterStore(device, base, { storage, seed: 4 });
    const numbers = await weights.readAll('weights');
    const learn = async (model: GPT) => {
      using adapter = await adapt(model, LAYERS, { seed: 2 });
      const training = { device, model, adapter, objective: nextToken(SIZE), optimizer: new AdamW() };
      using run = await Run.create({ ...training, schedule: 1e-2 });
      const losses: number[] = [];
      await run.fit({
        ...{ steps: 8, batches: randomWindows(text, SIZE) },
        onEvent: (e) => e.kind === 'steps' && losses.push(...e.reports.map(({ loss }) => loss)),
      });
      if (model === base) {
        await expect(adapter.merge()).rejects.toThrow(
          `is stored as ${storage}, which would round off what was learnt. Save it, load the model with storage: 'f32', and merge it there.`,
        );
      }
      return { losses, learnt: await adapter.store.readAll('weights'), file: await saveAdapter(adapter) };
    };
    const got = await learn(base);
    expect(got.losses.at(-1)).toBeLessThan(got.losses[0]);
    expect(await weights.readAll('weights')).toEqual(numbers);
    const plain = gpt(options);
    using store = new ParameterStore(device, plain, { init: 'none' });
    for (const [name, data] of numbers) store.write(name, data);
    const want = await learn(plain);
    {
      // The same weights in f32, as they came: the adapter is for them, too, and becomes part of them there.
      const model = gpt(options);
      using _exact = new ParameterStore(device, model, { seed: 4 });
      using adapter = await adapt(model, LAYERS, { seed: 3 });
      await loadAdapter(adapter, got.file);
      await adapter.merge();
      const other = gpt(options);
      using _other = new ParameterStore(device, other, { seed: 5 });
      using wrong = await adapt(other, LAYERS);
      await expect(loadAdapter(wrong, got.file)).rejects.toThrow(/fingerprint/);
    }
    for (const [i, loss] of want.losses.entries())
      expect(Math.abs(got.losses[i] / loss - 1)).toBeLessThan(1e-5);
    for (const [name, data] of want.learnt)
      expect(relativeError(got.learnt.get(name)!, data), name).toBeLessThan(2e-3);
  });
});
