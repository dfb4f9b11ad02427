import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { expectActivation, type Activation } from '../../shaders/activation/activation';
import { zeros } from '../init';
import { Linear } from '../linear';
import type { AdapterKind, LinearChange, LinearSite } from './addition';

/** How `bottleneck` adapts. */
export interface BottleneckOptions {
  /** Numbers in between. Default 64. */
  readonly width?: number;
  /** Default 'gelu'. */
  readonly activation?: Activation;
}

/** y + activation(y Wᵀ + b) Uᵀ + c, of what comes out of a layer. U and c begin at zero, so that nothing changes at first. */
export class Bottleneck implements LinearChange {
  /** (width, outputs). */
  readonly down: Linear;
  /** (outputs, width). */
  readonly up: Linear;
  readonly #activation: Activation;

  constructor({ outputs }: LinearSite, { width, activation }: Required<BottleneckOptions>) {
    this.down = new Linear(outputs, width);
    this.up = new Linear(width, outputs, { init: zeros });
    this.#activation = activation;
  }

  change(g: Graph, _: Tensor, y: Tensor): Tensor {
    const h = g.call(this, 'down', y, { activation: this.#activation });
    return g.call(this, 'up', h, { residual: y });
  }

  readonly merge = null;
}

/**
 * Two small layers behind a layer, before its dropout and its residual: for `adapt`. Houlsby et al. 2019 have them behind the attention and the
 * feed-forward network of each layer, `'stack.layers.*.{attention.output,feedForward.down}': bottleneck()`, Pfeiffer et al. 2021
 * behind the latter alone. No weights do the same, so they are not merged. Throws `EngineError` for options that cannot be.
 */
export function bottleneck(options: BottleneckOptions = {}): AdapterKind {
  const { width = 64, activation = 'gelu' } = options;
  expectOptions('bottleneck', options, { width, activation });
  if (!Number.isInteger(width) || width < 1)
    throw new EngineError('bottleneck', `width is ${width}`, 'Use a whole number of at least 1.');
  expectActivation('bottleneck', activation);
  const settings = { width, activation };
  return { kind: 'bottleneck', settings, linear: (site) => new Bottleneck(site, settings) };
}
