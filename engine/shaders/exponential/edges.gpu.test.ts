import { given, testEdges, type Edge } from '../../../tests/harness/edges';
import { exp, log } from './exponential';

/** Every octave of f32's normal numbers, and the neighbourhood of 1. */
const sweep: number[] = [];
for (let k = -126; k <= 127; k++) for (const f of [1, 1.37, 1.4143, 1.93]) sweep.push(f * 2 ** k);
for (let i = -40; i <= 40; i++) sweep.push(1 + i / 100, 1 + i * 2 ** -22);
const steps = Array.from({ length: 1700 }, (_, i) => (i - 850) / 10);
const ones = new Array<number>(8).fill(1);

testEdges('exp and log', [
  {
    name: 'log over all of f32, to a few ulp',
    inputs: { x: given([sweep.length], ...sweep) },
    op: (g, { x }) => log(g, x),
    want: {},
    stored: ({ x }) => ({ y: x.map(Math.log) }),
    within: 4e-7,
    unit: 1e-30,
  },
  {
    name: 'exp over the range of f32',
    inputs: { x: given([steps.length], ...steps) },
    op: (g, { x }) => exp(g, x),
    want: {},
    stored: ({ x }) => ({ y: x.map(Math.exp) }),
    within: 2e-5, // WGSL lets it err by (3 + 2|x|) ulp
    unit: 1e-31,
  },
  ...(['f32', 'f16'] as const).map((dtype): Edge => {
    const beyond = dtype === 'f32' ? 100 : 12;
    return {
      name: 'exp where nothing is finite',
      dtypes: [dtype],
      inputs: { x: given([8], NaN, Infinity, -Infinity, beyond, -1e4, 0, 1, -1) },
      op: (g, { x }) => exp(g, x),
      upstream: { y: ones },
      want: {
        y: [NaN, Infinity, 0, Infinity, 0, 1, Math.E, 1 / Math.E],
        'grad x': [NaN, Infinity, 0, Infinity, 0, 1, Math.E, 1 / Math.E],
      },
    };
  }),
  {
    name: 'log where nothing is finite',
    dtypes: ['f32', 'f16'],
    inputs: { x: given([8], NaN, Infinity, -Infinity, 0, -0, -1e-3, 1, 1024) },
    op: (g, { x }) => log(g, x),
    upstream: { y: ones },
    want: {
      y: [NaN, Infinity, NaN, -Infinity, -Infinity, NaN, 0, Math.log(1024)],
      'grad x': [NaN, 0, 0, Infinity, NaN, -1e3, 1, 1 / 1024],
    },
  },
]);
