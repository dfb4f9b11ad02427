import { ShapeError } from '../../errors';
import { linearGrid, type Grid } from '../../graph/graph';
import { bytesOf, type DType, type Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/capabilities';
import type { Constants } from '../../runtime/shader';

export interface Elementwise {
  /** T: how an element is stored; F: how it is computed; LANES and PER: the mapping. */
  readonly constants: Constants & { readonly LANES: number; readonly PER: number };
  /** Whether an element is a group of four. */
  readonly wide: boolean;
  /** Number of `T`s: elements, or groups of four. */
  readonly n: number;
  readonly grid: Grid;
}

export type ElementType = 'f32' | 'f16' | 'vec4<f32>' | 'vec4<f16>';

/** WGSL's name for one element, or four, of a tensor of floats. */
export function elementType(dtype: DType, wide: boolean): ElementType {
  if (dtype !== 'f32' && dtype !== 'f16') {
    throw new ShapeError(
      'op',
      `it computes with floats, and got ${dtype}`,
      'Give a Float32Array as its input.',
    );
  }
  const type = bytesOf(dtype) === 2 ? 'f16' : 'f32';
  return wide ? `vec4<${type}>` : type;
}

const LANES = 64;

/**
 * How a point-wise kernel (linked with elementwise.wgsl) walks over `x`: four numbers at a time where the size allows,
 * and where `period`, the length after which another operand repeats, allows too. A software adapter gets up to four
 * such vectors an invocation: on SwiftShader that is 2.5 times as fast as one.
 */
export function elementwise(x: Tensor, can: Pick<Capabilities, 'software'>, period = x.size): Elementwise {
  const wide = x.size % 4 === 0 && period % 4 === 0;
  const n = wide ? x.size / 4 : x.size;
  const per = !can.software || n % 2 !== 0 ? 1 : n % 4 !== 0 ? 2 : 4;
  return {
    constants: {
      T: elementType(x.dtype, wide),
      F: wide ? 'vec4<f32>' : 'f32',
      LANES,
      PER: per,
    },
    wide,
    n,
    grid: linearGrid(Math.ceil(n / (LANES * per))),
  };
}
