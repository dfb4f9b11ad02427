import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { IGNORE_INDEX } from '../../graph/plan';
import { expectDType, formatShape, rows as matrixOf, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability } from '../../runtime/shader';
import reduceBase from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import backwardWgsl from './backward.wgsl';
import forwardGroup from './forward_group.wgsl';
import forwardRow from './forward_row.wgsl';
import logitApart from './logit_apart.wgsl';
import logitInPlace from './logit_in_place.wgsl';
import meanWgsl from './mean.wgsl';
import rowLoss from './row_loss.wgsl';

const reduce = byCapability({ base: reduceBase, subgroups: reduceSubgroups });
const byRow = defineKernel({ name: 'cross_entropy.forward_row', wgsl: [rowLoss, forwardRow] });
const byGroup = defineKernel({ name: 'cross_entropy.forward', wgsl: [reduce, rowLoss, forwardGroup] });
const mean = defineKernel({ name: 'cross_entropy.mean', wgsl: [reduce, rowLoss, meanWgsl] });
const inPlace = defineKernel({ name: 'cross_entropy.backward', wgsl: [backwardWgsl, logitInPlace] });
const apart = defineKernel({ name: 'cross_entropy.backward_apart', wgsl: [backwardWgsl, logitApart] });

export interface CrossEntropyOptions {
  /** ε: this share of the target is spread evenly over all V classes, as `torch.nn.functional.cross_entropy` does
   * (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
  /** Rows with this target count for nothing. Default `IGNORE_INDEX`, which is ignored in any case. */
  readonly ignoreIndex?: number;
}

const ROW_LANES = 16;
const GROUP_LANES = 256;
const SPAN_LANES = 64;
/** Columns of one row that a workgroup of the backward pass owns. */
const SPAN = 1024;

/**
 * Mean cross-entropy over the rows that have a target, in f32: logits (…, V), targets (…) of u32 -> scalar. Targets
 * that are ignored or not below V make no loss and no gradient; without any target the loss is 0.
 *
 * The gradient takes the place of the logits where nothing else wants theirs, so reading logits after a training run
 * gives their gradient. Throws `ShapeError` for other shapes and dtypes, and for a smoothing outside of [0, 1).
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
  { labelSmoothing = 0, ignoreIndex = IGNORE_INDEX }: CrossEntropyOptions = {},
): { loss: Tensor; rows: Tensor } {
  const where = g.where('crossEntropy');
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
  const rows = g.value('row losses', [n], 'f32');
  // Maximum and log-sum apart: their sum would round away what tells close, large logits apart.
  const lse = g.value('lse', [n, 2], 'f32');
  const weight = g.value('1/count', [1], 'f32');
  const loss = g.value('loss', [], 'f32');
  const { software } = g.device.can;
  const T = logits.dtype;
  const sizes = { n, v, ignore: ignoreIndex, epsilon: labelSmoothing };
  g.dispatch(
    software ? byRow : byGroup,
    { logits, targets, lse, row_losses: rows },
    {
      uniforms: sizes,
      constants: { T, LANES: software ? ROW_LANES : GROUP_LANES, SMOOTHING: labelSmoothing > 0 },
      grid: linearGrid(software ? Math.ceil(n / ROW_LANES) : n),
      flops: 4 * n * v,
    },
  );
  g.dispatch(
    mean,
    { row_losses: rows, targets, loss, weight },
    { uniforms: sizes, constants: { LANES: software ? ROW_LANES : GROUP_LANES }, grid: [1] },
  );

  g.backward(loss, () => {
    const bind = { targets, lse, weight, dloss: g.grad(loss) };
    const spans = Math.ceil(v / SPAN);
    const { epsilon, ...shape } = sizes;
    const how = {
      uniforms: { ...shape, spans, hit: 1 - epsilon, even: epsilon / v },
      grid: linearGrid(n * spans),
      flops: 4 * n * v,
    };
    const constants = { T, LANES: software ? ROW_LANES : SPAN_LANES, SPAN };
    if (logits.root.source.kind === 'value' && !g.reached(logits)) {
      const dlogits = g.takeOver(logits);
      if (dlogits) g.dispatch(inPlace, { dlogits, ...bind }, { ...how, constants });
      return;
    }
    const dlogits = g.sink(logits);
    if (!dlogits) return;
    g.dispatch(
      apart,
      { logits, dlogits: dlogits.tensor, ...bind },
      { ...how, constants: { ...constants, ADD: dlogits.add } },
    );
  });
  return { loss, rows };
}
