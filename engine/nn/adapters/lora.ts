import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { dropout } from '../../shaders/dropout/dropout';
import { matmul } from '../../shaders/matmul/matmul';
import { scale } from '../../shaders/scale/scale';
import { uniform, zeros } from '../init';
import { Parameter } from '../parameter';
import type { AdapterKind, LinearSite, LinearSum, Merge } from './addition';
import { EmbeddingLoRA } from './embedding_lora';
import { loraSettings, type LoRAOptions } from './lora_options';

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

/** Low-rank matrices beside linear layers, and beside tables of embeddings: for `adapt`. Throws `EngineError` for options that cannot be. */
export function lora(options: LoRAOptions = {}): AdapterKind {
  const { settings, all } = loraSettings('lora', options);
  return {
    ...{ kind: 'lora', settings },
    linear: (site) => new LoRA(site, all),
    embedding: (site) => new EmbeddingLoRA(site, all),
  };
}
