import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { expectDType, formatShape, type Tensor } from '../../graph/tensor';
import { linkedKernels } from '../../runtime/kernel';
import { elementwise } from '../lib/elementwise';
import { rated } from '../lib/rates';
import adamwWgsl from './adamw.wgsl';

const kernelOf = linkedKernels();

/** What `adamw` updates: weights with their gradients and both moments. */
export interface AdamWBlock {
  /** All f32 and of one shape. `gradients` are cleared to 0 once used. */
  readonly weights: Tensor;
  readonly gradients: Tensor;
  /** Moments, zero before the first step. */
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * Numbers of one `adamw` update; the learning rate is the step's. Defaults are PyTorch's: 0.9, 0.999, 1e-8 and 0.01.
 */
export interface AdamWSettings {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** λ of p ← (1 - lr λ) p. */
  readonly weightDecay?: number;
  /** Of `globalNorm`: gradients are multiplied by its scale, and a blown-up step is skipped whole. Default none. */
  readonly clip?: Tensor | null;
  /** The share of the learning rate that each 64 weights have, f32 (N / 64, rounded up). Default: all of it. */
  readonly rates?: Tensor | null;
}

/**
 * One step of AdamW over a flat block, in place; PyTorch's arithmetic and defaults. The learning rate and the bias
 * corrections come with each run, as `lr`, `correction1` = 1 - β1^t and `correction2` = 1 - β2^t of its `Step`, t
 * from 1. Without `clip`, a gradient that is not finite poisons the weights.
 */
export function adamw(
  g: Graph,
  { weights, gradients, first, second }: AdamWBlock,
  settings: AdamWSettings = {},
): void {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, clip = null } = settings;
  const { rates = null } = settings;
  const where = g.where('adamw');
  expectOptions(where, settings, { beta1, beta2, epsilon, weightDecay, clip, rates });
  for (const block of [weights, gradients, first, second]) {
    expectDType(where, block, 'f32');
    if (block.size !== weights.size) {
      throw new ShapeError(
        where,
        `${block.name} is ${formatShape(block.shape)}, ${weights.name} ${formatShape(weights.shape)}`,
        'Weights, gradients and moments must be blocks of one size.',
      );
    }
  }
  if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
    throw new ShapeError(
      where,
      `beta1 is ${beta1}, beta2 is ${beta2}`,
      'Both must be at least 0 and below 1.',
    );
  }
  const { constants, n, grid, wide } = elementwise(weights, g.device.can);
  const { T, LANES, PER } = constants;
  const rate = rated(where, weights, rates, wide);
  const noClip = (): Tensor => g.constant('no clip', [2], Float32Array.of(0, 1));
  g.dispatch(
    kernelOf('adamw', [stepWgsl, rate.wgsl, adamwWgsl]),
    { weights, gradients, first, second, clip: clip ?? noClip(), ...rate.bind },
    {
      uniforms: { n, rest1: 1 - beta1, rest2: 1 - beta2, beta2, epsilon, decay: weightDecay },
      constants: { T, LANES, PER, ...rate.constants },
      grid,
      flops: 14 * weights.size,
      bytes: 7 * weights.bytes + gradients.bytes,
    },
  );
}
