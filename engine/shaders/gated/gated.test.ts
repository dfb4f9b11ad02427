import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { gated } from './gated';
import { gatedRef, gatedRefGrad } from './gated.ref';

testOp('gated', {
  cases: [
    { n: 1, width: 8, kind: 'silu' },
    { n: 3, width: 5, kind: 'silu' },
    { n: 65, width: 20, kind: 'silu' },
    { n: 3, width: 8, kind: 'gelu' },
  ] as const,
  inputs: ({ n, width }) => ({ x: normal([n, 2 * width], { std: 2 }) }),
  op: (g, { x }, { kind }) => gated(g, x, kind),
  reference: ({ x }, { width, kind }) => ({ y: gatedRef(x, width, kind) }),
  gradient: ({ x }, { y }, { width, kind }) => ({ x: gatedRefGrad(x, y, width, kind) }),
  terms: () => 2,
});

describe('gated', () => {
  it('wants an even last axis', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 5], 'f32');
    expect(() => gated(g, x, 'silu')).toThrow('gated: x is (2, 5). Its last axis holds gate and up');
  });
});
