import { topCandidates } from '../../engine/shaders/top_candidates/top_candidates';
import { NONE, topCandidatesRef } from '../../engine/shaders/top_candidates/top_candidates.ref';
import { describeOp, normal, Random } from '../op';

export const ops = [
  describeOp('topCandidates', {
    cases: [
      { n: 2, v: 5, count: 4, m: 1, given: false },
      { n: 3, v: 1, count: 2, m: 1, given: false },
      { n: 5, v: 65, count: 8, m: 7, given: false },
      { n: 70, v: 67, count: 2, m: 3, given: false },
      { n: 3, v: 1000, count: 8, m: 60, given: false },
      { n: 5, v: 65, count: 8, m: 7, given: true },
      { n: 2, v: 50_257, count: 6, m: 4, given: false },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ n, v, m }) => {
      const random = new Random(v);
      // Ids that need not be among the best, so some of the best too; row 0 has no bans, row 1 is forced.
      const logits = normal([n, v], { std: 3 });
      const best = topCandidatesRef(logits.data as Float64Array, v, 2, new Array<number>(n).fill(NONE), [
        ...new Array<number>(n).fill(NONE),
      ]).ids;
      const bans = new Uint32Array(n * m).fill(NONE);
      for (let r = 1; r < n; r++) {
        const some = 1 + random.below(m);
        for (let i = 0; i < some; i++) bans[r * m + i] = i === 0 ? best[2 * r] : random.below(v);
      }
      for (let r = 0; r < n; r++) bans.subarray(r * m, (r + 1) * m).sort();
      const only = new Uint32Array(n).fill(NONE);
      only[1] = random.below(v);
      return { logits, bans: { shape: [n, m], data: bans }, only: { shape: [n], data: only } };
    },
    op: (g, { logits, bans, only }, { count, given }) => ({
      ...topCandidates(g, logits, { count, bans, only, given }),
    }),
    reference: ({ logits, bans, only }, { v, count, given }) => ({
      ...topCandidatesRef(logits, v, count, bans, only, given),
    }),
    terms: ({ v }) => v,
    // -3e38 stands for what there is not; without it the largest is some tens.
    bound: { scale: 20 },
  }),
];
