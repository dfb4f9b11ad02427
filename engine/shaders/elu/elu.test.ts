import { expect, it } from 'vitest';
import { ops } from '../../../checks/ops/elu';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { elu, leakyRelu } from './elu';

testOps(ops);

it('elu and leakyRelu refuse slopes that are no numbers', () => {
  const g = new Graph(fakeDevice());
  const x = g.input('x', [4], 'f32');
  expect(() => elu(g, x, { alpha: Infinity })).toThrow('elu: alpha is Infinity. Use a finite number.');
  expect(() => leakyRelu(g, x, { slope: NaN })).toThrow('leaky_relu: slope is NaN.');
});
