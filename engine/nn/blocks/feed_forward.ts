import { expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Activation } from '../../shaders/activation/activation';
import { dropout } from '../../shaders/dropout/dropout';
import { gated } from '../../shaders/gated/gated';
import type { Init } from '../init';
import { Linear } from '../linear';
import { addTo } from './residual';

/** What `FeedForward` is made of. */
export interface FeedForwardConfig {
  /** C: width of what goes in and comes out. */
  readonly width: number;
  /** Width in between. Default 4·C. */
  readonly hidden?: number;
  /** Default 'gelu'. */
  readonly activation?: Activation;
  /** activation(gate) · up instead of activation(up), as SwiGLU (Shazeer 2020). Default false. */
  readonly gated?: boolean;
  /** Biases. Default true. */
  readonly bias?: boolean;
  /** Probability of dropping a number of the result while training. Default 0. */
  readonly dropout?: number;
  /** Probability of dropping a number in between, after the activation. Default 0. */
  readonly activationDropout?: number;
  /** First values of the weights that widen. Default those of `Linear`. */
  readonly init?: Init;
  /** The same of those that narrow. Default `init`. */
  readonly outputInit?: Init;
  /** See `LinearOptions.layout`. Default 'out_in'. */
  readonly layout?: 'out_in' | 'in_out';
}

/** What works row by row in a layer: `FeedForward`, `MixtureOfExperts`, or one of your own. */
export interface RowLayer {
  /** x (…, C) -> (…, C), with the residual added where one is given. */
  forward(g: Graph, x: Tensor, input?: { readonly residual?: Tensor | undefined }): Tensor;
}

/** Two layers with an activation in between, row by row (Vaswani et al. 2017, 3.3). */
export class FeedForward {
  /** (hidden, C); where it is gated (2·hidden, C): gate, then up. */
  readonly up: Linear;
  /** (C, hidden). */
  readonly down: Linear;
  readonly #c: Required<Pick<FeedForwardConfig, 'activation' | 'gated' | 'dropout' | 'activationDropout'>>;

  constructor(config: FeedForwardConfig) {
    const { width, hidden = 4 * width, bias = true, init, outputInit = init, layout = 'out_in' } = config;
    const { activation = 'gelu', gated = false, dropout = 0, activationDropout = 0 } = config;
    this.#c = { activation, gated, dropout, activationDropout };
    expectOptions('FeedForward', config, { width, hidden, bias, init, outputInit, layout, ...this.#c });
    const options = { bias, layout };
    const outputs = gated ? { gate: hidden, up: hidden } : hidden;
    this.up = new Linear(width, outputs, { ...options, ...(init && { init }) });
    this.down = new Linear(hidden, width, { ...options, ...(outputInit && { init: outputInit }) });
  }

  /** x (…, C) -> (…, C), with the residual added where one is given. */
  forward(g: Graph, x: Tensor, input: { readonly residual?: Tensor | undefined } = {}): Tensor {
    const { residual = null } = input;
    expectOptions('FeedForward.forward', input, { residual });
    const { activation, activationDropout: p } = this.#c;
    const h = this.#c.gated
      ? gated(g, this.up.forward(g, x), activation)
      : this.up.forward(g, x, { activation });
    return addTo(g, residual, this.down, dropout(g, h, p), this.#c.dropout);
  }
}
