import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGpu } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import type { Tensor } from '../../graph/tensor';
import { Device } from '../../runtime/device';
import { selfAttention } from './attention';
import { attentionRef, attentionRefGrad } from './attention.ref';

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
      // Beside qkv, y and their gradients: five numbers for each row of each head, and little that T does not change.
      scratch.push(stated - 4 * T * HEADS * D * (3 + 1) * 2);
    }
    const [small, middle, large] = scratch;
    expect(large).toBeLessThanOrEqual(5 * 4 * 16384 * HEADS + 4096);
    expect(large - middle).toBeCloseTo(4 * (middle - small), -3);
  });

  it('lets 16,384 rows through, each right', { timeout: 1_200_000 }, async () => {
    const T = 16_384;
    const { g, outputs } = record(device, T, WINDOW);
    using plan = await g.compile(outputs);
    const random = new Random(4);
    const noise = (n: number) => Float32Array.from({ length: n }, () => 2 * random.next() - 1);
    const qkv = noise(T * 3 * HEADS * D);
    const dy = noise(T * HEADS * D);
    const before = device.buffers.stats.live;
    plan.run({ qkv, dy });
    const [y, dqkv] = [await plan.read('y'), await plan.read('dqkv')];
    expect(device.buffers.stats.live).toBe(before);
    expect(dqkv.every((x) => Number.isFinite(x))).toBe(true);
    // Rows see a window of keys, keys are seen by a window of rows: with one more on either side, a few are a whole
    // problem. At both ends, and in the middle, where tiles of 16 and of 32 meet.
    for (const from of [0, T / 2 - 3, T - 8]) {
      const first = Math.max(0, from - WINDOW + 1);
      const rows = Math.min(T, from + 8 + WINDOW - 1) - first;
      const part = (x: Float32Array, width: number, column: number): Float64Array =>
        Float64Array.from(
          { length: rows * HEADS * D },
          (_, at) =>
            x[
              (first + Math.floor(at / (HEADS * D))) * width * HEADS * D +
                column * HEADS * D +
                (at % (HEADS * D))
            ],
        );
      const [q, k, v] = [0, 1, 2].map((column) => part(qkv, 3, column));
      const sizes = { B: 1, T: rows, S: rows, heads: HEADS, keyValueHeads: HEADS, D, causal: true };
      const z = { ...sizes, window: { left: WINDOW - 1, right: 0 } };
      const gradients = attentionRefGrad(q, k, v, part(dy, 1, 0), z);
      const got = { y: part(y, 1, 0), dq: part(dqkv, 3, 0), dk: part(dqkv, 3, 1), dv: part(dqkv, 3, 2) };
      const want = { y: attentionRef(q, k, v, z), dq: gradients.q, dk: gradients.k, dv: gradients.v };
      for (const name of ['y', 'dq', 'dk', 'dv'] as const) {
        let error = 0;
        for (let i = (from - first) * HEADS * D; i < (from - first + 8) * HEADS * D; i++) {
          error = Math.max(error, Math.abs(got[name][i] - want[name][i]));
        }
        expect(error, `${name} of rows ${from} to ${from + 7}`).toBeLessThan(2e-6);
      }
    }
  });
});
