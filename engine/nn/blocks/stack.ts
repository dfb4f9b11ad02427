import { expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Norm } from '../norm';
import type { LayerInput, LayerState, StateSizes, TransformerLayer } from './transformer_layer';

export interface StackOptions {
  /** After the last layer, which 'pre' needs. Default null: none. */
  readonly norm?: Norm | null;
  /**
   * Keep only what goes from layer to layer while training, and compute the values inside of each layer again in the
   * backward pass (`Graph.recompute`): memory of one layer instead of all, for about a quarter more time. Losses and
   * gradients are the same, bit for bit. Default false.
   */
  readonly recompute?: boolean;
}

/** Layers one after the other, and a norm after them. */
export class Stack {
  readonly layers: readonly TransformerLayer[];
  readonly norm: Norm | null;
  readonly #recompute: boolean;

  constructor(layers: readonly TransformerLayer[], options: StackOptions = {}) {
    const { norm = null, recompute = false } = options;
    expectOptions('Stack', options, { norm, recompute });
    this.layers = layers;
    this.norm = norm;
    this.#recompute = recompute;
  }

  /** x (B, T, C) -> (B, T, C). `input` is that of every layer, or a function of its number. */
  forward(g: Graph, x: Tensor, input: LayerInput | ((layer: number) => LayerInput) = {}): Tensor {
    return this.hidden(g, x, input).at(-1)!;
  }

  /** What goes into each layer, then what comes out in the end, (B, T, C) each: Transformers' `hidden_states`. */
  hidden(g: Graph, x: Tensor, input: LayerInput | ((layer: number) => LayerInput) = {}): Tensor[] {
    const states = [x];
    for (const i of this.layers.keys()) {
      const before = states.at(-1)!;
      const body = (): Tensor =>
        g.call(this.layers, i, before, typeof input === 'function' ? input(i) : input);
      states.push(g.scope('layers', () => (this.#recompute ? g.recompute(body) : body())));
    }
    if (this.norm) states.push(g.call(this, 'norm', states.pop()!));
    return states;
  }

  /** Rows that stand before a sequence's own in its layers, see `prefix`: positions count on after them. */
  get prefix(): number {
    return this.layers.reduce((most, { attention }) => Math.max(most, attention.prefix), 0);
  }

  /** Empty caches of every layer; give them to a ParameterStore for memory. */
  state(sizes: StateSizes): LayerState[] {
    return this.layers.map((layer) => layer.state(sizes));
  }
}
