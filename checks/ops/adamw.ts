import { adamw } from '../../engine/shaders/adamw/adamw';
import { adamwRef } from '../../engine/shaders/adamw/adamw.ref';
import { describeOp, normal } from '../op';

const [BETA1, BETA2, LEARNING_RATE, T] = [0.9, 0.999, 1e-2, 3];
const settings = { beta1: BETA1, beta2: BETA2, epsilon: 1e-8, weightDecay: 0.01 };

export const ops = [
  describeOp('adamw', {
    cases: [{ n: 7 }, { n: 1028 }],
    inputs: ({ n }) => {
      const { shape, data } = normal([n]);
      return {
        weights: normal([n]),
        gradients: normal([n]),
        first: normal([n], { std: 0.1 }),
        second: { shape, data: Float64Array.from(data, (x) => 0.1 * x * x) },
      };
    },
    op(g, { weights, gradients, first, second }) {
      adamw(g, { weights, gradients, first, second }, settings);
      return { weights, first, second };
    },
    reference: ({ weights, gradients, first, second }) => ({
      ...adamwRef({ weights, first, second }, gradients, T, 1, { ...settings, learningRate: LEARNING_RATE }),
    }),
    step: { lr: LEARNING_RATE, correction1: 1 - BETA1 ** T, correction2: 1 - BETA2 ** T },
    terms: () => 1,
    dtypes: ['f32'],
    races: false, // adamw.test.ts looks for them
  }),
];
