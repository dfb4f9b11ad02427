import { expectOptions, KernelError, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability, type Shader } from '../../runtime/shader';
import { elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import reduceBase from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import backwardWgsl from './backward.wgsl';
import meanWgsl from './mean.wgsl';
import partialWgsl from './partial.wgsl';

/** How much each pair counts in `meanSquaredError` and `binaryCrossEntropy`. */
export interface MeanLossOptions {
  /**
   * How much each pair counts, f32 or f16 of at least 0: of the predictions' shape or of its leading axes, each number
   * serving all below it. What has weight 0 counts for nothing, whatever it holds, as ignored labels do in `crossEntropy`.
   * Default: all alike.
   */
  readonly weights?: Tensor;
}

const reduce = byCapability({ base: reduceBase, subgroups: reduceSubgroups });

/** The kernels of the mean of a loss of pairs, which `pairs` declares. */
export function meanLossKernels(op: string, pairs: Shader) {
  return {
    op,
    partial: defineKernel({ name: `${op}.partial`, wgsl: [reduce, pairs, partialWgsl] }),
    mean: defineKernel({ name: `${op}.mean`, wgsl: [reduce, meanWgsl] }),
    backward: defineKernel({ name: `${op}.backward`, wgsl: [pairs, backwardWgsl, elementwiseWgsl] }),
  };
}

/** Pairs of a workgroup before another one is taken, and the most workgroups. */
const [SHARE, MOST] = [4096, 256];

/** The weighted mean over all pairs of numbers of x and targets; see the ops. */
export function meanLoss(
  g: Graph,
  kernels: ReturnType<typeof meanLossKernels>,
  x: Tensor,
  targets: Tensor,
  options: MeanLossOptions,
  /** Whether x and targets are alike, so that targets may have gradients, too. */
  symmetric: boolean,
): Tensor {
  const where = g.where(kernels.op);
  const { weights } = options;
  expectOptions(where, options, { weights });
  expectDType(where, x, 'f32', 'f16');
  expectDType(where, targets, 'f32', 'f16', 'u32');
  expectShape(where, targets, x.shape);
  if (weights) {
    expectDType(where, weights, 'f32', 'f16');
    if (weights.shape.some((size, i) => size !== x.shape[i])) {
      throw new ShapeError(
        where,
        `${weights.toString()} does not fit ${x.toString()}`,
        'Give weights of the same shape, or of its leading axes.',
      );
    }
  }
  const without = [weights, symmetric ? undefined : targets].find((t) => t && g.train && g.differentiable(t));
  if (without) {
    throw new KernelError(where, `${without.name} wants a gradient, and gets none`, 'Give it as an input.');
  }
  const uniforms = { n: x.size, span: weights ? x.size / weights.size : 1 };
  const one = weights ?? x; // a binding wants something
  const types = (from: Tensor, to: Tensor) => ({
    X: from.dtype,
    Y: to.dtype,
    W: one.dtype,
    WEIGHTED: weights !== undefined,
  });
  const LANES = g.device.can.software ? 16 : 256;
  const groups = Math.min(MOST, Math.ceil(x.size / SHARE));
  const sums = g.value('sums', [groups, 2], 'f32');
  const inverse = g.value('1/weights', [1], 'f32');
  const loss = g.value('loss', [], 'f32');
  g.dispatch(
    kernels.partial,
    { x, targets, weights: one, sums },
    { uniforms, constants: { ...types(x, targets), LANES }, grid: [groups] },
  );
  g.dispatch(
    kernels.mean,
    { sums, loss, inverse },
    { uniforms: { n: groups }, constants: { LANES }, grid: [1] },
  );

  g.backward(loss, () => {
    const back = (from: Tensor, to: Tensor): void => {
      const sink = g.sink(from);
      if (!sink) return;
      const { constants, grid } = elementwise(sink.tensor, g.device.can, 1);
      const { PER, T } = constants;
      g.dispatch(
        kernels.backward,
        { x: from, targets: to, weights: one, inverse, dloss: g.grad(loss), dx: sink.tensor },
        {
          uniforms,
          constants: { ...types(from, to), LANES: constants.LANES, PER, T: T, ADD: sink.add },
          grid,
        },
      );
    };
    back(x, targets);
    if (symmetric) back(targets, x);
  });
  return loss;
}
