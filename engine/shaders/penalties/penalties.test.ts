import { expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { grid, normal, Random, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { NO_TOKEN } from '../sampling/sampling';
import { scale } from '../scale/scale';
import { countTokens, logProbabilities, penalize } from './penalties';
import { countTokensRef, logProbabilitiesRef, penalizeRef } from './penalties.ref';

/** Lists of different ids, some shorter than others. */
function lists(n: number, m: number, v: number): { ids: Uint32Array; counts: Uint32Array } {
  const random = new Random(n + m);
  const ids = new Uint32Array(n * m).fill(NO_TOKEN);
  const counts = Uint32Array.from(ids, () => random.below(4));
  for (let r = 0; r < n; r++) {
    const own = new Set(Array.from({ length: random.below(m + 1) }, () => random.below(v)));
    ids.set([...own], r * m);
  }
  return { ids, counts };
}

testOp('penalize', {
  cases: [
    { n: 1, v: 5, m: 1 },
    { n: 3, v: 70, m: 4 },
    { n: 67, v: 9, m: 6 },
  ],
  inputs: ({ n, v, m }) => {
    const { ids, counts } = lists(n, m, v);
    return {
      logits: normal([n, v], { std: 3 }),
      ids: { shape: [n, m], data: ids },
      counts: { shape: [n, m], data: counts },
      penalties: { shape: [3], data: Float64Array.of(1.25, 0.5, 0.375), exact: true },
    };
  },
  op: (g, { logits, ids, counts, penalties }) => {
    const x = scale(g, logits, 1); // inputs keep their data for the next run
    penalize(g, x, { ids, counts }, penalties);
    return x;
  },
  reference: ({ logits, ids, counts, penalties }, { v }) => ({
    y: penalizeRef(logits, v, ids, counts, penalties),
  }),
  terms: () => 4,
});

testOp('countTokens', {
  cases: grid({ n: [1, 5], m: [1, 4, 150] }),
  inputs: ({ n, m }) => {
    const { ids, counts } = lists(n, m, 2 * m);
    const random = new Random(m);
    const tokens = Uint32Array.from({ length: n }, () => random.below(2 * m));
    if (n > 1) tokens[1] = NO_TOKEN;
    const of = (data: Uint32Array) => ({ shape: [n, m], data });
    return { tokens: { shape: [n], data: tokens }, ids: of(ids), counts: of(counts) };
  },
  op: (g, { tokens, ids, counts }) => {
    countTokens(g, tokens, { ids, counts });
    return { ids, counts };
  },
  reference: ({ tokens, ids, counts }) => countTokensRef(tokens, ids, counts),
  terms: () => 1,
});

testOp('logProbabilities', {
  cases: [
    { n: 1, v: 1 },
    { n: 3, v: 70 },
    { n: 2, v: 1000 },
  ],
  rungs: ['software', 'hardware'],
  inputs: ({ n, v }) => ({ logits: normal([n, v], { std: 3 }) }),
  op: (g, { logits }) => {
    const x = scale(g, logits, 1);
    logProbabilities(g, x);
    return x;
  },
  reference: ({ logits }, { v }) => ({ y: logProbabilitiesRef(logits, v) }),
  terms: ({ v }) => v,
});

it('penalties have no gradient and say so', () => {
  const g = new Graph(fakeDevice(), { train: true });
  const logits = g.input('logits', [2, 4], 'f32', { differentiable: true });
  const ids = g.input('ids', [2, 1], 'u32');
  const penalties = g.input('penalties', [3], 'f32');
  expect(() => penalize(g, logits, { ids, counts: ids }, penalties)).toThrow('wants a gradient, and this op');
  expect(() => logProbabilities(g, logits)).toThrow('wants a gradient, and this op has none');
  const other = g.input('other', [1, 4], 'f32');
  expect(() => penalize(g, other, { ids, counts: penalties }, penalties)).toThrow('penalize');
});
