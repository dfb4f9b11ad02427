import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { multiply } from '../../shaders/multiply/multiply';
import { ones } from '../init';
import { Parameter } from '../parameter';
import type { AdapterKind, LinearChange, LinearEntry, LinearSite, Merge } from './addition';

/** How `ia3` adapts. */
export interface IA3Options {
  /** Factors of what goes into the layer instead of what comes out: PEFT's feedforward_modules. Default false. */
  readonly input?: boolean;
}

/** A factor for each output of a layer, or for each input, 1 at first ((IA)³, Liu et al. 2022). */
class Factors {
  /** (outputs) or (inputs). */
  readonly factors: Parameter;

  constructor(size: number) {
    this.factors = new Parameter([size], { init: ones });
  }

  protected times(g: Graph, x: Tensor): Tensor {
    return multiply(g, x, g.use(this.factors));
  }
}

/** Multiplies what comes out of a layer, number by number. */
export class OutputFactors extends Factors implements LinearChange {
  constructor({ outputs }: LinearSite) {
    super(outputs);
  }

  /** Of x Wᵀ + b: the bias, too. */
  change(g: Graph, _: Tensor, y: Tensor): Tensor {
    return this.times(g, y);
  }

  readonly merge: Merge = ({ weight, bias }, read) => {
    const factors = read(this.factors);
    const inputs = weight.length / factors.length;
    for (let i = 0; i < weight.length; i++) weight[i] *= factors[Math.floor(i / inputs)];
    if (bias) for (let o = 0; o < bias.length; o++) bias[o] *= factors[o];
  };
}

/** Multiplies what goes into a layer, number by number. */
export class InputFactors extends Factors implements LinearEntry {
  constructor({ inputs }: LinearSite) {
    super(inputs);
  }

  enter(g: Graph, x: Tensor): Tensor {
    return this.times(g, x);
  }

  readonly merge: Merge = ({ weight }, read) => {
    const factors = read(this.factors);
    for (let i = 0; i < weight.length; i++) weight[i] *= factors[i % factors.length];
  };
}

/**
 * Factors of linear layers: for `adapt`. The paper has them on keys, values and between the layers of the feed-forward network
 * (`input` of its second). Throws `EngineError` for options that cannot be.
 */
export function ia3(options: IA3Options = {}): AdapterKind {
  const { input = false } = options;
  expectOptions('ia3', options, { input });
  if (typeof input !== 'boolean')
    throw new EngineError('ia3', `input is ${String(input)}`, 'Use true or false.');
  const linear = (site: LinearSite) => (input ? new InputFactors(site) : new OutputFactors(site));
  return { kind: 'ia3', settings: { input }, linear };
}
