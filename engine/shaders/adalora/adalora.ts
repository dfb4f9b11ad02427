/** What AdaLoRA (Zhang et al. 2023) needs besides layers: which numbers matter, which of them stay, and how far from orthogonal matrices are. */
import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { expectDType, expectShape, formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability } from '../../runtime/shader';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import reduceBase from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import distanceBackwardWgsl from './distance_backward.wgsl';
import distanceForwardWgsl from './distance_forward.wgsl';
import importanceWgsl from './importance.wgsl';
import keepLargestWgsl from './keep_largest.wgsl';

const reduce = byCapability({ base: reduceBase, subgroups: reduceSubgroups });
const smoothing = defineKernel({
  name: 'adalora.importance',
  wgsl: [stepWgsl, importanceWgsl, elementwiseWgsl],
});
const keeping = defineKernel({ name: 'adalora.keep_largest', wgsl: [keepLargestWgsl] });
const forward = defineKernel({ name: 'adalora.distance', wgsl: [reduce, distanceForwardWgsl] });
const backward = defineKernel({ name: 'adalora.distance_backward', wgsl: [distanceBackwardWgsl] });

const LANES = 64;

/** A flat block of weights, and what is known of how much each matters. All f32 of one shape. */
export interface ImportanceBlock {
  readonly weights: Tensor;
  /** Of the update that the weights have had already. */
  readonly gradients: Tensor;
  /** |w d|, smoothed, and how far it is from that: both zero at first. */
  readonly importance: Tensor;
  readonly uncertainty: Tensor;
}

/** How importance is smoothed. */
export interface ImportanceSettings {
  readonly beta1: number;
  readonly beta2: number;
  /** Of `globalNorm`: gradients are multiplied by its scale, and nothing changes where they blew up. */
  readonly clip: Tensor;
  /** The number of the update, 1 for the first, from which on nothing changes any more. */
  readonly last: number;
}

/** One step of sensitivity and uncertainty over a flat block, in place: see importance.wgsl. The run's `index` is the update's, 0 first. */
export function smoothImportance(g: Graph, block: ImportanceBlock, settings: ImportanceSettings): void {
  const where = g.where('smoothImportance');
  const { beta1, beta2, clip, last } = settings;
  expectOptions(where, settings, { beta1, beta2, clip, last });
  const { weights, gradients, importance, uncertainty } = block;
  for (const part of [weights, gradients, importance, uncertainty]) {
    expectDType(where, part, 'f32');
    if (part.size === weights.size) continue;
    const what = `${part.name} is ${formatShape(part.shape)}, ${weights.name} ${formatShape(weights.shape)}`;
    throw new ShapeError(where, what, 'They must be blocks of one size.');
  }
  const { constants, n, grid } = elementwise(weights, g.device.can);
  const { T, PER } = constants;
  g.dispatch(
    smoothing,
    { weights, gradients, clip, importance, uncertainty },
    {
      uniforms: { n, last, rest1: 1 - beta1, beta2, rest2: 1 - beta2 },
      constants: { T, PER, LANES: constants.LANES },
      grid,
    },
  );
}

/**
 * Which of N scores are more than the `drop` smallest: scores (N), drop u32 (1) -> (N), 1 or 0. Scores that equal the largest of the smallest are dropped,
 * too. No gradient. Throws `ShapeError`.
 */
export function keepLargest(g: Graph, scores: Tensor, drop: Tensor): Tensor {
  const where = g.where('keepLargest');
  const [n = 0] = scores.shape;
  expectShape(where, scores, [n]);
  expectShape(where, drop, [1]);
  expectDType(where, scores, 'f32');
  expectDType(where, drop, 'u32');
  const y = g.value('kept', [n], 'f32');
  g.dispatch(
    keeping,
    { scores, drop, y },
    { uniforms: { n }, constants: { LANES }, grid: linearGrid(Math.ceil(n / LANES)), flops: n * n },
  );
  return y;
}

/** How far a matrix is from the identity: ‖m - I‖, the Frobenius norm. m (R, R) -> scalar f32. Throws `ShapeError`. */
export function identityDistance(g: Graph, m: Tensor): Tensor {
  const where = g.where('identityDistance');
  const [rank = 0] = m.shape;
  expectShape(where, m, [rank, rank]);
  const y = g.value('distance', [], 'f32');
  const uniforms = { n: m.size, rank };
  const T = elementType(m.dtype, false);
  g.dispatch(forward, { m, y }, { uniforms, constants: { LANES, T }, grid: [1] });
  g.backward(y, () => {
    const dm = g.sink(m);
    if (!dm) return;
    g.dispatch(
      backward,
      { m, y, dy: g.grad(y), dm: dm.tensor },
      {
        uniforms,
        constants: { LANES, T, D: elementType(dm.tensor.dtype, false), ADD: dm.add },
        grid: linearGrid(Math.ceil(m.size / LANES)),
      },
    );
  });
  return y;
}
