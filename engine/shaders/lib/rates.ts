import { ShapeError } from '../../errors';
import { formatShape, type Tensor } from '../../graph/tensor';
import type { KernelDefinition } from '../../runtime/kernel';
import type { Constants } from '../../runtime/shader';
import rateEachWgsl from './rate_each.wgsl';
import rateSameWgsl from './rate_same.wgsl';

/** Numbers that have one share of the learning rate: parameters begin at multiples of so many. */
export const RATE_SPAN = 64;

/** What an optimizer's kernel is linked, bound and specialised with for `rates`, f32 (N / 64 rounded up) or null. */
export function rated(
  where: string,
  weights: Tensor,
  rates: Tensor | null,
  wide: boolean,
): {
  readonly wgsl: KernelDefinition['wgsl'][number];
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly constants: Constants;
} {
  if (!rates) return { wgsl: rateSameWgsl, bind: {}, constants: {} };
  const want = Math.ceil(weights.size / RATE_SPAN);
  if (rates.size !== want) {
    const what = `rates are ${formatShape(rates.shape)} for ${weights.name} ${formatShape(weights.shape)}`;
    throw new ShapeError(where, what, `Give ${want}, one for each ${RATE_SPAN} weights.`);
  }
  return { wgsl: rateEachWgsl, bind: { rates }, constants: { SPAN: wide ? RATE_SPAN / 4 : RATE_SPAN } };
}
