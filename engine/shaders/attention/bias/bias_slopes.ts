import { ShapeError } from '../../../errors';
import type { Graph } from '../../../graph/graph';
import { NONE, strides, type DistanceBias } from './bias';
import type { BiasForm } from '../tile/form';
import biasSlopes from './bias_slopes.wgsl';
import decodeBiasSlopes from './decode_bias_slopes.wgsl';

const SLOPES: BiasForm = { name: 'slopes', wgsl: biasSlopes };
const DECODE_SLOPES: BiasForm = { name: 'slopes', wgsl: decodeBiasSlopes };

/** ALiBi (Press et al. 2022): minus `slopes[h]` times the absolute distance. `alibiSlopes(H)` gives the paper's. */
export function slopeBias(slopes: readonly number[]): DistanceBias {
  const bound = (g: Graph, where: string, heads: number) => {
    if (slopes.length !== heads) {
      throw new ShapeError(
        where,
        `${slopes.length} slopes for ${heads} heads`,
        'Give one for each head: alibiSlopes(H).',
      );
    }
    const odd = slopes.findIndex((slope) => !Number.isFinite(Math.fround(slope)));
    if (odd >= 0) {
      throw new ShapeError(where, `slope ${odd} is ${slopes[odd]}`, 'Give finite numbers: alibiSlopes(H).');
    }
    return g.constant('slopes', [heads], Float32Array.from(slopes));
  };
  return {
    kind: 'slopes',
    resolve: (g, where, { T, S, heads }) => ({
      ...NONE,
      form: SLOPES,
      bind: { bias: bound(g, where, heads) },
      uniforms: strides(0, 0, 0, 0, S - T, 1),
    }),
    resolveDecode: (g, where, { heads }) => {
      const tensor = bound(g, where, heads);
      return {
        form: DECODE_SLOPES,
        bind: { slopes: tensor },
        tiled: () => ({ form: SLOPES, bind: { bias: tensor }, uniforms: {} }),
      };
    },
  };
}
