import { EngineError, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectShape, sizeOf, type Tensor } from '../../graph/tensor';
import { matmul } from '../../shaders/matmul/matmul';
import { concat } from '../../shaders/rearrange/rearrange';
import { softmax } from '../../shaders/softmax/softmax';
import { ones, zeros } from '../init';
import { Parameter } from '../parameter';

/**
 * A learned mix of a model's layers: γ Σ softmax(w)_l h_l (Peters et al. 2018, ELMo). Over a frozen encoder it lets a head read
 * from every layer for L + 1 numbers that learn. It begins as the mean of the layers.
 */
export class ScalarMix {
  /** w (1, L): how much each layer counts, before the softmax. Zeros at first. */
  readonly weights: Parameter;
  /** γ (1, 1). One at first. */
  readonly scale: Parameter;
  readonly #layers: number;

  /** `layers`: L. Of a `TextEncoder` with n layers, whose `hidden` gives what goes into each and what comes out last, it is n + 1. */
  constructor(layers: number) {
    if (!(Number.isInteger(layers) && layers >= 1))
      throw new EngineError('ScalarMix', `layers is ${String(layers)}`, 'Use a whole number of at least 1.');
    this.#layers = layers;
    this.weights = new Parameter([1, layers], { init: zeros, decay: false });
    this.scale = new Parameter([1, 1], { init: ones, decay: false });
  }

  /** L tensors of one shape -> that shape. Throws `ShapeError` for more or fewer of them, or other shapes. */
  forward(g: Graph, layers: readonly Tensor[]): Tensor {
    if (layers.length !== this.#layers)
      throw new ShapeError('ScalarMix', `${layers.length} layers are given`, `It mixes ${this.#layers}.`);
    const [{ shape }] = layers;
    for (const layer of layers) expectShape(g.where('ScalarMix'), layer, shape);
    const rows = concat(
      g,
      layers.map((layer) => g.view(layer, [1, sizeOf(shape)])),
      0,
    ); // (L, B·T·C)
    const shares = matmul(g, g.use(this.scale), softmax(g, g.use(this.weights))); // (1, L)
    return g.view(matmul(g, shares, rows), shape);
  }
}
