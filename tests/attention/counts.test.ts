import { describe, expect, it } from 'vitest';
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import { additiveAttention } from '../../engine/shaders/additive_attention/additive_attention';
import { decodeCrossAttention } from '../../engine/shaders/attention/cache/decode';
import { coverage } from '../../engine/shaders/coverage/coverage';
import { dotProductAttention } from '../../engine/shaders/dot_product_attention/dot_product_attention';
import { gatedLinearAttentionStep } from '../../engine/shaders/gated_linear_attention/recurrent';
import { linearAttention } from '../../engine/shaders/linear_attention/linear_attention';
import { linearAttentionStep } from '../../engine/shaders/linear_attention/recurrent';
import { fakeDevice } from '../harness/fake-device';
import { host } from '../harness/host';

/** Each over 2 sequences of 7 rows of 8 columns, two heads where it has heads. */
const ops: Readonly<
  Record<string, (g: Graph, x: Tensor, lengths: Tensor, state: (shape: number[]) => Tensor) => unknown>
> = {
  decodeCrossAttention: (g, x, lengths) => decodeCrossAttention(g, x, x, x, { heads: 2, lengths }),
  linearAttention: (g, x, lengths) => linearAttention(g, { q: x, k: x, v: x, heads: 2, width: 4, lengths }),
  linearAttentionStep: (g, x, lengths, state) =>
    linearAttentionStep(g, { q: x, k: x, v: x, heads: 2, width: 4, lengths, state: state([2, 2, 4, 5]) }),
  gatedLinearAttentionStep: (g, x, lengths, state) =>
    gatedLinearAttentionStep(g, {
      q: x,
      k: x,
      v: x,
      heads: 2,
      width: 4,
      lengths,
      state: state([2, 2, 4, 4]),
    }),
  additiveAttention: (g, x, lengths) =>
    additiveAttention(g, { q: x, k: x, vector: vectorOf(g), values: x, lengths }),
  dotProductAttention: (g, x, lengths) => dotProductAttention(g, { q: x, k: x, v: x, lengths }),
  coverage: (g, x, lengths, state) => coverage(g, x, x, state([14, 7]), { heads: 2, lengths }),
};
const vectorOf = (g: Graph): Tensor => g.input('vector', [8], 'f32');

if (!host.gpu)
  describe('counts of keys that exist', () => {
    for (const [name, op] of Object.entries(ops)) {
      const record = (of: (g: Graph) => Tensor): Graph => {
        const g = new Graph(fakeDevice());
        op(g, g.input('x', [2, 7, 8], 'f32'), of(g), (shape) => g.input('state', shape, 'f32'));
        return g;
      };
      it(`above what there is are refused by ${name}, in constants and at runs`, () => {
        const constant = (...counts: number[]) =>
          record((g) => g.constant('n', [2], Uint32Array.from(counts)));
        expect(() => constant(7, 0)).not.toThrow();
        expect(() => constant(7, 8)).toThrow(
          `${name}: lengths[1] is 8, but there are 7 keys. Give the number of keys that exist`,
        );
        const g = record((h) => h.input('n', [2], 'u32'));
        const run =
          (...counts: number[]) =>
          () => {
            for (const check of g.checks) check({}, { n: Uint32Array.from(counts) });
          };
        expect(run(0, 7)).not.toThrow();
        expect(run(9, 7)).toThrow(`${name}: lengths[0] is 9, but there are 7 keys`);
        for (const check of g.checks) expect(() => check({}, {})).not.toThrow();
      });
      it(`of another batch are refused by ${name}`, () => {
        expect(() => record((g) => g.input('n', [3], 'u32'))).toThrow(
          `${name} lengths: n is (3). It must be (2)`,
        );
        expect(() => record((g) => g.input('n', [2], 'f32'))).toThrow('n holds f32. It must hold u32');
      });
    }
  });
