import { constant, given, testEdges, type Edge } from '../../../tests/harness/edges';
import { linearAttention } from './linear_attention';

testEdges('linear attention', [
  ...((['elu', 'relu'] as const).map((featureMap) => ({
    name: `NaN in a query or key is seen (${featureMap})`,
    inputs: {
      q: given([3, 1, 4], NaN, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
      k: given([3, 2, 4], ...new Array<number>(15).fill(1), NaN, ...new Array<number>(8).fill(1)),
      v: constant([3, 2, 4], 2),
    },
    op: (g, { q, k, v }) => linearAttention(g, { q, k, v, heads: 1, width: 4, featureMap }),
    want: { y: [...new Array<number>(8).fill(NaN), 2, 2, 2, 2] },
  })) satisfies Edge[]),
  {
    name: 'features of numbers far from zero',
    inputs: {
      q: given([3, 1, 4], -1e30, 1e15, 0, -200, 1e15, -3e38, 1, 1, 1, 1, 1, 1),
      k: given([3, 1, 4], -3e38, 1e15, 1, 100, 1e10, 1e15, -1e30, 0, 2, 2, 2, 2),
      v: constant([3, 1, 4], 2),
    },
    op: (g, { q, k, v }) => linearAttention(g, { q, k, v, heads: 1, width: 4 }),
    want: { y: new Array<number>(12).fill(2) },
    within: 1e-5,
  },
]);
