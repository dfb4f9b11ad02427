import { expectOptions, KernelError, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { IGNORE_INDEX } from '../../graph/plan';
import { expectDType, expectShape, formatShape, rows as matrixOf, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability, type Shader } from '../../runtime/shader';
import hidden from '../lib/hidden.wgsl';
import reduceBase from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import backwardWgsl from './backward.wgsl';
import classWeights from './class_weights.wgsl';
import equalWeights from './equal_weights.wgsl';
import forwardGroup from './forward_group.wgsl';
import forwardRow from './forward_row.wgsl';
import logitApart from './logit_apart.wgsl';
import logitInPlace from './logit_in_place.wgsl';
import meanWgsl from './mean.wgsl';
import rowLoss from './row_loss.wgsl';

const reduce = byCapability({ base: reduceBase, subgroups: reduceSubgroups });
const kernelsOf = (weights: Shader, suffix: string) => {
  const kernel = (name: string, ...wgsl: (Shader | typeof reduce)[]) =>
    defineKernel({ name: `cross_entropy.${name}${suffix}`, wgsl: [weights, ...wgsl] });
  return {
    byRow: kernel('forward_row', rowLoss, forwardRow, hidden),
    byGroup: kernel('forward', reduce, rowLoss, forwardGroup, hidden),
    mean: kernel('mean', reduce, rowLoss, meanWgsl),
    inPlace: kernel('backward', backwardWgsl, logitInPlace),
    apart: kernel('backward_apart', backwardWgsl, logitApart),
  };
};
const alike = kernelsOf(equalWeights, '');
const weighted = kernelsOf(classWeights, '_weighted');

/** Smoothing, weights and ignored targets of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** ε: this share of the target is spread evenly over all V classes, as `torch.nn.functional.cross_entropy` does
   * (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
  /** Rows with this target count for nothing. Default `IGNORE_INDEX`, which is ignored in any case. */
  readonly ignoreIndex?: number;
  /**
   * How much each class counts, f32 (V) of at least 0: the loss is Σ w[target] loss / Σ w[target], and smoothing weighs
   * each class with its own, as `weight` does in `torch.nn.functional.cross_entropy`. Default: all alike.
   */
  readonly weights?: Tensor;
}

const ROW_LANES = 16;
const GROUP_LANES = 256;
const SPAN_LANES = 64;
/** Columns of one row that a workgroup of the backward pass owns. */
const SPAN = 1024;

/**
 * Mean cross-entropy over the rows that have a target, in f32: logits (…, V), targets (…) of u32 -> scalar. Targets
 * that are ignored or not below V make no loss and no gradient; without any target the loss is 0. Logits of -∞ have
 * probability 0; a target among them costs +∞, and a row that is all -∞, or holds +∞ or NaN, makes the loss NaN.
 *
 * The gradient takes the place of the logits where nothing else wants theirs, so reading logits after a training run
 * gives their gradient. Throws `ShapeError` for other shapes and dtypes, and for a smoothing outside of [0, 1),
 * `KernelError` where weights want a gradient.
 */
export function crossEntropy(
  g: Graph,
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  return crossEntropyRows(g, logits, targets, options).loss;
}

/** As `crossEntropy`, with the loss of each row (N) for evaluation; 0 in ignored rows, and no gradient flows into it. */
export function crossEntropyRows(
  g: Graph,
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyOptions = {},
): { loss: Tensor; rows: Tensor } {
  const { labelSmoothing = 0, ignoreIndex = IGNORE_INDEX, weights } = options;
  const where = g.where('crossEntropy');
  expectOptions(where, options, { labelSmoothing, ignoreIndex, weights });
  const [n, v] = matrixOf(logits);
  expectDType(where, logits, 'f32', 'f16');
  expectDType(where, targets, 'u32');
  if (targets.size !== n) {
    throw new ShapeError(
      where,
      `logits ${formatShape(logits.shape)} have ${n} rows, targets ${formatShape(targets.shape)} ${targets.size}`,
      'Give one target id a row.',
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new ShapeError(where, `labelSmoothing is ${labelSmoothing}`, 'It must be at least 0 and below 1.');
  }
  if (weights) {
    expectDType(where, weights, 'f32');
    expectShape(where, weights, [v]);
    if (g.train && g.differentiable(weights))
      throw new KernelError(where, `${weights.name} wants a gradient, and gets none`, 'Give it as an input.');
  }
  if (ignoreIndex === IGNORE_INDEX || ignoreIndex < v) g.limit(targets, v);
  const rows = g.value('row losses', [n], 'f32');
  // Maximum and log-sum apart: their sum would round away what tells close, large logits apart.
  const lse = g.value('lse', [n, 2], 'f32');
  const weight = g.value('1/count', [2], 'f32');
  const loss = g.value('loss', [], 'f32');
  const { software } = g.device.can;
  const kernels = weights ? weighted : alike;
  const more = weights && { class_weights: weights };
  const T = logits.dtype;
  const sizes = { n, v, ignore: ignoreIndex, epsilon: labelSmoothing };
  const parts = g.parts(logits);
  for (const { tensor, from } of parts) {
    const own = tensor.size / v;
    g.dispatch(
      software ? kernels.byRow : kernels.byGroup,
      { logits: tensor, targets, lse, row_losses: rows, ...more },
      {
        uniforms: { ...sizes, n: own, first: from },
        constants: { T, LANES: software ? ROW_LANES : GROUP_LANES, SMOOTHING: labelSmoothing > 0 },
        grid: linearGrid(software ? Math.ceil(own / ROW_LANES) : own),
        flops: 4 * own * v,
      },
    );
  }
  g.dispatch(
    kernels.mean,
    { row_losses: rows, targets, loss, weight, ...more },
    {
      uniforms: sizes,
      constants: {
        LANES: software ? ROW_LANES : GROUP_LANES,
        ...(weights && { SMOOTHING: labelSmoothing > 0 }),
      },
      grid: [1],
    },
  );

  g.backward(loss, () => {
    const bind = { targets, lse, weight, dloss: g.grad(loss), ...more };
    const spans = Math.ceil(v / SPAN);
    const { epsilon, ...shape } = sizes;
    const constants = { T, LANES: software ? ROW_LANES : SPAN_LANES, SPAN };
    for (const { tensor, from } of parts) {
      const own = tensor.size / v;
      const how = {
        uniforms: { ...shape, n: own, first: from, spans, hit: 1 - epsilon, even: epsilon / v },
        grid: linearGrid(own * spans),
        flops: 4 * own * v,
      };
      if (tensor.root.source.kind === 'value' && !g.reached(tensor)) {
        const dlogits = g.takeOver(tensor);
        if (dlogits) g.dispatch(kernels.inPlace, { dlogits, ...bind }, { ...how, constants });
        continue;
      }
      const dlogits = g.sink(tensor);
      if (!dlogits) continue;
      g.dispatch(
        kernels.apart,
        { logits: tensor, dlogits: dlogits.tensor, ...bind },
        { ...how, constants: { ...constants, ADD: dlogits.add } },
      );
    }
  });
  return { loss, rows };
}
