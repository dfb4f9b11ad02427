import { expect, it } from 'vitest';
import { ops } from '../../../checks/ops/penalties';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { logProbabilities, penalize } from './penalties';

testOps(ops);

it('penalties have no gradient and say so', () => {
  const g = new Graph(fakeDevice(), { train: true });
  const logits = g.input('logits', [2, 4], 'f32', { differentiable: true });
  const ids = g.input('ids', [2, 1], 'u32');
  const penalties = g.input('penalties', [3], 'f32');
  expect(() => penalize(g, logits, { ids, counts: ids }, penalties)).toThrow('wants a gradient, and this op');
  expect(() => logProbabilities(g, logits)).toThrow('wants a gradient, and this op has none');
  const other = g.input('other', [1, 4], 'f32');
  expect(() => penalize(g, other, { ids, counts: penalties }, penalties)).toThrow('penalize');
});
