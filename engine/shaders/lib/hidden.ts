import { bytesOf, type Tensor } from '../../graph/tensor';

/** LEAST in hidden.wgsl for numbers that are stored as this tensor's: what its type has lowest. */
export const leastOf = ({ dtype }: Tensor): number =>
  bytesOf(dtype) === 2 ? -65_504 : -3.4028234663852886e38;
