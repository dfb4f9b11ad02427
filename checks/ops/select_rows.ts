import { scale } from '../../engine/shaders/scale/scale';
import { selectRows } from '../../engine/shaders/select_rows/select_rows';
import { selectRowsRef, selectRowsRefGrad } from '../../engine/shaders/select_rows/select_rows.ref';
import { describeOp, grid, normal } from '../op';

const LENGTHS = Uint32Array.of(3, 0, 8, 1);

export const ops = [
  describeOp('selectRows', {
    cases: grid({ b: [1, 3], time: [3, 8], c: [5, 8] }),
    inputs: ({ b, time, c }) => ({ x: normal([b, time, c]) }),
    op: (g, { x }) => selectRows(g, x),
    reference: ({ x }, { time, c }) => ({ y: selectRowsRef(x, time, c, 3) }),
    gradient: (_, { y }, { time, c }) => ({ x: selectRowsRefGrad(y, time, c, 3) }),
    terms: () => 1,
    step: { length: 3 },
  }),
  describeOp('selectRows of lengths of their own', {
    cases: [
      { b: 4, time: 8, c: 5 },
      { b: 4, time: 8, c: 8 },
    ],
    inputs: ({ b, time, c }) => ({ x: normal([b, time, c]), lengths: { shape: [b], data: LENGTHS } }),
    // Reading x twice has its gradient added to.
    op: (g, { x, lengths }) => ({ y: selectRows(g, x, { lengths }), z: scale(g, x, 2) }),
    reference: ({ x, lengths }, { time, c }) => ({
      y: selectRowsRef(x, time, c, lengths),
      z: x.map((v) => 2 * v),
    }),
    gradient: ({ lengths }, { y, z }, { time, c }) => ({
      x: selectRowsRefGrad(y, time, c, lengths).map((d, i) => d + 2 * z[i]),
    }),
    terms: () => 2,
    step: { length: 2 },
  }),
];
