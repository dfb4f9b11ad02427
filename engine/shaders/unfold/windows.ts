/** How windows move over the last axes of a tensor: the sizes that patches, convolutions and pooling have in common. */
import { expectOneOf, ShapeError } from '../../errors';
import { formatShape, type Shape } from '../../graph/tensor';

/** Whether channels are the first axis behind the batch (PyTorch's layout) or the last (rows of pixels, of steps). */
export type Channels = 'first' | 'last';

/** One number for all axes, or one for each: height before width. */
export type PerAxis = number | readonly number[];

/** How windows move. */
export interface StrideOptions {
  /** Steps from one window to the next. Default 1. */
  readonly stride?: PerAxis;
  /** Zeros ahead of each axis, and as many behind it. Default 0. */
  readonly padding?: PerAxis;
  /** Steps between a window's neighbours. Default 1. */
  readonly dilation?: PerAxis;
  /** See `Channels`. Default 'first'. */
  readonly channels?: Channels;
}

/** Sizes with height before width; those of sequences have a height of 1. */
export interface Windows {
  readonly batch: number;
  readonly channels: number;
  readonly last: boolean;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Windows along each axis. */
  readonly count: readonly [number, number];
  /** `count` as the tensor has axes: of sequences one number. */
  readonly counts: readonly number[];
}

/**
 * The windows of `kernel` over a tensor of shape (B, C, T) or (B, C, H, W), channels last where said so. Throws
 * `ShapeError` for sizes that cannot be, and where no window fits.
 */
export function windowsOf(where: string, shape: Shape, kernel: Shape, options: StrideOptions): Windows {
  const { stride = 1, padding = 0, dilation = 1, channels = 'first' } = options;
  expectOneOf(where, 'channels', channels, ['first', 'last']);
  const axes = kernel.length;
  if (axes < 1 || axes > 2 || shape.length !== axes + 2) {
    const names = axes === 1 ? ['T'] : ['H', 'W'];
    const all = channels === 'last' ? ['B', ...names, 'C'] : ['B', 'C', ...names];
    throw new ShapeError(
      where,
      `windows over ${axes} axes of ${formatShape(shape)}`,
      axes === 1 || axes === 2 ? `Give (${all.join(', ')}).` : 'Windows have one axis or two.',
    );
  }
  const last = channels === 'last';
  const [size, [count]] = last ? [shape.slice(1, -1), shape.slice(-1)] : [shape.slice(2), shape.slice(1, 2)];
  const each = (name: string, given: PerAxis, from: number): number[] => {
    const list = typeof given === 'number' ? kernel.map(() => given) : [...given];
    if (list.length === axes && list.every((n) => Number.isInteger(n) && n >= from && n < 2 ** 24))
      return list;
    const todo = `Use a whole number of at least ${from}, or ${axes} of them.`;
    throw new ShapeError(where, `${name} is ${list.join(' × ') || 'empty'}`, todo);
  };
  each('kernel', kernel, 1);
  const [s, p, d] = [each('stride', stride, 1), each('padding', padding, 0), each('dilation', dilation, 1)];
  const counts = size.map((n, i) => Math.floor((n + 2 * p[i] - d[i] * (kernel[i] - 1) - 1) / s[i]) + 1);
  if (counts.some((n) => n < 1)) {
    const what = `no window of ${kernel.join(' × ')} fits ${size.join(' × ')} with ${p.join(' × ')} of padding`;
    throw new ShapeError(where, what, 'Give a larger input, a smaller kernel or more padding.');
  }
  const both = (list: readonly number[], one: number): [number, number] =>
    axes === 1 ? [one, list[0]] : [list[0], list[1]];
  return {
    ...{ batch: shape[0], channels: count, last, size: both(size, 1), kernel: both(kernel, 1) },
    ...{ stride: both(s, 1), padding: both(p, 0), dilation: both(d, 1), count: both(counts, 1), counts },
  };
}
