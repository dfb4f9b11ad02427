import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/select_rows';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { selectRows } from './select_rows';

testOps(ops);

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
