import { given, testEdges } from '../../../tests/harness/edges';
import { elu, leakyRelu } from './elu';
import { eluRef } from './elu.ref';

/** Below 0 down to where e^x - 1 is x, and to where it is -1. */
const sweep: number[] = [];
for (let k = -100; k <= 100; k++) for (const f of [1, 1.37, 1.93]) sweep.push(-f * 2 ** k, f * 2 ** k);
for (let i = 0; i < 200; i++) sweep.push(-i / 50);

testEdges('elu and leakyRelu', [
  {
    name: 'elu over f32, small numbers with their digits',
    inputs: { x: given([sweep.length], ...sweep) },
    op: (g, { x }) => elu(g, x),
    want: {},
    stored: ({ x }) => ({ y: eluRef(x, 1, true) }),
    within: 2e-6,
    unit: 1e-31,
  },
  {
    name: 'what is not finite goes on',
    inputs: { x: given([6], NaN, Infinity, -Infinity, 0, 1e30, -1e30) },
    op: (g, { x }) => ({ elu: elu(g, x), leaky: leakyRelu(g, x, { slope: 0.5 }) }),
    upstream: { elu: [1, 1, 1, 1, 1, 1] },
    want: {
      elu: [NaN, Infinity, -1, 0, 1e30, -1],
      leaky: [NaN, Infinity, -Infinity, 0, 1e30, -5e29],
      'grad x': [NaN, 1, 0, 1, 1, 0],
    },
  },
]);
