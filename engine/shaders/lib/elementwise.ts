import { linearGrid, type Grid } from '../../graph/graph';
import { bytesOf, type Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/device';
import type { Constants } from '../../runtime/shader';

export interface Elementwise {
  /** T: how an element is stored; F: how it is computed; LANES and PER: the mapping. */
  readonly constants: Constants;
  /** Number of `T`s: elements, or groups of four. */
  readonly n: number;
  readonly grid: Grid;
}

const LANES = 64;

/**
 * How a point-wise kernel walks over `x`: four elements at a time where the size allows. A software adapter gets
 * several vectors an invocation, because starting one costs it as much as a few vectors.
 */
export function elementwise(x: Tensor, can: Pick<Capabilities, 'software'>): Elementwise {
  const wide = x.size % 4 === 0;
  const half = bytesOf(x.dtype) === 2;
  const n = wide ? x.size / 4 : x.size;
  const per = can.software ? 4 : 1;
  return {
    constants: {
      T: wide ? (half ? 'vec4<f16>' : 'vec4<f32>') : half ? 'f16' : 'f32',
      F: wide ? 'vec4<f32>' : 'f32',
      LANES,
      PER: per,
    },
    n,
    grid: linearGrid(Math.ceil(n / (LANES * per))),
  };
}
