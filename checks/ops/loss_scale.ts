import { scaledSeed, unscaleNorm } from '../../engine/shaders/loss_scale/loss_scale';
import { unscaleRef } from '../../engine/shaders/loss_scale/loss_scale.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp } from '../op';

const row = (...data: number[]) => ({ shape: [data.length], data: Float64Array.from(data) });

export const ops = [
  describeOp('scaledSeed', {
    cases: [{ share: 0.625 }, { share: 0 }],
    inputs: ({ share }) => ({ share: row(share), state: row(256, 3) }),
    op: (g, { share, state }) => scaledSeed(g, share, state),
    reference: ({ share, state }) => ({ y: Float64Array.of(share[0] * state[0]) }),
    terms: () => 1,
    dtypes: ['f32'],
  }),
  describeOp('unscaleNorm', {
    // Plain, clipped, overflowed, and overflowed where a smaller scale would not help.
    cases: [
      { norm: 3000, by: 256 },
      { norm: 3_000_000, by: 256 },
      { norm: -1, by: 256 },
      { norm: -1, by: 2 ** -14 },
    ],
    inputs: ({ norm, by }) => ({ norm: row(norm, 0), state: row(by, 1999), unit: row(32) }),
    op: (g, { norm, state, unit }) => {
      const [y, own] = [scale(g, norm, 1), scale(g, state, 1)]; // both are overwritten
      unscaleNorm(g, y, { state: own, unit }, 1);
      return y;
    },
    reference: ({ norm, state, unit }) => ({
      y: Float64Array.from(unscaleRef(norm[0], [state[0], state[1]], unit[0], 1).y),
    }),
    terms: () => 2,
    dtypes: ['f32'],
  }),
];
