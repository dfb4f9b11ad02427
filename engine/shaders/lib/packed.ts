import { PACKINGS, type Packed } from '../../graph/packed';
import type { Constants, Shader } from '../../runtime/shader';
import int4 from './packed_int4.wgsl';
import int8 from './packed_int8.wgsl';

/** How kernels decode packed weights. */
export const packedReader = (packed: Packed): Shader => (PACKINGS[packed].bits === 8 ? int8 : int4);

/** Constants of the reader. */
export function packedConstants(packed: Packed): Constants {
  const { group } = PACKINGS[packed];
  return group === null ? {} : { GROUP: group };
}
