import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/coverage';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { coverage } from './coverage';

testOps(ops);

describe('coverage', () => {
  it('refuses what does not fit', () => {
    const g = new Graph(fakeDevice());
    const q = g.input('q', [2, 3, 8], 'f32');
    const keys = g.input('keys', [2, 5, 8], 'f32');
    const lengths = g.input('lengths', [2], 'u32');
    const covered = g.input('covered', [6, 5], 'f32');
    expect(() => coverage(g, q, keys, covered, { heads: 3, lengths })).toThrow('for 3 heads');
    expect(() => coverage(g, q, keys, keys, { heads: 2, lengths })).toThrow(/coverage/);
    expect(coverage(g, q, keys, covered, { heads: 2, lengths }).shape).toEqual([6]);
  });
});
