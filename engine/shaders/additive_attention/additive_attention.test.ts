import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/additive_attention';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { additiveAttention } from './additive_attention';

testOps(ops);

if (!host.gpu)
  describe('additiveAttention', () => {
    it('names what does not fit', () => {
      const g = new Graph(fakeDevice());
      const q = g.input('q', [2, 3, 8], 'f32');
      const k = g.input('k', [2, 5, 8], 'f32');
      const narrow = g.input('narrow', [2, 5, 7], 'f32');
      const vector = g.input('vector', [8], 'f32');
      const values = g.input('values', [2, 5, 6], 'f32');
      const lengths = g.input('lengths', [3], 'u32');
      expect(() => additiveAttention(g, { q, k: narrow, vector, values })).toThrow(
        'additiveAttention: queries are q (2, 3, 8) f32 and keys narrow (2, 5, 7) f32. Give (B, T, A) and (B, S, A).',
      );
      expect(() => additiveAttention(g, { q, k, vector: values, values })).toThrow(
        'additiveAttention: values is (2, 5, 6). It must be (8).',
      );
      expect(() => additiveAttention(g, { q, k, vector, values: q })).toThrow(
        'q is (2, 3, 8). It must be (2, 5, 8).',
      );
      expect(() => additiveAttention(g, { q, k, vector, values, lengths })).toThrow('It must be (2).');
    });
  });
