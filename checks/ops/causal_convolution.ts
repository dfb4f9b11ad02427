import { causalConvolution } from '../../engine/shaders/causal_convolution/causal_convolution';
import {
  causalConvolutionRef,
  causalConvolutionRefGrad,
} from '../../engine/shaders/causal_convolution/causal_convolution.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal, plus, twice } from '../op';

export const ops = [
  describeOp('causalConvolution', {
    cases: [
      { B: 1, T: 1, C: 3, K: 4 },
      { B: 2, T: 7, C: 5, K: 4 },
      { B: 3, T: 90, C: 8, K: 2 },
    ],
    inputs: ({ B, T, C, K }) => ({ x: normal([B, T, C]), w: normal([C, 1, K]) }),
    // Reading both twice has their gradients added to.
    op: (g, { x, w }) => ({ zx: scale(g, x, 2), zw: scale(g, w, 2), y: causalConvolution(g, x, w) }),
    reference: ({ x, w }, c) => ({ zx: twice(x), zw: twice(w), y: causalConvolutionRef(x, w, c) }),
    gradient: ({ x, w }, { zx, zw, y }, c) => {
      const d = causalConvolutionRefGrad(x, w, y, c);
      return { x: plus(twice(zx), d.x), w: plus(twice(zw), d.weight) };
    },
    terms: ({ B, T, K }) => Math.max(K, B * T),
    bound: { scale: 4 }, // products as large as this; what they add up to may be less
  }),
];
