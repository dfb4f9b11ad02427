import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import perturbWgsl from './perturb.wgsl';

const kernel = defineKernel({ name: 'perturb', wgsl: [perturbWgsl, elementwiseWgsl] });

/** All f32; weights and gradients of one size. */
export interface PerturbParts {
  readonly weights: Tensor;
  readonly gradients: Tensor;
  /** [norm, …], as `globalNorm` gives it: of these gradients, or of more of them together. */
  readonly norm: Tensor;
}

/**
 * Adds ε d / ‖d‖ to weights in place, d being their gradient: the step of length ε along which the loss grows fastest
 * (Goodfellow et al. 2015, Miyato et al. 2017). Weights stay where the norm is 0, or -1 for gradients that are not finite.
 * Throws `ShapeError` for sizes that do not fit and an ε that is not finite.
 */
export function perturb(
  g: Graph,
  { weights, gradients, norm }: PerturbParts,
  settings: { readonly epsilon: number },
): void {
  const { epsilon } = settings;
  const where = g.where('perturb');
  expectOptions(where, settings, { epsilon });
  for (const part of [weights, gradients, norm]) expectDType(where, part, 'f32');
  if (gradients.size !== weights.size) {
    const what = `${gradients.name} is ${formatShape(gradients.shape)}, ${weights.name} ${formatShape(weights.shape)}`;
    throw new ShapeError(where, what, 'Weights and gradients must be of one size.');
  }
  if (!Number.isFinite(epsilon)) {
    throw new ShapeError(where, `epsilon is ${epsilon}`, 'Use a finite number.');
  }
  const { constants, n, grid } = elementwise(weights, g.device.can);
  const { T, LANES, PER } = constants;
  g.dispatch(
    kernel,
    { weights, gradients, norm },
    {
      uniforms: { n, epsilon },
      constants: { T, LANES, PER },
      grid,
      flops: 2 * weights.size,
      bytes: 2 * weights.bytes + gradients.bytes,
    },
  );
}
