import { softmax } from '../../engine/shaders/softmax/softmax';
import { softmaxRef, softmaxRefGrad } from '../../engine/shaders/softmax/softmax.ref';
import { describeOp, integers, normal } from '../op';

const keepMasked = (mask: Float64Array, lengths: Float64Array, c: number) => (row: number, i: number) =>
  i < lengths[Math.floor(row / 3)] && mask[(row % 3) * c + i] !== 0;

export const ops = [
  describeOp('softmax', {
    cases: [
      { n: 1, c: 1, scale: 1 },
      { n: 3, c: 7, scale: 0.5 },
      { n: 17, c: 65, scale: 2 },
      { n: 3, c: 8, scale: 1 },
      { n: 19, c: 76, scale: 0.5 },
      { n: 2, c: 1031, scale: 1 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ n, c }) => ({ x: normal([n, c], { std: 2 }) }),
    op: (g, { x }, { scale }) => softmax(g, x, { scale }),
    reference: ({ x }, { c, scale }) => ({ y: softmaxRef(x, c, scale, () => true) }),
    gradient: ({ x }, { y }, { c, scale }) => ({
      x: softmaxRefGrad(
        softmaxRef(x, c, scale, () => true),
        y,
        c,
        scale,
      ),
    }),
    terms: ({ c }) => c,
  }),
  describeOp('softmax with a mask and lengths', {
    cases: [
      { b: 2, c: 4 },
      { b: 3, c: 67 },
    ],
    rungs: ['software', 'hardware'],
    // Logits that overflow without the maximum; the first sequence has no entry at all.
    inputs: ({ b, c }) => ({
      x: normal([b, 3, c], { std: 1e4 }),
      mask: integers([3, c], 2),
      lengths: { shape: [b], data: Uint32Array.of(0, c, c - 2).slice(0, b) },
    }),
    op: (g, { x, mask, lengths }) => softmax(g, x, { mask, lengths }),
    reference: ({ x, mask, lengths }, { c }) => ({ y: softmaxRef(x, c, 1, keepMasked(mask, lengths, c)) }),
    gradient: ({ x, mask, lengths }, { y }, { c }) => ({
      x: softmaxRefGrad(softmaxRef(x, c, 1, keepMasked(mask, lengths, c)), y, c, 1),
    }),
    terms: ({ c }) => c,
    bound: { scale: 1 },
    finiteDifferences: false, // one logit takes all, so derivatives vanish or jump
  }),
];
