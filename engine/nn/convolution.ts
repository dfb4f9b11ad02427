import { EngineError, expectOptions, ShapeError } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { convolution, windowRows } from '../shaders/convolution/convolution';
import type { StrideOptions } from '../shaders/unfold/windows';
import type { Init } from './init';
import { Linear, type LinearForwardOptions } from './linear';

/** What a `Convolution` is made of, and how its kernel moves. */
export interface ConvolutionConfig extends StrideOptions {
  /** C: channels of what goes in. */
  readonly inputs: number;
  /** O: channels of what comes out. */
  readonly outputs: number;
  /** [KT] over sequences, [KH, KW] over images. */
  readonly kernel: readonly number[];
  /** See `ConvolutionOptions.groups`. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** First values of the weight; the bias then begins at zero. Default: both uniform on ±1/√(C/G·kernel), as PyTorch's. */
  readonly init?: Init;
}

/**
 * A convolution over one axis or two: PyTorch's `Conv1d` and `Conv2d`, but that channels come last in what it gives.
 * x (B, C, T) or (B, C, H, W), or with channels 'last' (B, T, C) or (B, H, W, C) -> (B, T', O) or (B, H', W', O).
 *
 * Its weight is that of a linear layer over windows, which adapters and small storage know: (O, C/G·kernel), the numbers of
 * PyTorch's (O, C/G, …kernel) in the same order.
 */
export class Convolution {
  /** Of windows. */
  readonly linear: Linear;
  /** Sizes of the kernel. */
  readonly kernel: readonly number[];
  readonly #groups: number;
  readonly #moves: Required<StrideOptions>;

  /** Throws `ShapeError` for sizes that cannot be, `EngineError` for unknown options. */
  constructor(config: ConvolutionConfig) {
    const { inputs, outputs, kernel, groups = 1, bias = true, init } = config;
    const { stride = 1, padding = 0, dilation = 1, channels = 'first' } = config;
    this.#moves = { stride, padding, dilation, channels };
    expectOptions('Convolution', config, { inputs, outputs, kernel, groups, bias, init, ...this.#moves });
    const columns = (inputs / groups) * kernel.reduce((a, b) => a * b, 1);
    if (!(Number.isInteger(columns) && columns > 0 && Number.isInteger(outputs / groups))) {
      const what = `${groups} groups of ${inputs} channels and ${outputs} outputs, windows of ${kernel.join(' × ')}`;
      throw new ShapeError('Convolution', what, 'Give whole numbers, and groups that divide both.');
    }
    [this.kernel, this.#groups] = [[...kernel], groups];
    this.linear = new Linear(columns, outputs, { bias, ...(init && { init }) });
  }

  /** The weight's shape in PyTorch. */
  get weightShape(): readonly number[] {
    const { inputs, outputs } = this.linear;
    return [outputs, inputs / this.kernel.reduce((a, b) => a * b, 1), ...this.kernel];
  }

  /**
   * y = activation(x ∗ w + b) + residual. Throws `ShapeError` for x of other channels, or smaller than the kernel, and
   * `EngineError` for an adapter on several groups.
   */
  forward(g: Graph, x: Tensor, options: LinearForwardOptions = {}): Tensor {
    if (this.#groups === 1) {
      const rows = windowRows(g, x, this.kernel, this.#moves);
      if (rows.shape.at(-1) === this.linear.inputs) return g.call(this, 'linear', rows, options);
      const channels = this.weightShape[1];
      throw new ShapeError(
        g.where('Convolution'),
        `${x.toString()} is given`,
        `It wants ${channels} channels.`,
      );
    }
    const { weight, bias, wraps } = this.linear;
    if (wraps.length > 0) {
      const what = `its ${this.#groups} groups carry an adapter`;
      throw new EngineError(g.where('Convolution'), what, 'Adapters go with convolutions of one group.');
    }
    return convolution(g, x, g.use(weight), {
      ...{ ...this.#moves, ...options, groups: this.#groups, kernel: this.kernel },
      ...(bias && { bias: g.use(bias) }),
    });
  }
}
