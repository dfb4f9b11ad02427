// Parity of families with a mixture of experts with Hugging Face Transformers, see tests/fixtures/make_experts.py.
import { describe, expect, it } from 'vitest';
import { GatedDeltaNet } from '../../engine/attention';
import { Graph, mean, MixtureOfExperts, multiply, ParameterStore, type Device } from '../../engine/index';
import { mixtral } from '../../models/families/mixtral';
import { qwen2Moe } from '../../models/families/qwen2_moe';
import { qwen3Moe } from '../../models/families/qwen3_moe';
import about from '../fixtures/experts.json';
import { withDevice } from '../harness/device';
import { normal } from '../harness/op';
import { decoderParity } from './decoder_parity';
import { gradientsOf } from './parity';

for (const family of [mixtral, qwen2Moe, qwen3Moe]) decoderParity(family, about, 'experts.safetensors');

describe('a layer of experts behind one of linear attention', () => {
  let device: Device;
  withDevice((opened) => (device = opened), { empty: true });
  const [B, T, width] = [2, 40, 8];
  const make = () => ({
    net: new GatedDeltaNet({ width, keyHeads: 1, valueHeads: 2, keyWidth: 4, valueWidth: 6 }),
    mixture: new MixtureOfExperts({ width, hidden: 12, experts: 6, choices: 2, shared: 8 }),
  });
  const x = Float32Array.from(normal([B, T, width]).data);

  it('has the same gradients, bit for bit, where it is computed again', async () => {
    const layers = make();
    using store = new ParameterStore(device, layers, { seed: 3 });
    const of = (again: boolean) =>
      gradientsOf(
        store,
        (g) => {
          const rows = g.input('x', [B, T, width], 'f32');
          const body = () => layers.mixture.forward(g, layers.net.forward(g, rows));
          const y = again ? g.recompute(body) : body();
          return mean(g, multiply(g, y, y));
        },
        { x },
        { device },
      );
    const [kept, again] = [await of(false), await of(true)];
    expect(kept.gradients.size).toBe(store.parameters.size);
    expect(again).toEqual(kept);
  });

  it('reads each row through caches as it reads all of them', async () => {
    const layers = make();
    using store = new ParameterStore(device, layers, { seed: 4 });
    await store.ready();
    const state = { cache: layers.net.cache(B) };
    using caches = new ParameterStore(device, state);
    await caches.ready();
    const read = async (from: number, count: number, cached: boolean): Promise<Float32Array> => {
      const g = new Graph(device);
      const rows = g.input('x', [B, count, width], 'f32');
      const y = layers.mixture.forward(g, layers.net.forward(g, rows, cached ? { cache: state.cache } : {}));
      using plan = await g.compile({ y });
      const own = Float32Array.from({ length: B * count * width }, (_, i) => {
        const b = Math.floor(i / (count * width));
        return x[(b * T + from) * width + (i % (count * width))];
      });
      plan.run({ x: own }, { position: from });
      return await plan.read('y');
    };
    const whole = await read(0, T, false);
    // Sorted rows of many tokens, then a few that are taken as they come.
    for (const [from, count] of [
      [0, 35],
      [35, 3],
      [38, 1],
      [39, 1],
    ]) {
      const got = await read(from, count, true);
      got.forEach((y, i) => {
        const b = Math.floor(i / (count * width));
        expect(y).toBeCloseTo(whole[(b * T + from) * width + (i % (count * width))], 5);
      });
    }
  });
});
