/**
 * Loss scaling (Micikevicius et al. 2018): what f16 cannot hold of small gradients it can hold of many times as large ones.
 * The scale lives on the GPU and follows the gradients, as in `torch.amp.GradScaler`, so that no step waits for the host.
 */
import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import seedWgsl from './seed.wgsl';
import unscaleWgsl from './unscale.wgsl';

const seed = defineKernel({ name: 'loss_scale.seed', wgsl: [seedWgsl] });
const unscale = defineKernel({ name: 'loss_scale.unscale', wgsl: [unscaleWgsl] });

/** The scale at first: of a label whose loss has a gradient of 1, f16 then holds the 4-millionth part in full. */
export const FIRST_SCALE = 256;
/** Updates without an overflow after which the scale is doubled: `torch.amp`'s. */
export const GROWTH_INTERVAL = 2000;
/** Above it not even a label's own gradient, at most 1, would fit. */
const MOST_SCALE = 2 ** 15;
/** What stands for the norm of an update that was skipped. */
export const SKIPPED = -2;
/** `globalNorm`'s word for no clip. */
const NO_CLIP = 2 ** 120;

/**
 * State of the loss scale that f16 trains with: the loss is multiplied, and gradients are divided again (Micikevicius
 * et al. 2018).
 */
export interface LossScaling {
  /** f32 (2): the scale, and updates since it changed; outlives plans. */
  readonly state: Tensor;
  /** f32 (1): what the loss is multiplied by besides the scale; a power of two. */
  readonly unit: Tensor;
}

/** share (one number) times the scale -> f32, of the shape of `share`: for `Graph.backprop`. */
export function scaledSeed(g: Graph, share: Tensor, state: Tensor): Tensor {
  expectState(g.where('scaledSeed'), state);
  const y = g.value('scaled seed', share.shape, 'f32');
  g.dispatch(seed, { share, state, seed: y }, { grid: [1] });
  return y;
}

/**
 * Turns `norm`, the result of `globalNorm` over scaled gradients, in place into [norm, factor] of what they would be
 * without, for `adamw` to multiply by, and moves the scale on: halved after an overflow, which makes [-2, 0] so that
 * `adamw` skips this update, and doubled after 2,000 updates without. Throws `ShapeError` for other shapes.
 */
export function unscaleNorm(g: Graph, norm: Tensor, { state, unit }: LossScaling, clip = Infinity): void {
  const where = g.where('unscaleNorm');
  expectState(where, state);
  expectShape(where, norm, [2]);
  if (!(clip > 0)) throw new ShapeError(where, `clip is ${clip}`, 'It must be above 0.');
  const uniforms = { clip: Math.min(clip, NO_CLIP), interval: GROWTH_INTERVAL, most: MOST_SCALE };
  g.dispatch(unscale, { y: norm, state, unit }, { uniforms, grid: [1] });
}

function expectState(where: string, state: Tensor): void {
  expectShape(where, state, [2]);
  expectDType(where, state, 'f32');
}
