import { describe, expect, it } from 'vitest';
import { ops } from '../../../../checks/ops/edges';
import { fakeDevice } from '../../../../tests/harness/fake-device';
import { testOps } from '../../../../tests/harness/op';
import { Graph } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import { aggregate } from '../../aggregate/aggregate';
import { edgeDot } from '../../edge_dot/edge_dot';
import { edgeScores } from '../../edge_scores/edge_scores';
import { segmentSoftmax } from '../../segment_softmax/segment_softmax';
import { segmentSum } from '../../segment_sum/segment_sum';
import type { Edges } from './edges';

testOps(ops);

describe('ops over edges', () => {
  const ids = (g: Graph, name: string, ...data: number[]): Tensor =>
    g.constant(name, [data.length], Uint32Array.from(data));
  /** 0 → 1, 2 → 1 and 1 → 2, of three nodes. */
  const edges = (g: Graph, more: Partial<Edges> = {}): Edges => ({
    offsets: ids(g, 'offsets', 0, 0, 2, 3),
    of: ids(g, 'targets', 1, 1, 2),
    source: ids(g, 'sources', 0, 2, 1),
    bySource: ids(g, 'order', 0, 1, 2, 3, 0, 2, 1),
    ...more,
  });

  it('refuse offsets and ids that do not fit, with the place', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [3, 4], 'f32');
    const refused = (more: Partial<Edges>): (() => unknown) => {
      return () => aggregate(g, x, edges(g, more));
    };
    expect(refused({ offsets: ids(g, 'offsets', 1, 1, 2, 3) })).toThrow('offsets[0] is 1, not 0');
    expect(refused({ offsets: ids(g, 'offsets', 0, 2, 1, 3) })).toThrow(
      'aggregate: offsets[2] is 1, less than 2 before it. Make them with GraphData, or sort them again.',
    );
    expect(refused({ offsets: ids(g, 'offsets', 0, 0, 2, 4) })).toThrow(
      'offsets[3] is 4, but there are 3 rows',
    );
    expect(refused({ of: ids(g, 'targets', 1, 3, 2) })).toThrow('targets[1] is 3, but there are 3');
    expect(refused({ source: ids(g, 'sources', 0, 9, 1) })).toThrow('sources[1] is 9, but there are 3');
    expect(refused({ bySource: ids(g, 'order', 0, 1, 2, 3, 0, 2, 7) })).toThrow('order[6] is 7');
    expect(refused({ bySource: ids(g, 'order', 0, 2, 1) })).toThrow('order is (3) for 3 edges');
    expect(() =>
      segmentSum(g, x, { offsets: g.input('o', [2, 2], 'u32'), of: ids(g, 't', 0, 0, 0) }),
    ).toThrow('segment_sum: o is (2, 2). It must have one axis.');
  });

  it('look at inputs at every run', () => {
    const g = new Graph(fakeDevice());
    const offsets = g.input('starts', [3], 'u32');
    segmentSoftmax(g, g.input('x', [4], 'f32'), { offsets, of: g.input('owner', [4], 'u32') });
    const run = (starts: number[], owner: number[]) => () => {
      for (const check of g.checks)
        check({}, { starts: Uint32Array.from(starts), owner: Uint32Array.from(owner) });
    };
    expect(run([0, 3, 4], [0, 0, 0, 1])).not.toThrow();
    expect(run([0, 5, 4], [0, 0, 0, 1])).toThrow('starts[2] is 4, less than 5 before it');
    expect(run([0, 3, 4], [0, 0, 2, 1])).toThrow('owner[2] is 2, but there are 2');
  });

  it('refuse rows and heads that do not fit', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [3, 2, 4], 'f32');
    const all = edges(g);
    expect(() => aggregate(g, g.input('rows', [4, 8], 'f32'), all)).toThrow(
      'aggregate: rows is (4, 8). Give (3, H, C) or (3, C), a row for each source.',
    );
    expect(() => aggregate(g, x, all, { weights: g.input('w', [3, 4], 'f32') })).toThrow(
      'w is (3, 4). It must be (3, 2)',
    );
    expect(() => edgeDot(g, x, g.input('y', [3, 4, 2], 'f32'), all)).toThrow('has 2 heads of 4');
    const target = g.input('z', [3, 2, 4], 'f32');
    expect(() => edgeScores(g, all, { source: x, target, edge: g.input('e', [3, 8], 'f32') })).toThrow(
      'e is (3, 8), x (3, 2, 4). Give both the same heads and columns.',
    );
    expect(() => edgeScores(g, all, { source: x, target, attention: g.input('a', [8, 2], 'f32') })).toThrow(
      'a is (8, 2). Give 2 × 4 numbers.',
    );
    expect(() => edgeScores(g, all, { source: x, target, slope: NaN })).toThrow('slope is NaN');
  });
});
