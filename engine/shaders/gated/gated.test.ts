import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/gated';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { gated } from './gated';

testOps(ops);

describe('gated', () => {
  it('wants an even last axis', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 5], 'f32');
    expect(() => gated(g, x, 'silu')).toThrow('gated: x is (2, 5). Its last axis holds gate and up');
  });
});
