import { countTokens, logProbabilities, penalize } from '../../engine/shaders/penalties/penalties';
import {
  countTokensRef,
  logProbabilitiesRef,
  penalizeRef,
} from '../../engine/shaders/penalties/penalties.ref';
import { NO_TOKEN } from '../../engine/shaders/sampling/sampling';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, grid, normal, Random } from '../op';

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

export const ops = [
  describeOp('penalize', {
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
  }),
  describeOp('countTokens', {
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
  }),
  describeOp('logProbabilities', {
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
  }),
];
