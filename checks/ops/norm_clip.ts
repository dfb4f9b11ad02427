import { globalNorm } from '../../engine/shaders/norm_clip/norm_clip';
import { globalNormRef } from '../../engine/shaders/norm_clip/norm_clip.ref';
import { type DescribedOp, describeOp, normal, type Where } from '../op';

const EXTREMES = [
  ['NaN', NaN],
  ['infinity', Infinity],
  ['minus infinity', -Infinity],
  ['2^48', -(2 ** 48)],
  ['just below 2^48', 2 ** 48 - 2 ** 24],
] as const;

const extremes = EXTREMES.flatMap(([name, value]) =>
  [8, 7].map((n) =>
    describeOp(`globalNorm of ${name} among ${n}`, {
      cases: [{ n }],
      inputs: () => ({
        a: { shape: [n], data: Float64Array.from({ length: n }, (_, i) => (i === 5 ? value : i)) },
      }),
      op: (g, { a }) => globalNorm(g, [a], 1),
      reference: ({ a }) => ({ y: globalNormRef([a], 1) }),
      terms: () => 8,
      dtypes: ['f32'],
    }),
  ),
);

export const ops = ({ gpu }: Where): readonly DescribedOp[] => [
  describeOp('globalNorm', {
    // 4,099 is prime: a long block without vectors; 4,194,816 numbers take more than one pass of all workgroups.
    cases: [
      { a: 5, b: 6, clip: 1 },
      { a: 1, b: 4, clip: 100 },
      { a: 4096, b: 4099, clip: 1 },
      ...(gpu ? [{ a: 4 * 1024 * 1024 + 512, b: 3, clip: 0.5 }] : []),
    ],
    inputs: ({ a, b }) => ({ a: normal([a], { std: 3 }), b: normal([b]) }),
    op: (g, { a, b }, { clip }) => globalNorm(g, [a, b], clip),
    reference: ({ a, b }, { clip }) => ({ y: globalNormRef([a, b], clip) }),
    terms: () => 64, // sums of squares do not cancel: the error is that of the longest chain of additions
    dtypes: ['f32'],
    rungs: ['software', 'hardware'],
  }),
  // The kernels are those of the first, so the cpu host has nothing to look for.
  ...(gpu ? extremes : []),
];
