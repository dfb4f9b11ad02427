import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/attention_options';
import { inputsOf, opOf, PLAIN, type Specimen } from '../../../checks/specimen';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { grid, onLavapipe, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';

testOps(ops, onLavapipe);

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
