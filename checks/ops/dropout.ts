import { dropout } from '../../engine/shaders/dropout/dropout';
import { dropoutRef } from '../../engine/shaders/dropout/dropout.ref';
import { describeOp, grid, normal } from '../op';

export const step = { seed: 0xdead_beef, index: 12 };

export const ops = [
  // The reference draws with random.ts, so equality here is equality of the bits that the GPU draws.
  describeOp('dropout', {
    cases: grid({ n: [8, 7, 4096], p: [0.1, 0.5] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }, { p }) => dropout(g, x, p),
    reference: ({ x }, { p }) => ({ y: dropoutRef(x, p, step) }),
    gradient: (_, { y }, { p }) => ({ x: dropoutRef(y, p, step) }),
    terms: () => 1,
    step,
  }),
  describeOp('dropout: a second one draws its own mask', {
    cases: [{ n: 64 }],
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }) => ({ a: dropout(g, x, 0.5), b: dropout(g, x, 0.5) }),
    reference: ({ x }) => ({ a: dropoutRef(x, 0.5, step, 0), b: dropoutRef(x, 0.5, step, 1) }),
    gradient: (_, { a, b }) => {
      const second = dropoutRef(b, 0.5, step, 1);
      return { x: dropoutRef(a, 0.5, step, 0).map((v, i) => v + second[i]) };
    },
    terms: () => 2,
    dtypes: ['f32'],
    step,
  }),
];
