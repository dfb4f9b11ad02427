import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { embedding } from '../../shaders/embedding/embedding';
import { matmul } from '../../shaders/matmul/matmul';
import { scale } from '../../shaders/scale/scale';
import { normal, zeros } from '../init';
import { Parameter } from '../parameter';
import type { EmbeddingAddition, EmbeddingSite } from './addition';
import type { LoRAOptions } from './lora_options';

/**
 * LoRA of a table of embeddings: y + (alpha / r) A[ids] Bᵀ. A begins at zero, so that nothing changes at first. Nothing is dropped, as in PEFT. Where the
 * table is also the output layer, that stays as it is, and merging, which would change it, is refused.
 */
export class EmbeddingLoRA implements EmbeddingAddition {
  /** (V, r), zeros at first. */
  readonly A: Parameter;
  /** (C, r), N(0, 1) at first. */
  readonly B: Parameter;
  readonly alpha: number;
  readonly rankStabilized: boolean;
  readonly dropout: number;
  /** What A[ids] Bᵀ is multiplied by. */
  readonly scale: number;

  /** Throws `ShapeError` for a rank above that of the table. */
  constructor({ name, vocabulary, width }: EmbeddingSite, options: Required<LoRAOptions>) {
    const { rank, alpha, rankStabilized, dropout } = options;
    if (rank > Math.min(vocabulary, width)) {
      const what = `rank is ${rank}, but its table is (${vocabulary}, ${width})`;
      throw new ShapeError(`lora ${name}`, what, `Use at most ${Math.min(vocabulary, width)}.`);
    }
    this.A = new Parameter([vocabulary, rank], { init: zeros });
    this.B = new Parameter([width, rank], { init: normal(1) });
    [this.alpha, this.rankStabilized, this.dropout] = [alpha, rankStabilized, dropout];
    this.scale = alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  }

  get rank(): number {
    return this.A.shape[1];
  }

  add(g: Graph, ids: Tensor, y: Tensor, padding: number | null): Tensor {
    const h = embedding(g, ids, g.use(this.A), padding === null ? {} : { padding });
    const scaled = this.scale === 1 ? h : scale(g, h, this.scale);
    return matmul(g, scaled, g.use(this.B), { transposeB: true, residual: y });
  }

  merge(table: Float64Array, read: (parameter: object) => Float32Array): void {
    const [A, B] = [read(this.A), read(this.B)];
    const [[vocabulary, rank], [width]] = [this.A.shape, this.B.shape];
    for (let v = 0; v < vocabulary; v++) {
      for (let r = 0; r < rank; r++) {
        const a = this.scale * A[v * rank + r];
        if (a !== 0) for (let c = 0; c < width; c++) table[v * width + c] += a * B[c * rank + r];
      }
    }
  }
}
