import { defineKernel } from '../../engine/runtime/kernel';
import { byCapability } from '../../engine/runtime/shader';
import testWgsl from '../../engine/shaders/lib/reduce.test.wgsl';
import reduce from '../../engine/shaders/lib/reduce.wgsl';
import reduceSubgroups from '../../engine/shaders/lib/reduce_subgroups.wgsl';
import { describeOp, grid, normal } from '../op';

const kernels = {
  base: defineKernel({ name: 'reduce.test.base', wgsl: [reduce, testWgsl] }),
  chosen: defineKernel({
    name: 'reduce.test.chosen',
    wgsl: [byCapability({ base: reduce, subgroups: reduceSubgroups }), testWgsl],
  }),
};

export const ops = [
  describeOp('workgroup reductions', {
    cases: grid({ lanes: [4, 64, 256], kernel: ['base', 'chosen'] as const, fours: [false, true] }),
    inputs: ({ lanes }) => ({ x: normal([3, lanes], { mean: -5 }) }),
    op: (g, { x }, { lanes, kernel, fours }) => {
      const y = g.value('y', [3, lanes, 4], 'f32');
      g.dispatch(kernels[kernel], { x, y }, { constants: { LANES: lanes, FOURS: fours }, grid: [3] });
      return y;
    },
    reference: ({ x }, { lanes, fours }) => {
      const y = new Float64Array(x.length * 4);
      for (let i = 0; i < x.length; i++) {
        const row = x.subarray(i - (i % lanes), i - (i % lanes) + lanes);
        const sum = row.reduce((a, b) => a + b, 0);
        const magnitude = row.reduce((a, b) => a + Math.abs(b), 0);
        const numbers = fours
          ? [sum, magnitude, Math.max(...row), -Math.min(...row)]
          : [sum, sum, magnitude, Math.max(...row)];
        y.set(numbers, i * 4);
      }
      return { y };
    },
    terms: ({ lanes }) => lanes,
    dtypes: ['f32'],
  }),
];
