import { normal, testOp } from '../../../tests/harness/op';
import { addPositions } from './positional';
import { addPositionsRef, addPositionsRefGrad } from './positional.ref';

for (const start of [0, 2]) {
  testOp(`addPositions from ${start}`, {
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
  });
}
