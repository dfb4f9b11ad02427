import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/embedding';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { embedding } from './embedding';

testOps(ops);

describe('embedding', () => {
  it('names a table that is none', () => {
    const g = new Graph(fakeDevice());
    const ids = g.input('ids', [2], 'u32');
    expect(() => embedding(g, ids, g.input('t', [7], 'f32'))).toThrow(
      'embedding: t is (7). A table must be (V, C).',
    );
  });
});
