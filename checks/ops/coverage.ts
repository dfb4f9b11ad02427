import { coverage } from '../../engine/shaders/coverage/coverage';
import { coverageRef } from '../../engine/shaders/coverage/coverage.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal, Random } from '../op';

export const ops = [
  describeOp('coverage', {
    cases: [
      { n: 1, k: 1, s: 1, heads: 1, d: 3, factor: 1 },
      { n: 2, k: 3, s: 5, heads: 2, d: 4, factor: 0 },
      { n: 3, k: 4, s: 70, heads: 2, d: 8, factor: 0.25 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ n, k, s, heads, d }) => {
      const random = new Random(s);
      const uniform = Float64Array.from({ length: n * k * s }, () => 0.05 + random.next());
      return {
        q: normal([n, k, heads * d], { std: 2 }),
        keys: normal([n, s, heads * d]),
        covered: { shape: [n * k, s], data: uniform, exact: true },
        lengths: {
          shape: [n],
          data: Uint32Array.from({ length: n }, (_, i) => (i === 0 ? s : 1 + random.below(s))),
        },
        order: {
          shape: [n * k],
          data: Uint32Array.from({ length: n * k }, (_, r) => r - (r % k) + random.below(k)),
        },
      };
    },
    op: (g, { q, keys, lengths, order, covered: before }, { heads, factor }) => {
      // Not a stored tensor here, so a copy: an input keeps its data for the next run.
      const covered = scale(g, before, 1);
      const penalty = coverage(g, q, keys, covered, {
        heads,
        lengths,
        order,
        ...(factor > 0 && { scale: factor }),
      });
      return { covered, penalty };
    },
    reference: (x, c) => ({ ...coverageRef(x, c) }),
    terms: ({ s, d }) => s + d,
    step: { position: 3 },
    // f16 inputs are rounded before the reference sees them, and all sums are f32.
    dtypes: ['f32'],
  }),
];
