import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/layernorm';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { layernorm } from './layernorm';

testOps(ops);

describe('layernorm', () => {
  it('names a weight that does not fit', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 8], 'f32');
    expect(() => layernorm(g, x, g.input('w', [7], 'f32'), null)).toThrow(
      'layernorm: w is (7). It must be (8).',
    );
  });
});
