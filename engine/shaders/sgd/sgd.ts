import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { expectDType, formatShape, type Tensor } from '../../graph/tensor';
import { linkedKernels } from '../../runtime/kernel';
import { elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { rated } from '../lib/rates';
import momentumWgsl from './momentum.wgsl';
import sgdWgsl from './sgd.wgsl';

const kernelOf = linkedKernels();

/** What `sgd` updates: weights with their gradients and the momentum. */
export interface SGDBlock {
  /** All f32 and of one shape. `gradients` are cleared to 0 once used. */
  readonly weights: Tensor;
  readonly gradients: Tensor;
  /** The momentum, zero before the first step; null where there is none. */
  readonly first: Tensor | null;
}

/** Numbers of one `sgd` update; the learning rate is the step's. */
export interface SGDSettings {
  /** μ of m ← μ m + (1 - dampening) d; used where the block has `first`. Default 0.9. */
  readonly momentum?: number;
  /** Step along d + μ m instead of m. Default false. */
  readonly nesterov?: boolean;
  /** λ of d = gradient + λ p. Default 0. */
  readonly weightDecay?: number;
  /** Of `globalNorm`: gradients are multiplied by its scale, and a blown-up step is skipped whole. Default none. */
  readonly clip?: Tensor | null;
  /** The share of the learning rate that each 64 weights have, f32 (N / 64, rounded up). Default: all of it. */
  readonly rates?: Tensor | null;
}

/**
 * One step of stochastic gradient descent over a flat block, in place; PyTorch's arithmetic. The learning rate comes with
 * each run, as `lr` of its `Step`, and the gradient's share of the momentum as `correction1`: 1 in the first step, which
 * PyTorch does not dampen, then 1 - dampening. Without `clip`, a gradient that is not finite poisons the weights.
 */
export function sgd(g: Graph, block: SGDBlock, settings: SGDSettings = {}): void {
  const { momentum = 0.9, nesterov = false, weightDecay = 0, clip = null, rates = null } = settings;
  const { weights, gradients, first } = block;
  const where = g.where('sgd');
  expectOptions(where, settings, { momentum, nesterov, weightDecay, clip, rates });
  for (const part of [weights, gradients, first ?? weights]) {
    expectDType(where, part, 'f32');
    if (part.size !== weights.size) {
      throw new ShapeError(
        where,
        `${part.name} is ${formatShape(part.shape)}, ${weights.name} ${formatShape(weights.shape)}`,
        'Weights, gradients and momentum must be blocks of one size.',
      );
    }
  }
  const { constants, n, grid, wide } = elementwise(weights, g.device.can);
  const { T, LANES, PER } = constants;
  const rate = rated(where, weights, rates, wide);
  const bind = {
    weights,
    gradients,
    clip: clip ?? g.constant('no clip', [2], Float32Array.of(0, 1)),
    ...rate.bind,
  };
  const chosen = { T, LANES, PER, ...rate.constants };
  if (!first) {
    const kernel = kernelOf('sgd', [stepWgsl, rate.wgsl, sgdWgsl, elementwiseWgsl]);
    g.dispatch(kernel, bind, { uniforms: { n, decay: weightDecay }, constants: chosen, grid });
    return;
  }
  g.dispatch(
    kernelOf('sgd.momentum', [stepWgsl, rate.wgsl, momentumWgsl, elementwiseWgsl]),
    { ...bind, first },
    {
      uniforms: { n, decay: weightDecay, momentum },
      constants: { ...chosen, NESTEROV: nesterov },
      grid,
    },
  );
}
