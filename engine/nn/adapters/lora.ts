import { EngineError, expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { dropout } from '../../shaders/dropout/dropout';
import { matmul } from '../../shaders/matmul/matmul';
import { scale } from '../../shaders/scale/scale';
import { uniform, zeros } from '../init';
import { Parameter } from '../parameter';
import type { AdapterKind, LinearSite, LinearSum, Merge } from './addition';

/** Size and strength of the low-rank matrices of `lora`. */
export interface LoRAOptions {
  /** r. Default 8. */
  readonly rank?: number;
  /** What is added is multiplied by alpha / r. Default r. */
  readonly alpha?: number;
  /** Probability of dropping a number of x, for what is added, while training. Default 0. */
  readonly dropout?: number;
}

/** y + (alpha / r) x Aᵀ Bᵀ (Hu et al. 2021). B begins at zero, so that nothing changes at first. */
export class LoRA implements LinearSum {
  /** (r, inputs), U(±1/√inputs) at first, as in the paper's code. */
  readonly A: Parameter;
  /** (outputs, r). */
  readonly B: Parameter;
  readonly #scale: number;
  readonly #dropout: number;

  /** Throws `ShapeError` for a rank above that of the layer's weight. */
  constructor({ name, inputs, outputs }: LinearSite, { rank, alpha, dropout }: Required<LoRAOptions>) {
    if (rank > Math.min(inputs, outputs)) {
      const what = `rank is ${rank}, but its weight is (${outputs}, ${inputs})`;
      throw new ShapeError(`lora ${name}`, what, `Use at most ${Math.min(inputs, outputs)}.`);
    }
    this.A = new Parameter([rank, inputs], { init: uniform(1 / Math.sqrt(inputs)) });
    this.B = new Parameter([outputs, rank], { init: zeros });
    [this.#scale, this.#dropout] = [alpha / rank, dropout];
  }

  add(g: Graph, x: Tensor, y: Tensor | null): Tensor {
    const h = matmul(g, dropout(g, x, this.#dropout), g.use(this.A), { transposeB: true });
    const scaled = this.#scale === 1 ? h : scale(g, h, this.#scale);
    return matmul(g, scaled, g.use(this.B), { transposeB: true, ...(y && { residual: y }) });
  }

  readonly merge: Merge = ({ weight }, read) => {
    const [A, B] = [read(this.A), read(this.B)];
    const [[rank, inputs], [outputs]] = [this.A.shape, this.B.shape];
    for (let o = 0; o < outputs; o++) {
      for (let r = 0; r < rank; r++) {
        const b = this.#scale * B[o * rank + r];
        for (let i = 0; i < inputs; i++) weight[o * inputs + i] += b * A[r * inputs + i];
      }
    }
  };
}

/** Low-rank matrices beside linear layers: for `adapt`. Throws `EngineError` for options that cannot be. */
export function lora(options: LoRAOptions = {}): AdapterKind {
  const { rank = 8, alpha = rank, dropout = 0 } = options;
  expectOptions('lora', options, { rank, alpha, dropout });
  const refuse = (name: string, value: number, todo: string): never => {
    throw new EngineError('lora', `${name} is ${value}`, todo);
  };
  if (!Number.isInteger(rank) || rank < 1) refuse('rank', rank, 'Use a whole number of at least 1.');
  if (!(Number.isFinite(alpha) && alpha > 0)) refuse('alpha', alpha, 'Use a number above 0.');
  if (!(dropout >= 0 && dropout < 1)) refuse('dropout', dropout, 'It must be at least 0 and below 1.');
  const settings = { rank, alpha, dropout };
  return { kind: 'lora', settings, linear: (site) => new LoRA(site, settings) };
}
