import { EngineError, expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { dropout } from '../../shaders/dropout/dropout';
import { matmul } from '../../shaders/matmul/matmul';
import { multiply } from '../../shaders/multiply/multiply';
import { scale } from '../../shaders/scale/scale';
import { normal, values, zeros } from '../init';
import { Parameter } from '../parameter';
import type { AdapterKind, AdapterTraining, LinearSite, LinearTogether, Merge } from './addition';
import type { BudgetSchedule } from './rank_budget';
import { Ranks, type RankedLayer } from './ranks';

/** Ranks of `adalora`, and when they change. Defaults are PEFT's, but for `steps`, which it wants, too. */
export interface AdaLoRAOptions {
  /** How many updates the training has in all. */
  readonly steps: number;
  /** r at first, of each layer. Default 12. */
  readonly rank?: number;
  /** The mean rank of layers in the end. Default 8. */
  readonly target?: number;
  /** What is added is multiplied by alpha / r, of the rank at first. Default 8. */
  readonly alpha?: number;
  /** Probability of dropping a number of x, for what is added, while training. Default 0. */
  readonly dropout?: number;
  /** Updates before ranks begin to fall. Default 0. */
  readonly warmup?: number;
  /** Updates at the end in which ranks stay as they are. Default 0. */
  readonly final?: number;
  /** Ranks change each so many updates in between. Default 1. */
  readonly every?: number;
  /** How much the importance of a number is smoothed, and its uncertainty. Default 0.85 both. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Factor in the loss on how far the rows of A, and the columns of B, are from being orthogonal. Default 0.5. */
  readonly orthogonality?: number;
  /** Which of the r are there at first, as '1' and '0': those of a file. Default all. */
  readonly kept?: string;
}

/** What an `AdaLoRA` is made of. */
export interface AdaLoRASettings extends BudgetSchedule {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly kept: string;
}

/**
 * y + (alpha / r) x (Λ A)ᵀ Bᵀ (Zhang et al. 2023), Λ a diagonal: a singular value decomposition of what is added. Λ begins at zero, so that nothing
 * changes at first; training sets those of its values to zero that matter least: see `RankBudget`.
 */
export class AdaLoRA implements LinearTogether, RankedLayer {
  /** (r, inputs), N(0, 0.02) at first. */
  readonly A: Parameter;
  /** Λ, (r). */
  readonly E: Parameter;
  /** (outputs, r), N(0, 0.02) at first. */
  readonly B: Parameter;
  /** (r): 1 where the last change of ranks kept the value, else 0. */
  readonly kept: Parameter;
  readonly settings: AdaLoRASettings;
  /** What is added is multiplied by it. */
  readonly scale: number;

  /** Throws `ShapeError` for a rank above that of the layer's weight. */
  constructor(
    { name, inputs, outputs }: Pick<LinearSite, 'name' | 'inputs' | 'outputs'>,
    settings: AdaLoRASettings,
  ) {
    const { rank, alpha, kept } = settings;
    if (rank > Math.min(inputs, outputs)) {
      const what = `rank is ${rank}, but its weight is (${outputs}, ${inputs})`;
      throw new ShapeError(`adalora ${name}`, what, `Use at most ${Math.min(inputs, outputs)}.`);
    }
    this.A = new Parameter([rank, inputs], { init: normal(0.02) });
    this.E = new Parameter([rank], { init: zeros, decay: true });
    this.B = new Parameter([outputs, rank], { init: normal(0.02) });
    const first = Float32Array.from(kept, Number);
    this.kept = new Parameter([rank], { init: values(first), trainable: false, decay: false });
    this.settings = settings;
    this.scale = alpha / (rank + 1e-5); // as PEFT has it
  }

  add(g: Graph, x: Tensor, y: Tensor | null): Tensor {
    const h = matmul(g, dropout(g, x, this.settings.dropout), g.use(this.A), { transposeB: true });
    const scaled = scale(g, multiply(g, h, g.use(this.E)), this.scale);
    return matmul(g, scaled, g.use(this.B), { transposeB: true, ...(y && { residual: y }) });
  }

  together(all: readonly LinearTogether[]): AdapterTraining {
    return Ranks.of(all.filter((one) => one instanceof AdaLoRA));
  }

  readonly merge: Merge = ({ weight }, read) => {
    const [A, E, B] = [read(this.A), read(this.E), read(this.B)];
    const [[rank, inputs], [outputs]] = [this.A.shape, this.B.shape];
    for (let o = 0; o < outputs; o++) {
      for (let r = 0; r < rank; r++) {
        const b = this.scale * B[o * rank + r] * E[r];
        for (let i = 0; i < inputs; i++) weight[o * inputs + i] += b * A[r * inputs + i];
      }
    }
  };
}

/**
 * LoRA whose layers share a budget of ranks (AdaLoRA, Zhang et al. 2023): for `adapt`. A trainer, such as `Run`, moves ranks while it trains from where they
 * matter least to where they matter most. The training has `steps` updates; all places of an adapter have the same schedule. Throws
 * `EngineError` for options that cannot be.
 */
export function adalora(options: AdaLoRAOptions): AdapterKind {
  const { steps, rank = 12, target = 8, alpha = 8, dropout: p = 0 } = options;
  const { warmup = 0, final = 0, every = 1, beta1 = 0.85, beta2 = 0.85, orthogonality = 0.5 } = options;
  const { kept = '1'.repeat(Number.isInteger(rank) && rank > 0 ? rank : 0) } = options;
  const schedule = { steps, target, warmup, final, every, beta1, beta2, orthogonality };
  const own = { rank, alpha, dropout: p };
  expectOptions('adalora', options, { ...schedule, ...own, kept });
  const refuse = (name: string, value: unknown, todo: string): never => {
    throw new EngineError('adalora', `${name} is ${String(value)}`, todo);
  };
  for (const [name, value] of Object.entries({ steps, rank, target, every }))
    if (!(Number.isInteger(value) && value >= 1)) refuse(name, value, 'Use a whole number of at least 1.');
  for (const [name, value] of Object.entries({ warmup, final }))
    if (!(Number.isInteger(value) && value >= 0)) refuse(name, value, 'Use a whole number of at least 0.');
  if (warmup + final >= steps)
    refuse('warmup', warmup, `With final ${final} it leaves none of ${steps} steps to change ranks in.`);
  if (target >= rank) refuse('target', target, `It must be below the rank at first, ${rank}.`);
  if (!(Number.isFinite(alpha) && alpha > 0)) refuse('alpha', alpha, 'Use a number above 0.');
  if (!(p >= 0 && p < 1)) refuse('dropout', p, 'It must be at least 0 and below 1.');
  for (const [name, value] of Object.entries({ beta1, beta2 }))
    if (!(value > 0 && value < 1)) refuse(name, value, 'It must be above 0 and below 1.');
  if (!(Number.isFinite(orthogonality) && orthogonality > 0))
    refuse('orthogonality', orthogonality, 'Use a number above 0.');
  if (!new RegExp(`^[01]{${rank}}$`).test(kept)) refuse('kept', kept, `Give ${rank} times 0 or 1.`);
  const all = { ...schedule, ...own, kept };
  const settings = { ...schedule, ...own, ...(kept.includes('0') && { kept }) };
  return { kind: 'adalora', settings, linear: (site) => new AdaLoRA(site, all) };
}
