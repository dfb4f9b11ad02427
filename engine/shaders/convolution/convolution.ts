import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, formatShape, sizeOf, type Shape, type Tensor } from '../../graph/tensor';
import { activation as activate, expectActivation, type Activation } from '../activation/activation';
import { add } from '../add/add';
import { matmul } from '../matmul/matmul';
import { headsFirst } from '../rearrange/rearrange';
import { transpose } from '../transpose/transpose';
import { unfold } from '../unfold/unfold';
import { windowsOf, type StrideOptions } from '../unfold/windows';

/** How the kernel of a `convolution` moves, and what is fused into it. */
export interface ConvolutionOptions extends StrideOptions {
  /** The kernel's sizes where the weight is given as a matrix. Default: the weight's axes behind the first two. */
  readonly kernel?: readonly number[];
  /** G: each G-th of the outputs sees the same G-th of the inputs only. Default 1. */
  readonly groups?: number;
  /** (O), added to every window. */
  readonly bias?: Tensor | null;
  readonly activation?: Activation | null;
  /** Shape of y, added last. */
  readonly residual?: Tensor | null;
}

/**
 * The windows that a convolution multiplies, (B, …windows, C·kernel), for a layer with a matrix of its own. A kernel of
 * one pixel over channels that are last reads x as it is. Throws `ShapeError`.
 */
export function windowRows(
  g: Graph,
  x: Tensor,
  kernel: Shape,
  { stride = 1, padding = 0, dilation = 1, channels = 'first' }: StrideOptions,
): Tensor {
  const own = windowsOf(g.where('convolution'), x.shape, kernel, { stride, padding, dilation, channels });
  const alone = [...own.kernel, ...own.stride].every((n) => n === 1) && own.padding.every((n) => n === 0);
  if (own.last && alone) return x;
  return unfold(g, x, { kernel, stride, padding, dilation, channels });
}

/**
 * y = f(x ∗ w + bias) + residual over one axis or two, as the product of all windows with the weight: PyTorch's
 * `F.conv1d` and `F.conv2d` (cross-correlation, zeros around x), but that y's channels come last, as rows that attention
 * and the next convolution (`channels: 'last'`) read.
 *
 * x (B, C, T) or (B, C, H, W), or with channels 'last' (B, T, C) or (B, H, W, C); w (O, C/G, KT) or (O, C/G, KH, KW), or
 * with `kernel` the matrix (O, C/G·kernel) -> (B, T', O) or (B, H', W', O). Sums in f32. Memory: the windows take as many
 * times x as they overlap. Throws `ShapeError` where shapes do not fit.
 */
export function convolution(g: Graph, x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const where = g.where('convolution');
  const { stride = 1, padding = 0, dilation = 1, channels = 'first', groups = 1 } = options;
  const { bias = null, activation = null, residual = null, kernel = weight.shape.slice(2) } = options;
  const moves = { stride, padding, dilation, channels };
  expectOptions(where, options, { ...moves, groups, bias, activation, residual, kernel });
  if (activation) expectActivation(where, activation);
  const windows = windowsOf(where, x.shape, kernel, moves);
  const C = windows.channels;
  const O = weight.shape[0] ?? 1;
  if (!Number.isInteger(groups) || groups < 1 || C % groups !== 0 || O % groups !== 0) {
    const what = `${groups} groups of ${C} channels and ${O} outputs`;
    throw new ShapeError(where, what, 'Give a number that divides both.');
  }
  const columns = (C / groups) * sizeOf(kernel);
  if (weight.size !== O * columns || (weight.shape.length !== 2 && weight.shape[1] !== C / groups)) {
    const what = `${weight.toString()} does not fit ${x.toString()}`;
    throw new ShapeError(where, what, `It must be ${formatShape([O, C / groups, ...kernel])}.`);
  }
  expectDType(where, x, 'f32', 'f16');
  const rows = windowRows(g, x, kernel, moves);
  const fused = { bias, activation, residual };
  const matrix = weight.shape.length === 2 ? weight : g.view(weight, [O, columns]);
  if (groups === 1) return matmul(g, rows, matrix, { transposeB: true, ...fused });

  // Each group's columns of the rows, times its outputs' rows of the weight.
  const shape = [...rows.shape.slice(0, -1), O];
  const N = sizeOf(shape) / O;
  if (bias) expectShape(where, bias, [O]);
  if (residual) expectShape(where, residual, shape);
  const apart = headsFirst(g, g.view(rows, [N, C * sizeOf(kernel)]), groups);
  const own = matmul(g, apart, g.view(matrix, [groups, O / groups, columns]), { transposeB: true });
  const together = g.view(transpose(g, own, 0, 1), shape);
  const sum = bias ? add(g, together, bias) : together;
  const y = activation ? activate(g, sum, activation) : sum;
  return residual ? add(g, y, residual) : y;
}
