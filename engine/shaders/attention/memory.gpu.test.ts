import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGpu } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import type { Tensor } from '../../graph/tensor';
import { Device } from '../../runtime/device';
import { selfAttention } from './attention';
import { attentionRef } from './attention.ref';

const [HEADS, D, WINDOW] = [4, 64, 33];

function record(device: Device, T: number, window?: number): { g: Graph; outputs: Record<string, Tensor> } {
  const g = new Graph(device, { train: true, label: `attention over ${T}` });
  const qkv = g.input('qkv', [1, T, 3 * HEADS * D], 'f32', { differentiable: true });
  const y = selfAttention(g, qkv, { heads: HEADS, causal: true, ...(window ? { window } : {}) });
  g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
  return { g, outputs: { y, dqkv: g.grad(qkv) } };
}

describe('memory of attention, forward and backward', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
  });
  afterAll(() => device[Symbol.dispose]());

  it('is stated before anything exists, to within a tenth of what the ledger sees, and is linear in T', async () => {
    const scratch: number[] = [];
    for (const T of [1024, 4096, 16384]) {
      const { g, outputs } = record(device, T);
      const stated = estimate(g, outputs).activations;
      const before = device.buffers.stats.live;
      using plan = await g.compile(outputs);
      const seen = device.buffers.stats.live - before;
      expect(plan.memory.activations).toBe(stated);
      expect(seen).toBeLessThanOrEqual(1.1 * stated);
      expect(seen).toBeGreaterThanOrEqual(stated / 1.1);
      // Beside qkv, y and their gradients: three numbers for each row of each head, and little that T does not change.
      scratch.push(stated - 4 * T * HEADS * D * (3 + 1) * 2);
    }
    const [small, middle, large] = scratch;
    expect(large).toBeLessThanOrEqual(3 * 4 * 16384 * HEADS + 4096);
    expect(large - middle).toBeCloseTo(4 * (middle - small), -3);
  });

  it('lets 16,384 rows through, each right', { timeout: 600_000 }, async () => {
    const T = 16_384;
    const { g, outputs } = record(device, T, WINDOW);
    using plan = await g.compile(outputs);
    const random = new Random(4);
    const noise = (n: number) => Float32Array.from({ length: n }, () => 2 * random.next() - 1);
    const qkv = noise(T * 3 * HEADS * D);
    const before = device.buffers.stats.live;
    plan.run({ qkv, dy: noise(T * HEADS * D) });
    const [y, dqkv] = [await plan.read('y'), await plan.read('dqkv')];
    expect(device.buffers.stats.live).toBe(before);
    expect(dqkv.every((x) => Number.isFinite(x))).toBe(true);
    // The last rows see the window's keys only, so that many rows are a whole problem.
    const rows = 8;
    const S = rows + WINDOW - 1;
    const part = (column: number, count: number): Float64Array =>
      Float64Array.from({ length: count * HEADS * D }, (_, at) => {
        const row = T - count + Math.floor(at / (HEADS * D));
        return qkv[row * 3 * HEADS * D + column * HEADS * D + (at % (HEADS * D))];
      });
    const sizes = { B: 1, T: rows, S, heads: HEADS, keyValueHeads: HEADS, D, causal: true };
    const want = attentionRef(part(0, rows), part(1, S), part(2, S), {
      ...sizes,
      window: { left: WINDOW - 1, right: 0 },
    });
    const got = y.subarray((T - rows) * HEADS * D);
    for (const [i, w] of want.entries()) expect(Math.abs(got[i] - w)).toBeLessThan(2e-6);
  });
});
