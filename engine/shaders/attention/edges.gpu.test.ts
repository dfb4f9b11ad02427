import { constant, given, testEdges, type Edge } from '../../../tests/harness/edges';
import { feature } from '../../../tests/harness/host';
import { attention } from './attention';
import { bucketBias } from './bias/bias_buckets';
import { denseBias } from './bias/bias_dense';
import { decodeCrossAttention } from './cache/decode';

const LOWEST = -3.4028234663852886e38;

/** Two keys with values 1 and 3, one head of 4; a query row for each pair of biases. What a row gets, and dbias by hand. */
const pairs = (list: readonly (readonly [bias: readonly [number, number], out: number])[], D = 4): Edge => {
  const T = list.length;
  // p of the first key: out = p + 3 (1 - p); a row that sees nothing gives 0.
  const first = list.map(([, out]) => (out === 0 ? 0 : (3 - out) / 2));
  const second = list.map(([, out], i) => (out === 0 ? 0 : 1 - first[i]));
  const keys = new Array<number>(D).fill(0);
  const values = (v: number): number[] => new Array<number>(D).fill(v);
  const sum = (p: readonly number[]): number => p.reduce((a, b) => a + b, 0);
  return {
    name: `attention of ${T} rows of ${D} under a bias, with gradients`,
    inputs: {
      q: { ...constant([1, T, D], 0), fixed: true },
      kv: given([1, 2, 2 * D], ...keys, ...values(1), ...keys, ...values(3)),
      bias: given([1, 1, T, 2], ...list.flatMap(([b]) => b)),
    },
    op: (g, { q, kv, bias }) =>
      attention(g, { q, kv, heads: 1, width: D, valueOffset: D, bias: denseBias(bias) }),
    upstream: { y: new Array<number>(T * D).fill(1) },
    want: {
      y: list.flatMap(([, out]) => values(out)),
      'grad kv': [...keys, ...values(sum(first)), ...keys, ...values(sum(second))],
      'grad bias': list.flatMap(([, out], i) => [first[i] * D * (1 - out), second[i] * D * (3 - out)]),
    },
  };
};

/** Without gradients, whose kernels take lavapipe half a minute each to compile. */
const forwards = ({ want: { y }, upstream: _, name, ...edge }: Edge): Edge => ({
  ...edge,
  name: name.replace(', with gradients', ''),
  want: { y },
});

const biases = [
  [[-2e30, -2e30], 2],
  [[-1.1e30, -2e30], 1],
  [[-Infinity, -2e30], 3],
  [[LOWEST, -2e30], 3],
  [[LOWEST, -Infinity], 0],
  [[-1e9, -1e9], 2],
  [[-3e38, -3e38], 2],
  [[0, LOWEST], 1],
  [[-Infinity, 0], 3],
  [[-Infinity, -Infinity], 0],
  [[3e38, 3e38], 2],
  [[1e38, -3e38], 1],
] as const;
const halves = [
  [[-65504, 1], 3],
  [[-65504, -Infinity], 0],
  [[-65472, -65472], 2],
  [[-60000, -65504], 1],
  [[0, -Infinity], 1],
] as const;

/** Cross-attention of rows in f32 to `S` keys that are all alike but for the last, as when decoding. */
const decoded = (S: number, T: number, q: number, k: number, last: number, out: number): Edge => ({
  name: `decoding ${T} rows, ${S} keys, logits ${q * k} and ${q * last}`,
  inputs: {
    q: constant([1, T, 4], q),
    keys: { shape: [1, S, 4], data: new Float64Array(4 * S).fill(k / 4).fill(last / 4, 4 * (S - 1)) },
    values: { shape: [1, S, 4], data: new Float64Array(4 * S).fill(1).fill(3, 4 * (S - 1)) },
  },
  op: (g, { q: queries, keys, values }) =>
    decodeCrossAttention(g, queries, keys, values, { heads: 1, scale: 1 }),
  want: { y: new Array<number>(4 * T).fill(out) },
});

testEdges('attention', [
  // Without subgroups, gradients on the software rung take minutes to compile.
  { ...pairs(biases), rungs: feature('subgroups') ? ['software', 'hardware'] : ['hardware'] },
  forwards(pairs(biases)),
  forwards(pairs(biases, 5)),
  { ...forwards(pairs(halves)), name: "f16's lowest number hides", dtypes: ['f16'] },
  {
    name: "a learned bias of f16's lowest number hides its bucket",
    dtypes: ['f32', 'f16'],
    inputs: {
      q: constant([1, 1, 4], 0),
      kv: given([1, 2, 8], 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 3, 3, 3, 3),
      table: given([2, 1], 0, -65504),
      low: given([2, 1], -Infinity, LOWEST),
    },
    op: (g, { q, kv, table, low }) => {
      const sizes = { q, kv, heads: 1, width: 4, valueOffset: 4 };
      return {
        one: attention(g, { ...sizes, bias: bucketBias(table, (d) => (d < 0 ? 1 : 0)) }),
        none: attention(g, { ...sizes, bias: bucketBias(low, (d) => (d < 0 ? 1 : 0)) }),
      };
    },
    want: { one: [3, 3, 3, 3], none: [0, 0, 0, 0] },
  },
  {
    name: 'logits of -4e30 and less',
    inputs: {
      q: constant([1, 2, 4], 1e15),
      kv: given([1, 2, 8], -1e15, -1e15, -1e15, -1e15, 1, 1, 1, 1, -1e15, -1e15, -1e15, -1e15, 3, 3, 3, 3),
    },
    op: (g, { q, kv }) => attention(g, { q, kv, heads: 1, width: 4, valueOffset: 4, scale: 1 }),
    want: { y: new Array<number>(8).fill(2) },
  },
  {
    name: 'NaN in a query, a key, a bias, with a soft cap',
    inputs: {
      q: given([4, 1, 4], NaN, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
      k: given(
        [4, 2, 4],
        ...new Array<number>(8).fill(1),
        ...new Array<number>(7).fill(1),
        NaN,
        ...new Array<number>(16).fill(1),
      ),
      v: constant([4, 2, 4], 1),
      bias: given([4, 1, 1, 2], 0, 0, 0, 0, NaN, 0, 0, 0),
    },
    op: (g, { q, k, v, bias }) => ({
      plain: attention(g, { q, k, v, heads: 1, width: 4, bias: denseBias(bias) }),
      capped: attention(g, { q, k, v, heads: 1, width: 4, bias: denseBias(bias), softcap: 3 }),
    }),
    want: Object.fromEntries(
      ['plain', 'capped'].map((key) => [key, [...new Array<number>(12).fill(NaN), 1, 1, 1, 1]]),
    ),
  },
  decoded(2, 1, 1e15, -4e15, -4e15, 2),
  decoded(2, 4, 1e15, -4e15, -8e15, 1),
  decoded(1500, 1, 1e15, -8e15, -4e15, 3),
  decoded(1500, 2, 1e15, -4e15, -8e15, 1),
  decoded(1500, 1, 1e19, -4e19, -8e19, 0), // all logits overflow to -∞: nothing is seen
  {
    ...decoded(1500, 1, 1, 1, 1, 0),
    name: 'decoding with NaN in a key of a later split',
    inputs: {
      q: constant([1, 1, 4], 1),
      keys: { shape: [1, 1500, 4], data: new Float64Array(6000).fill(1).fill(NaN, 5600, 5601) },
      values: constant([1, 1500, 4], 1),
    },
    want: { y: [NaN, NaN, NaN, NaN] },
  },
]);
