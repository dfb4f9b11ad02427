import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { grid, normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { selectRows } from './select_rows';
import { selectRowsRef, selectRowsRefGrad } from './select_rows.ref';

testOp('selectRows', {
  cases: grid({ b: [1, 3], time: [3, 8], c: [5, 8] }),
  inputs: ({ b, time, c }) => ({ x: normal([b, time, c]) }),
  op: (g, { x }) => selectRows(g, x),
  reference: ({ x }, { time, c }) => ({ y: selectRowsRef(x, time, c, 3) }),
  gradient: (_, { y }, { time, c }) => ({ x: selectRowsRefGrad(y, time, c, 3) }),
  terms: () => 1,
  step: { length: 3 },
});

const LENGTHS = Uint32Array.of(3, 0, 8, 1);
testOp('selectRows of lengths of their own', {
  cases: [{ b: 4, time: 8, c: 5 }],
  inputs: ({ b, time, c }) => ({ x: normal([b, time, c]), lengths: { shape: [b], data: LENGTHS } }),
  op: (g, { x, lengths }) => selectRows(g, x, { lengths }),
  reference: ({ x, lengths }, { time, c }) => ({ y: selectRowsRef(x, time, c, lengths) }),
  gradient: ({ lengths }, { y }, { time, c }) => ({ x: selectRowsRefGrad(y, time, c, lengths) }),
  terms: () => 1,
  step: { length: 2 },
});

describe('selectRows', () => {
  it('refuses lengths that do not fit', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 3, 4], 'f32');
    const lengths = g.constant('lengths', [2], Uint32Array.of(3, 4));
    expect(() => selectRows(g, x, { lengths })).toThrow(
      'select_rows: lengths[1] is 4, but there are 3 rows. Give the number of rows that exist',
    );
    expect(() => selectRows(g, x, { lengths: g.input('three', [3], 'u32') })).toThrow(
      'select_rows lengths: three is (3). It must be (2).',
    );
  });
});
