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
  /** By alpha / √r instead, so that high ranks learn as fast (rsLoRA, Kalajdzievski 2023). Default false. */
  readonly rankStabilized?: boolean;
  /** Probability of dropping a number of x, for what is added, while training. Default 0. */
  readonly dropout?: number;
}

/** y + (alpha / r) x Aᵀ Bᵀ (Hu et al. 2021). B begins at zero, so that nothing changes at first. */
export class LoRA implements LinearSum {
  /** (r, inputs), U(±1/√inputs) at first, as in the paper's code. */
  readonly A: Parameter;
  /** (outputs, r). */
  readonly B: Parameter;
  readonly alpha: number;
  readonly rankStabilized: boolean;
  readonly dropout: number;
  /** What x Aᵀ Bᵀ is multiplied by. */
  readonly scale: number;

  /** Throws `ShapeError` for a rank above that of the layer's weight. */
  constructor(
    { name, inputs, outputs }: Pick<LinearSite, 'name' | 'inputs' | 'outputs'>,
    options: Required<LoRAOptions>,
  ) {
    const { rank, alpha, rankStabilized, dropout } = options;
    if (rank > Math.min(inputs, outputs)) {
      const what = `rank is ${rank}, but its weight is (${outputs}, ${inputs})`;
      throw new ShapeError(`lora ${name}`, what, `Use at most ${Math.min(inputs, outputs)}.`);
    }
    this.A = new Parameter([rank, inputs], { init: uniform(1 / Math.sqrt(inputs)) });
    this.B = new Parameter([outputs, rank], { init: zeros });
    [this.alpha, this.rankStabilized, this.dropout] = [alpha, rankStabilized, dropout];
    this.scale = alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  }

  get rank(): number {
    return this.A.shape[0];
  }

  add(g: Graph, x: Tensor, y: Tensor | null): Tensor {
    return this.product(g, dropout(g, x, this.dropout), y);
  }

  /** `add` without dropout. */
  product(g: Graph, x: Tensor, y: Tensor | null = null): Tensor {
    const h = matmul(g, x, g.use(this.A), { transposeB: true });
    const scaled = this.scale === 1 ? h : scale(g, h, this.scale);
    return matmul(g, scaled, g.use(this.B), { transposeB: true, ...(y && { residual: y }) });
  }

  readonly merge: Merge = ({ weight }, read) => {
    const [A, B] = [read(this.A), read(this.B)];
    const [[rank, inputs], [outputs]] = [this.A.shape, this.B.shape];
    for (let o = 0; o < outputs; o++) {
      for (let r = 0; r < rank; r++) {
        const b = this.scale * B[o * rank + r];
        for (let i = 0; i < inputs; i++) weight[o * inputs + i] += b * A[r * inputs + i];
      }
    }
  };
}

/** The options of `lora` and `dora`, checked. Throws `EngineError` for those that cannot be. */
export function loraSettings(kind: string, options: LoRAOptions) {
  const { rank = 8, alpha = rank, rankStabilized = false, dropout = 0 } = options;
  expectOptions(kind, options, { rank, alpha, rankStabilized, dropout });
  const refuse = (name: string, value: number, todo: string): never => {
    throw new EngineError(kind, `${name} is ${value}`, todo);
  };
  if (!Number.isInteger(rank) || rank < 1) refuse('rank', rank, 'Use a whole number of at least 1.');
  if (!(Number.isFinite(alpha) && alpha > 0)) refuse('alpha', alpha, 'Use a number above 0.');
  if (!(dropout >= 0 && dropout < 1)) refuse('dropout', dropout, 'It must be at least 0 and below 1.');
  // Checkpoints of before have no word for what is not used.
  const settings = { rank, alpha, dropout, ...(rankStabilized && { rankStabilized }) };
  return { settings, all: { rank, alpha, dropout, rankStabilized } };
}

/** Low-rank matrices beside linear layers: for `adapt`. Throws `EngineError` for options that cannot be. */
export function lora(options: LoRAOptions = {}): AdapterKind {
  const { settings, all } = loraSettings('lora', options);
  return { kind: 'lora', settings, linear: (site) => new LoRA(site, all) };
}
