import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/matmul';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { feature, host } from '../../../tests/harness/host';
import { here, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { matmul } from './matmul';

testOps(ops);

describe('matmul', () => {
  it.skipIf(host.gpu && !feature('subgroups'))('has its software rungs (needs subgroups)', () => {
    expect(ops(here).some(({ spec }) => spec.rungs?.includes('software'))).toBe(host.gpu);
  });

  it('says which shapes do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [8, 64, 128], 'f32');
    expect(() => matmul(g, a, g.input('b', [512, 256], 'f32'))).toThrow(
      'matmul: a (8, 64, 128) does not fit b (512, 256). The inner axes, 128 and 512, must be equal.',
    );
    expect(() => matmul(g, a, g.input('c', [4, 128, 256], 'f32'))).toThrow(
      'matmul: the leading axes of a (8, 64, 128) and c (4, 128, 256) differ. b may have no leading axes, or those of a.',
    );
    expect(() => matmul(g, g.input('d', [4], 'f32'), a)).toThrow(
      'matmul: a is (4) and b is (8, 64, 128). Both need two axes.',
    );
    const e = g.input('e', [128, 2], 'f32');
    const bias = g.input('bias', [3], 'f32');
    expect(() => matmul(g, a, e, { bias })).toThrow('matmul bias: bias is (3). It must be (2).');
  });
});
