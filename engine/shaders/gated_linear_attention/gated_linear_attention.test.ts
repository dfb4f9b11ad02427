import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/gated_linear_attention';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { onLavapipe, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import { gatedLinearAttention } from './gated_linear_attention';
import { gatedLinearAttentionStep } from './recurrent';

testOps(ops, onLavapipe);

if (!host.gpu)
  describe('gatedLinearAttention', () => {
    it('costs time and memory linear in T, forward and backward, on both rungs', () => {
      for (const software of [false, true]) {
        const cost = (T: number) => {
          const g = new Graph(fakeDevice({ software }), { train: true });
          const input = (name: string, columns: number) =>
            g.input(name, [1, T, columns], 'f32', { differentiable: true });
          const x = { q: input('q', 128), k: input('k', 128), v: input('v', 256) };
          const gates = { decay: input('decay', 4), beta: input('beta', 4) };
          const y = gatedLinearAttention(g, { ...x, ...gates, heads: 2, valueHeads: 4, width: 64 });
          g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
          const flops = g.dispatches.reduce((sum, d) => sum + d.flops, 0);
          return { flops, peak: estimate(g, { dq: g.grad(x.q), dbeta: g.grad(gates.beta) }).peak };
        };
        const [short, long] = [cost(1024), cost(16_384)];
        expect(long.flops / short.flops).toBeLessThan(16.2);
        expect(long.peak / short.peak).toBeLessThan(16.2);
      }
    });

    it('names what does not fit', () => {
      const g = new Graph(fakeDevice(), { train: true });
      const x = (name: string, ...shape: number[]) => g.input(name, shape, 'f32', { differentiable: true });
      const [q, k, v] = [x('q', 2, 3, 16), x('k', 2, 3, 8), x('v', 2, 3, 24)];
      const call = (more: object) => () =>
        gatedLinearAttention(g, {
          q,
          k,
          v,
          heads: 2,
          keyHeads: 1,
          valueHeads: 2,
          width: 8,
          valueWidth: 12,
          ...more,
        });
      expect(call({})).not.toThrow();
      expect(call({ valueHeads: 3, valueWidth: 8 })).toThrow(
        /^gatedLinearAttention: 2 query heads and 3 value heads/,
      );
      expect(call({ keyHeads: 4, width: 2 })).toThrow(/4 key heads do not divide 2 value heads/);
      expect(call({ heads: 3 })).toThrow(/^gatedLinearAttention: /);
      expect(call({ width: 0 })).toThrow(/width is 0/);
      expect(call({ scale: NaN })).toThrow(/scale is NaN/);
      expect(call({ decay: x('decay', 2, 3, 3) })).toThrow(/decay is \(2, 3, 3\). It must be \(2, 3, 2\)/);
      expect(call({ beta: x('beta', 2, 4, 2) })).toThrow(/beta is \(2, 4, 2\). It must be \(2, 3, 2\)/);
      expect(call({ v: x('other', 2, 4, 24) })).toThrow(/All need one B and one T/);
      expect(call({ gate: 1 })).toThrow(/gate/);
      const state = g.input('state', [2, 2, 8, 8], 'f32');
      expect(() =>
        gatedLinearAttentionStep(g, {
          q,
          k,
          v,
          state,
          heads: 2,
          keyHeads: 1,
          valueHeads: 2,
          width: 8,
          valueWidth: 12,
        }),
      ).toThrow('gatedLinearAttentionStep: state is (2, 2, 8, 8). It must be (2, 2, 8, 12).');
    });
  });
