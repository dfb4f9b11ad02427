import { expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Graph } from '../graph/graph';
import { AdditiveAttention } from './additive_attention';
import { parameters } from './parameter';

it('AdditiveAttention: a decoder of 6 columns looks at an encoder of 10', () => {
  const attention = new AdditiveAttention({ queries: 6, keys: 10, hidden: 8 });
  expect([...parameters(attention)].map(([name, p]) => [name, p.shape])).toEqual([
    ['query.weight', [8, 6]],
    ['key.weight', [8, 10]],
    ['key.bias', [8]],
    ['vector', [8]],
  ]);
  const g = new Graph(fakeDevice(), { train: true });
  const queries = g.input('queries', [2, 3, 6], 'f32');
  const values = g.input('values', [2, 5, 10], 'f32');
  const { out, weights } = attention.forward(g, { queries, values });
  expect([out.shape, weights.shape]).toEqual([
    [2, 3, 10],
    [2, 3, 5],
  ]);
  // Steps one at a time share the projected keys: only the query's projection is new.
  const projected = attention.project(g, values);
  const before = g.dispatches.length;
  attention.forward(g, { queries: g.input('step', [2, 1, 6], 'f32'), values, projected });
  expect(g.dispatches.slice(before).map((d) => d.label.replace(/matmul.*/, 'matmul'))).toEqual([
    'query/matmul',
    'additive_attention.score',
    'softmax.forward',
    'matmul',
  ]);
  g.backpropFrom(new Map([[out, out]]));
  for (const [, p] of parameters(attention)) expect(g.reached(g.use(p))).toBe(true);
});
