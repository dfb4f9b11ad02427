import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { grid, normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { selectRows } from './select_rows';
import { selectRowsRef } from './select_rows.ref';

testOp('selectRows', {
  cases: grid({ b: [1, 3], time: [3, 8], c: [5, 8] }),
  inputs: ({ b, time, c }) => ({ x: normal([b, time, c]) }),
  op: (g, { x }) => selectRows(g, x),
  reference: ({ x }, { time, c }) => ({ y: selectRowsRef(x, time, c, 3) }),
  terms: () => 1,
  step: { length: 3 },
});

describe('selectRows', () => {
  it('has no gradient and says so', () => {
    const g = new Graph(fakeDevice(), { train: true });
    const x = g.input('x', [1, 2, 4], 'f32', { differentiable: true });
    expect(() => selectRows(g, x)).toThrow('select_rows: x wants a gradient, and this op has none.');
  });
});
