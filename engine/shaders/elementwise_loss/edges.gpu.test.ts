import { constant, given, testEdges } from '../../../tests/harness/edges';
import { binaryCrossEntropy, meanSquaredError } from './elementwise_loss';
import { binaryCrossEntropyRef, binaryCrossEntropyRefGrad } from './elementwise_loss.ref';

const logits = [1e30, -1e30, 3e4, -3e4, 100, -100, 20, -20, 1e-6, 0, 8, -8];
const right = logits.map((x) => (x > 0 ? 1 : 0));

testEdges('losses of pairs', [
  {
    name: 'logits of any size that are right cost what is left, to the last digit',
    inputs: {
      x: given([6], 20, -20, 8, -8, 50, -50),
      t: { ...given([6], 1, 0, 1, 0, 1, 0), fixed: true },
    },
    op: (g, { x, t }) => binaryCrossEntropy(g, x, t),
    upstream: { y: [6] },
    want: {},
    stored: ({ x, t }) => ({
      y: binaryCrossEntropyRef(x, t, null),
      'grad x': binaryCrossEntropyRefGrad(x, t, null, 6),
    }),
    within: 4e-7,
    unit: 0.2,
  },
  {
    name: 'huge logits, right and wrong',
    inputs: { x: given([12], ...logits), t: { ...given([12], ...right.map((t) => 1 - t)), fixed: true } },
    op: (g, { x, t }) => binaryCrossEntropy(g, x, t),
    upstream: { y: [12] },
    want: {},
    stored: ({ x, t }) => ({
      y: binaryCrossEntropyRef(x, t, null),
      'grad x': binaryCrossEntropyRefGrad(x, t, null, 12),
    }),
  },
  {
    name: 'infinite logits: right ones cost nothing',
    inputs: { x: given([2], Infinity, -Infinity), t: { ...given([2], 1, 0), fixed: true } },
    op: (g, { x, t }) => binaryCrossEntropy(g, x, t),
    upstream: { y: [1] },
    want: { y: [0], 'grad x': [0, 0] },
  },
  {
    name: 'infinite logits: wrong ones cost ∞, and NaN is NaN',
    inputs: {
      x: given([3], Infinity, NaN, 1),
      t: { ...given([3], 0, 1, 1), fixed: true },
      first: { ...given([3], 1, 0, 0), fixed: true },
    },
    op: (g, { x, t, first }) => ({
      wrong: binaryCrossEntropy(g, x, t, { weights: first }),
      all: binaryCrossEntropy(g, x, t),
    }),
    want: { wrong: [Infinity], all: [NaN] },
  },
  {
    name: 'weights of 0 hide whatever there is; without any, loss and gradient are 0',
    dtypes: ['f32', 'f16'],
    inputs: {
      x: given([2, 2], NaN, Infinity, 1, 3),
      t: { ...given([2, 2], NaN, 0, 0, 1), fixed: true },
      some: { ...given([2], 0, 2), fixed: true },
      none: { ...constant([2], 0), fixed: true },
    },
    op: (g, { x, t, some, none }) => ({
      squares: meanSquaredError(g, x, t, { weights: some }),
      entropies: binaryCrossEntropy(g, x, t, { weights: none }),
    }),
    upstream: { squares: [1], entropies: [1] },
    want: { squares: [2.5], entropies: [0], 'grad x': [0, 0, 1, 2] },
  },
]);
