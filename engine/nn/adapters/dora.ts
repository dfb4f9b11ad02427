import { EngineError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { add } from '../../shaders/add/add';
import { divide } from '../../shaders/divide/divide';
import { dropout } from '../../shaders/dropout/dropout';
import { exp, log } from '../../shaders/exponential/exponential';
import { matmul } from '../../shaders/matmul/matmul';
import { multiply } from '../../shaders/multiply/multiply';
import { scale } from '../../shaders/scale/scale';
import { subtract } from '../../shaders/subtract/subtract';
import { sum } from '../../shaders/sum/sum';
import { transpose } from '../../shaders/transpose/transpose';
import { Parameter } from '../parameter';
import type { AdapterKind, Begin, LinearChange, LinearSite, Merge } from './addition';
import { LoRA } from './lora';
import { loraSettings, type LoRAOptions } from './lora_options';

/**
 * m · (W + s B A) / ‖W + s B A‖ for each output (Liu et al. 2024): LoRA turns rows of the weight, m is how long they are. The gradient
 * takes the norm for a constant (section 4.3), as PEFT does. m begins as ‖W‖, B at zero, so that nothing changes at first.
 */
export class DoRA implements LinearChange {
  /** A and B. */
  readonly lora: LoRA;
  /** m (outputs). */
  readonly magnitude: Parameter;
  /** ‖W‖ (outputs). */
  readonly norms: Parameter;
  readonly #site: LinearSite;
  #revision = 0;

  /** Throws `ShapeError` as `LoRA`. */
  constructor(site: LinearSite, options: Required<LoRAOptions>) {
    this.lora = new LoRA(site, options);
    this.magnitude = new Parameter([site.outputs]);
    this.norms = new Parameter([site.outputs], { trainable: false });
    this.#site = site;
  }

  readonly begin: Begin = ({ weight }) => {
    const norms = new Float32Array(this.#site.outputs);
    const { inputs } = this.#site;
    for (let o = 0; o < norms.length; o++)
      norms[o] = Math.sqrt(squares(weight.subarray(o * inputs, (o + 1) * inputs)));
    const zero = norms.indexOf(0);
    if (zero >= 0) {
      const what = `row ${zero} of its weight is zero, so it has no direction`;
      throw new EngineError(`dora ${this.#site.name}`, what, 'Use lora here.');
    }
    this.#revision = this.#site.revision();
    return new Map([
      [this.magnitude, norms],
      [this.norms, norms],
    ]);
  };

  unmerged(): void {
    this.#revision = this.#site.revision();
  }

  /** y may hold what other adapters added: then, and where x is dropped, x Wᵀ is computed again. */
  change(g: Graph, x: Tensor, y: Tensor): Tensor {
    if (this.#site.revision() !== this.#revision) {
      const what = 'weights were written since it began, so the norms that it has may be those of others';
      throw new EngineError(
        `dora ${this.#site.name}`,
        what,
        'Unmerge what was merged, or adapt the model again.',
      );
    }
    const dropped = dropout(g, x, this.lora.dropout);
    const bias = this.#site.bias(g);
    const plain = dropped === x && this.#site.alone();
    const product = plain ? (bias ? subtract(g, y, bias) : y) : this.#site.product(g, dropped);
    const factor = this.#factor(g);
    const one = g.constant('1', factor.shape, new Float32Array(factor.size).fill(1));
    // Nothing changes to the bit where the factor is 1 and B is 0.
    const longer = multiply(g, product, subtract(g, factor, one));
    return add(g, y, add(g, longer, multiply(g, this.lora.product(g, dropped), factor)));
  }

  /** m / ‖W + s B A‖ (outputs), from ‖W‖² + 2 s b W Aᵀ + s² b A Aᵀ bᵀ for each row b of B: no matrix of W's size. */
  #factor(g: Graph): Tensor {
    const { A, B, scale: s } = this.lora;
    const ratio = g.detached(() => {
      const [a, b, norms] = [g.use(A), g.use(B), g.use(this.norms)];
      const own = matmul(g, b, matmul(g, a, a, { transposeB: true })); // B A Aᵀ (outputs, r)
      const cross = transpose(g, this.#site.product(g, a)); // W Aᵀ, whatever W is stored as
      const more = multiply(g, add(g, scale(g, cross, 2 * s), scale(g, own, s * s)), b);
      const grown = divide(g, divide(g, sum(g, more, 1), norms), norms);
      const one = g.constant('1', norms.shape, new Float32Array(norms.size).fill(1));
      return exp(g, scale(g, log(g, add(g, grown, one)), -0.5)); // ‖W‖ / ‖W + s B A‖
    });
    return multiply(g, divide(g, g.use(this.magnitude), g.use(this.norms)), ratio);
  }

  readonly merge: Merge = (weights, read) => {
    this.lora.merge(weights, read);
    const magnitude = read(this.magnitude);
    const { inputs } = this.#site;
    for (let o = 0; o < magnitude.length; o++) {
      const row = weights.weight.subarray(o * inputs, (o + 1) * inputs);
      const factor = magnitude[o] / Math.sqrt(squares(row));
      for (let i = 0; i < inputs; i++) row[i] *= factor;
    }
  };
}

const squares = (row: Float64Array): number => row.reduce((total, w) => total + w * w, 0);

/** Length and direction of rows apart: for `adapt`, with the options of `lora`. Throws `EngineError` for options that cannot be. */
export function dora(options: LoRAOptions = {}): AdapterKind {
  const { settings, all } = loraSettings('dora', options);
  return { kind: 'dora', settings, linear: (site) => new DoRA(site, all) };
}
