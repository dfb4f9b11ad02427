import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/normalize';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { normalize } from './normalize';

testOps(ops);

describe('normalize', () => {
  it('refuses an eps that is none', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 3], 'f32');
    expect(() => normalize(g, x, -1)).toThrow('normalize: eps is -1.');
    expect(() => normalize(g, x, NaN)).toThrow('eps is NaN');
  });
});
