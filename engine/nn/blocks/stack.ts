import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { add } from '../../shaders/add/add';
import { dropout } from '../../shaders/dropout/dropout';
import { multiply } from '../../shaders/multiply/multiply';
import { subtract } from '../../shaders/subtract/subtract';
import type { Norm } from '../norm';
import type { DistanceBuckets } from '../positional/buckets';
import type { LayerInput, LayerState, StateSizes, TransformerLayer } from './transformer_layer';

/** What a `Stack` has besides its layers. */
export interface StackOptions {
  /** After the last layer, which 'pre' needs. Default null: none. */
  readonly norm?: Norm | null;
  /** Added to the logits of self-attention, the same numbers in every layer (T5). Default null: none. */
  readonly distances?: DistanceBuckets | null;
  /** Probability of dropping a number of what comes out in the end, while training. Default 0. */
  readonly dropout?: number;
  /** Probability of leaving a layer out of a run while training: LayerDrop (Fan et al. 2020). Default 0. */
  readonly layerDrop?: number;
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
  readonly distances: DistanceBuckets | null;
  readonly #dropout: number;
  readonly #layerDrop: number;
  readonly #recompute: boolean;

  constructor(layers: readonly TransformerLayer[], options: StackOptions = {}) {
    const { norm = null, distances = null, dropout = 0, layerDrop = 0, recompute = false } = options;
    expectOptions('Stack', options, { norm, distances, dropout, layerDrop, recompute });
    this.layers = layers;
    this.norm = norm;
    this.distances = distances;
    this.#dropout = dropout;
    this.#layerDrop = layerDrop;
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
      const own = this.#input(g, typeof input === 'function' ? input(i) : input);
      const body = (): Tensor => g.call(this.layers, i, before, own);
      const after = g.scope('layers', () => (this.#recompute ? g.recompute(body) : body()));
      states.push(this.#orLeftOut(g, before, after));
    }
    if (this.norm) states.push(g.call(this, 'norm', states.pop()!));
    states.push(dropout(g, states.pop()!, this.#dropout));
    return states;
  }

  /** What a layer gave, or in some runs what went into it. */
  #orLeftOut(g: Graph, before: Tensor, after: Tensor): Tensor {
    const p = this.#layerDrop;
    if (!g.drops || p === 0) return after;
    const kept = dropout(g, g.constant('kept', [], Float32Array.of(1 - p)), p); // 1 or 0
    return add(g, before, multiply(g, subtract(g, after, before), kept));
  }

  #input(g: Graph, given: LayerInput): LayerInput {
    if (!this.distances) return given;
    if (given.bias) {
      throw new EngineError(g.where('Stack'), 'it has a bias of its own', 'Give no other.');
    }
    return { ...given, bias: this.distances.bias(g) };
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
