import { addPositions } from '../../engine/shaders/positional/positional';
import { addPositionsRef, addPositionsRefGrad } from '../../engine/shaders/positional/positional.ref';
import { describeOp, normal } from '../op';

const STARTS = Uint32Array.of(4, 0, 1);
const ahead = (starts: Float64Array) => starts.map((n) => n + 2);

export const ops = [
  ...[0, 2].map((start) =>
    describeOp(`addPositions from ${start}`, {
      cases: [
        { B: 2, T: 3, C: 5, P: 7 },
        { B: 3, T: 17, C: 12, P: 19 },
      ],
      inputs: ({ B, T, C, P }) => ({ x: normal([B, T, C]), table: normal([P, C]) }),
      op: (g, { x, table }) => addPositions(g, x, table),
      reference: ({ x, table }, { T, C }) => ({ y: addPositionsRef(x, table, T, C, start) }),
      gradient: ({ table }, { y }, { T, C }) => addPositionsRefGrad(y, table.length, T, C, start),
      terms: ({ B }) => B,
      step: { position: start },
    }),
  ),
  describeOp('addPositions of sequences at positions of their own', {
    cases: [
      { B: 2, T: 3, C: 5, P: 9 },
      { B: 3, T: 1, C: 12, P: 7 },
    ],
    inputs: ({ B, T, C, P }) => ({
      x: normal([B, T, C]),
      table: normal([P, C]),
      starts: { shape: [B], data: STARTS.subarray(0, B) },
    }),
    op: (g, { x, table, starts }) => addPositions(g, x, table, { starts }),
    reference: ({ x, table, starts }, { T, C }) => ({ y: addPositionsRef(x, table, T, C, ahead(starts)) }),
    gradient: ({ table, starts }, { y }, { T, C }) =>
      addPositionsRefGrad(y, table.length, T, C, ahead(starts)),
    terms: ({ B }) => B,
    step: { position: 2 },
  }),
];
