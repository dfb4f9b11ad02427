import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import type { Step } from '../../graph/step';
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

if (!host.gpu)
  describe('addPositions', () => {
    it('refuses runs that pass the end of the table, padding aside', () => {
      const g = new Graph(fakeDevice());
      addPositions(g, g.input('x', [2, 4, 6], 'f32'), g.input('table', [10, 6], 'f32'));
      const run = (step: Partial<Step>) => () => {
        for (const check of g.checks) check(step, {});
      };
      expect(run({})).not.toThrow();
      expect(run({ position: 6 })).not.toThrow();
      expect(run({ position: 9, length: 1 })).not.toThrow();
      expect(run({ position: 7 })).toThrow(
        'addPositions: 4 rows from position 7 on, but table has 10 positions. Start again from a later part',
      );
      expect(run({ position: 9, length: 2 })).toThrow('2 rows from position 9 on');
      expect(run({ position: 10, length: 1 })).toThrow('1 row from position 10 on');
      expect(run({ position: 7, length: 9 })).toThrow('4 rows from position 7 on');
    });
  });
