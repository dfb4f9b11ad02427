import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/positional';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import type { Step } from '../../graph/step';
import { addPositions } from './positional';

testOps(ops);

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
    it('refuses real rows of any sequence that pass the end, and what tells of them wrongly', () => {
      const g = new Graph(fakeDevice());
      const [x, table] = [g.input('x', [2, 4, 6], 'f32'), g.input('table', [10, 6], 'f32')];
      const [starts, lengths] = ['starts', 'lengths'].map((name) => g.input(name, [2], 'u32'));
      addPositions(g, x, table, { starts, lengths });
      const run = (position: number, ahead: number[], real: number[]) => () => {
        const inputs = { starts: Uint32Array.from(ahead), lengths: Uint32Array.from(real) };
        for (const check of g.checks) check({ position }, inputs);
      };
      expect(run(2, [0, 7], [4, 1])).not.toThrow(); // three rows are padding
      expect(run(6, [0, 70], [4, 0])).not.toThrow(); // one has ended
      expect(run(2, [0, 7], [4, 2])).toThrow(
        'addPositions: 2 rows from position 9 on in sequence 1, but table has 10 positions. Start again',
      );
      expect(run(0, [0, 0], [4, 5])).toThrow('addPositions: lengths[1] is 5, but there are 4 rows');
      const wrong = g.input('wrong', [3], 'u32');
      expect(() => addPositions(g, x, table, { starts: wrong })).toThrow(
        'addPositions starts: wrong is (3). It must be (2).',
      );
      expect(() => addPositions(g, x, table, { lengths: wrong })).toThrow(
        'addPositions lengths: wrong is (3). It must be (2).',
      );
    });
  });
