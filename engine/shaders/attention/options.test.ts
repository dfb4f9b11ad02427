import { describe, expect, it } from 'vitest';
import { inputsOf, opOf, PLAIN, type Specimen } from '../../../tests/attention/specimen';
import { INTERPRETER, testAttentions } from '../../../tests/attention/test-attentions';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { grid } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';

// Workgroups of software adapters take four heads or one, by kernels of their own. Here one, in combinations.test.ts four.

testAttentions('windows', [
  { B: 2, T: 37, S: 37, causal: true, left: 17, right: 0 },
  { T: 5, S: 5, causal: true, left: 2, right: 0 },
  { T: 67, S: 67, left: 16, right: 5 },
  { T: 9, S: 40, left: 3, right: 20 },
  { B: 3, T: 35, S: 7, causal: true, left: 3, right: 0, keys: 'lengths' },
]);

testAttentions('key masks', [
  { B: 2, T: 19, S: 33, causal: true, keys: 'mask', G: 1 },
  { B: 2, T: 4, S: 6, keys: 'mask' },
]);

testAttentions('soft-capped logits and a scale', [
  { T: 35, S: 35, causal: true, softcap: 5, scale: 1.5, H: 3, G: 1 },
  { T: 5, S: 5, softcap: 2, scale: 0.8 },
]);

testAttentions('dropout', [
  { B: 2, T: 34, S: 34, causal: true, dropout: 0.1, H: 6, G: 3 },
  { T: 5, S: 7, dropout: 0.4 },
]);

testAttentions(
  'dense biases',
  [
    { B: 2, T: 18, S: 21, bias: 'dense bht', causal: true, H: 6, G: 3 },
    { B: 3, T: 18, S: 35, bias: 'dense ht', keys: 'lengths' },
    { T: 3, S: 4, bias: 'dense bht' },
    { B: 2, T: 33, S: 17, bias: 'dense bh' },
    { B: 2, T: 17, S: 34, bias: 'dense h' },
    { B: 2, T: 5, S: 6, bias: 'dense' },
  ],
  INTERPRETER,
);

testAttentions('biases by buckets', [
  { B: 2, T: 7, S: 20, bias: 'buckets', H: 3, G: 1, left: 9, right: 4 },
  { T: 4, S: 4, bias: 'buckets' },
  { B: 2, T: 35, S: 35, bias: 'buckets', causal: true, scale: 1 },
]);

testAttentions('buckets beside a pattern', [
  { B: 2, T: 19, S: 19, bias: 'buckets', pattern: 'longformer' },
  { T: 37, S: 37, bias: 'buckets', pattern: 'bigbird', H: 3, G: 1, causal: true },
]);

testAttentions('slopes', [
  { T: 19, S: 21, bias: 'slopes', causal: true },
  { T: 35, S: 37, bias: 'slopes', causal: true, H: 6, G: 3 },
  { T: 5, S: 5, bias: 'slopes' },
]);

testAttentions('relative terms', [
  { B: 2, T: 9, S: 20, bias: 'relative', causal: true },
  { T: 3, S: 5, bias: 'relative', causal: true },
  { B: 2, T: 18, S: 20, bias: 'relative', keys: 'lengths' },
]);

// On the hardware rung the first two of each of these turn as the tiles load,
testAttentions('rotary positions', [
  { B: 2, T: 37, S: 37, D: 8, G: 1, rope: 'halves', causal: true },
  { B: 2, T: 5, S: 12, D: 5, G: 1, rope: 'adjacent', rotary: 4, keys: 'lengths' },
  { T: 9, S: 4, D: 12, rope: 'halves', rotary: 4 },
]);
testAttentions('rotary positions beside others', [
  { T: 40, S: 40, D: 8, pattern: 'sparse transformer', causal: true, rope: 'halves', dropout: 0.1 },
  { B: 2, T: 9, S: 11, D: 8, bias: 'slopes', causal: true, rope: 'halves', softcap: 4 },
]);
// the first of these for the pairing, the second for its length by the op `rope`.
testAttentions('rotary positions turned before', [
  { B: 2, T: 9, S: 9, D: 8, rope: 'adjacent', softcap: 4, H: 4, G: 4 },
  { T: 130, S: 130, rope: 'halves', H: 1, G: 1, causal: true },
]);

testAttentions('sparse patterns', [
  { B: 2, T: 67, S: 67, pattern: 'sparse transformer', causal: true },
  { T: 9, S: 9, pattern: 'sparse transformer' },
  { T: 11, S: 11, pattern: 'fixed', causal: true },
  { T: 35, S: 35, pattern: 'fixed', causal: true },
  { B: 2, T: 12, S: 12, pattern: 'longformer', keys: 'lengths' },
  { B: 2, T: 70, S: 70, pattern: 'longformer', keys: 'lengths' },
  { T: 13, S: 13, pattern: 'bigbird' },
  { T: 70, S: 70, pattern: 'bigbird', H: 6, G: 3 },
]);

if (!host.gpu)
  describe('options of attention', () => {
    const biases = ['none', 'slopes', 'buckets', 'relative', 'dense', 'dense ht', 'dense bh'] as const;
    it.each(biases)('need eight buffers in a kernel at most, whatever they are beside: bias %s', (bias) => {
      const others = grid({
        software: [true, false],
        pattern: ['all', 'bigbird'],
        keys: ['lengths', 'mask'],
        rope: ['none', 'halves', 'adjacent'],
        D: [6, 8],
      } as const);
      const sizes = { B: 2, T: 9, S: 9, causal: true, softcap: 5, dropout: 0.1 };
      for (const { software, ...c } of others) expectEight({ ...PLAIN, ...sizes, bias, ...c }, software);
    });

    function expectEight(c: Specimen, software: boolean): void {
      const g = new Graph(fakeDevice({ software }), { train: true });
      const x = Object.entries(inputsOf(c)).map(([name, { shape, data }]) => {
        const integer = data instanceof Uint32Array;
        return [name, g.input(name, shape, integer ? 'u32' : 'f32', { differentiable: !integer })] as const;
      });
      const y = opOf(g, Object.fromEntries(x), c);
      g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      for (const [name, tensor] of x) expect(g.reached(tensor), name).toBe(tensor.dtype !== 'u32');
      for (const { variant, tensors } of g.dispatches) {
        expect(tensors.length, `${variant.kernel} ${JSON.stringify(c)}`).toBeLessThanOrEqual(8);
      }
    }
  });
