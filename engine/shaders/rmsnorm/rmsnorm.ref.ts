import { normRef, normRefGrad } from '../layernorm/layernorm.ref';

const options = (eps: number) => ({ eps, center: false });

export function rmsnormRef(x: Float64Array, weight: Float64Array, eps: number): Float64Array {
  return normRef(x, weight, null, options(eps));
}

export function rmsnormRefGrad(x: Float64Array, weight: Float64Array, dy: Float64Array, eps: number) {
  const { x: dx, weight: dweight } = normRefGrad(x, weight, dy, options(eps));
  return { x: dx, weight: dweight };
}
