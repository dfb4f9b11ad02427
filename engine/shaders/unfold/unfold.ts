import { expectOptions, ShapeError } from '../../errors';
import type { Graph, Sink } from '../../graph/graph';
import { expectDType, formatShape, sameShape, type Shape, type Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import foldWgsl from './fold.wgsl';
import unfoldWgsl from './unfold.wgsl';
import { windowsOf, type StrideOptions, type Windows } from './windows';
import windowsWgsl from './windows.wgsl';

export type { Channels, PerAxis, StrideOptions } from './windows';

const unfoldKernel = defineKernel({ name: 'unfold', wgsl: [unfoldWgsl, windowsWgsl, elementwiseWgsl] });
const foldKernel = defineKernel({ name: 'fold', wgsl: [foldWgsl, windowsWgsl, elementwiseWgsl] });

/** The windows that `unfold` reads. */
export interface UnfoldOptions extends StrideOptions {
  /** Sizes of a window: [KT] over sequences, [KH, KW] over images. */
  readonly kernel: readonly number[];
}

/** What `fold` puts windows back into. */
export interface FoldOptions extends UnfoldOptions {
  /** [T] or [H, W] of the result. */
  readonly size: readonly number[];
}

/**
 * Windows as rows, im2col: PyTorch's `F.unfold` with rows before columns. x (B, C, T) or (B, C, H, W), or with channels
 * 'last' (B, T, C) or (B, H, W, C) -> (B, T', C·KT) or (B, H', W', C·KH·KW), columns in the order of a convolution's
 * weight. In x's storage; its gradient is added up in one order, without atomics. Throws `ShapeError`.
 */
export function unfold(g: Graph, x: Tensor, options: UnfoldOptions): Tensor {
  const where = g.where('unfold');
  const windows = windowsIn(where, x.shape, options);
  expectDType(where, x, 'f32', 'f16');
  const y = g.value('unfold', rowsOf(windows), x.dtype);
  move(g, unfoldKernel, windows, x, { tensor: y, add: false });
  g.backward(y, () => {
    const dx = g.sink(x);
    if (dx) move(g, foldKernel, windows, g.grad(y), dx);
  });
  return y;
}

/**
 * Adds rows of windows up where they overlap, col2im: PyTorch's `F.fold`, and what `unfold` has for its gradient.
 * y (B, T', C·KT) or (B, H', W', C·KH·KW) -> (B, C, …size), or (B, …size, C) with channels 'last'. In y's storage.
 * Throws `ShapeError`.
 */
export function fold(g: Graph, y: Tensor, options: FoldOptions): Tensor {
  const where = g.where('fold');
  const { size, ...rest } = options;
  expectDType(where, y, 'f32', 'f16');
  const cells = Array.from(rest.kernel).reduce((a, b) => a * b, 1);
  const [batch, columns] = [y.shape[0] ?? 1, y.shape.at(-1) ?? 1];
  const channels = columns / cells;
  if (!Number.isInteger(channels)) {
    const what = `rows of ${y.toString()} do not hold windows of ${rest.kernel.join(' × ')}`;
    throw new ShapeError(where, what, 'Give rows of C · kernel columns.');
  }
  const shape = rest.channels === 'last' ? [batch, ...size, channels] : [batch, channels, ...size];
  const windows = windowsIn(where, shape, rest);
  if (!sameShape(y.shape, rowsOf(windows))) {
    const what = `${y.toString()} has not the windows over ${formatShape(size)}`;
    throw new ShapeError(where, what, `It must be ${formatShape(rowsOf(windows))}.`);
  }
  const x = g.value('fold', shape, y.dtype);
  move(g, foldKernel, windows, y, { tensor: x, add: false });
  g.backward(x, () => {
    const dy = g.sink(y);
    if (dy) move(g, unfoldKernel, windows, g.grad(x), dy);
  });
  return x;
}

function windowsIn(where: string, shape: Shape, options: UnfoldOptions): Windows {
  const { kernel, stride, padding, dilation, channels } = options;
  expectOptions(where, options, { kernel, stride, padding, dilation, channels });
  return windowsOf(where, shape, Array.from(kernel), options);
}

const rowsOf = ({ batch, channels, kernel: [ky, kx], counts }: Windows): Shape => [
  batch,
  ...counts,
  channels * ky * kx,
];

function move(g: Graph, kernel: Kernel, windows: Windows, from: Tensor, { tensor: to, add }: Sink): void {
  const { channels: c, last, size, kernel: k, stride, padding, dilation, count } = windows;
  // Neighbours along the last axis are neighbours in both tensors, and begin at multiples of four.
  const wide = !last && dilation[1] === 1 && [size[1], k[1], stride[1], padding[1]].every((n) => n % 4 === 0);
  const { constants, n, grid } = elementwise(to, g.device.can, wide ? 4 : 1);
  const per = wide ? 4 : 1;
  g.dispatch(kernel, kernel === unfoldKernel ? { x: from, y: to } : { y: from, x: to }, {
    uniforms: {
      ...{ n, c, h: size[0], w: size[1] / per, oy: count[0], ox: count[1], ky: k[0], kx: k[1] / per },
      ...{ sy: stride[0], sx: stride[1] / per, py: padding[0], px: padding[1] / per },
      ...{ dy: dilation[0], dx: dilation[1] },
    },
    constants: { ...constants, S: elementType(from.dtype, wide), ADD: add, LAST: last },
    grid,
    bytes: from.bytes + to.bytes,
  });
}
