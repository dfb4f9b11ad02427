import { gated } from '../../engine/shaders/gated/gated';
import { gatedRef, gatedRefGrad } from '../../engine/shaders/gated/gated.ref';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('gated', {
    cases: [
      { n: 1, width: 8, kind: 'silu' },
      { n: 3, width: 5, kind: 'silu' },
      { n: 65, width: 20, kind: 'silu' },
      { n: 3, width: 8, kind: 'gelu' },
    ] as const,
    inputs: ({ n, width }) => ({ x: normal([n, 2 * width], { std: 2 }) }),
    op: (g, { x }, { kind }) => gated(g, x, kind),
    reference: ({ x }, { width, kind }) => ({ y: gatedRef(x, width, kind) }),
    gradient: ({ x }, { y }, { width, kind }) => ({ x: gatedRefGrad(x, y, width, kind) }),
    terms: () => 2,
  }),
];
