import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/dot_product_attention';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { dotProductAttention } from './dot_product_attention';

testOps(ops);

if (!host.gpu)
  describe('dotProductAttention', () => {
    it('names what does not fit', () => {
      const g = new Graph(fakeDevice());
      const q = g.input('q', [2, 3, 8], 'f32');
      const k = g.input('k', [2, 5, 7], 'f32');
      const lengths = g.input('lengths', [3], 'u32');
      expect(() => dotProductAttention(g, { q, k, v: k })).toThrow(
        'dotProductAttention: k is (2, 5, 7). It must be (2, 5, 8).',
      );
      expect(() => dotProductAttention(g, { q, k: q, v: k })).toThrow(
        'k is (2, 5, 7). It must be (2, 3, 7).',
      );
      expect(() => dotProductAttention(g, { q, k: q, v: q, lengths })).toThrow('It must be (2).');
      const flat = g.input('flat', [3, 8], 'f32');
      expect(() => dotProductAttention(g, { q: flat, k: flat, v: flat })).toThrow(
        /q is \(3, 8\).*Give \(B, T, D\)/,
      );
    });
  });
