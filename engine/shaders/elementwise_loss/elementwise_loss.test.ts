import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/elementwise_loss';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { binaryCrossEntropy, meanSquaredError } from './elementwise_loss';

testOps(ops);

describe('losses of pairs', () => {
  const g = new Graph(fakeDevice(), { train: true });
  const x = g.input('x', [2, 3], 'f32', { differentiable: true });
  const t = g.input('t', [2, 3], 'f32');
  it('name shapes that do not fit', () => {
    expect(() => meanSquaredError(g, x, g.input('row', [3], 'f32'))).toThrow(
      'meanSquaredError: row is (3). It must be (2, 3).',
    );
    expect(() => meanSquaredError(g, x, t, { weights: g.input('columns', [3], 'f32') })).toThrow(
      'columns (3) f32 does not fit x (2, 3) f32. Give weights of the same shape, or of its leading axes.',
    );
    expect(() => binaryCrossEntropy(g, g.input('ids', [2], 'u32'), t)).toThrow('ids holds u32');
  });
  it('refuse gradients that they do not give', () => {
    const wanted = g.input('wanted', [2, 3], 'f32', { differentiable: true });
    expect(() => binaryCrossEntropy(g, x, wanted)).toThrow('wanted wants a gradient, and gets none');
    expect(() => meanSquaredError(g, x, t, { weights: wanted })).toThrow('wanted wants a gradient');
    expect(meanSquaredError(g, x, wanted).shape).toEqual([]);
  });
});
