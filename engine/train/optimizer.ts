import { EngineError } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { ParameterStore } from '../nn/parameter_store';
import { adamw } from '../shaders/adamw/adamw';
import { globalNorm } from '../shaders/norm_clip/norm_clip';

export interface AdamWOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.95, usual for transformers; PyTorch's own default is 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled decay of parameters whose `decay` is true (matrices). Default 0.1. */
  readonly weightDecay?: number;
  /** Clip the global gradient norm to this. Default 1; Infinity switches it off. */
  readonly clip?: number;
}

/** AdamW (Loshchilov and Hutter 2019) over the flat blocks of a store, with global norm clipping. */
export class AdamW {
  readonly options: Required<AdamWOptions>;

  constructor(options: AdamWOptions = {}) {
    const defaults = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const full: Required<AdamWOptions> = { ...defaults, ...Object.fromEntries(given) };
    for (const key of ['beta1', 'beta2'] as const) {
      if (!(full[key] >= 0 && full[key] < 1)) {
        throw new EngineError('AdamW', `${key} is ${full[key]}`, 'It must be at least 0 and below 1.');
      }
    }
    for (const key of ['epsilon', 'weightDecay'] as const) {
      if (!(full[key] >= 0 && full[key] < Infinity)) {
        throw new EngineError('AdamW', `${key} is ${full[key]}`, 'Use a finite number of at least 0.');
      }
    }
    if (!(full.clip > 0))
      throw new EngineError('AdamW', `clip is ${full.clip}`, 'Use a positive number or Infinity.');
    this.options = full;
  }

  /**
   * Appends the update to `g`: norm, clip, step, and the gradients cleared. Returns [norm, clip scale]; where the norm
   * is not finite the weights and moments stay as they were.
   */
  record(g: Graph, store: ParameterStore): Tensor {
    const { beta1, beta2, epsilon, weightDecay, clip } = this.options;
    const blocks = store.blocks.flatMap(({ weights, moments, decay }) => {
      if (!moments) return [];
      const tensor = g.use(weights);
      return [{ decay, weights: tensor, gradients: g.sink(tensor)!.tensor, moments }];
    });
    if (blocks.length === 0) {
      throw new EngineError('AdamW', 'nothing in this store trains', 'Create it with { train: true }.');
    }
    const norm = globalNorm(
      g,
      blocks.map((b) => b.gradients),
      clip,
    );
    for (const { decay, weights, gradients, moments } of blocks) {
      adamw(
        g,
        { weights, gradients, first: g.use(moments.first), second: g.use(moments.second) },
        { beta1, beta2, epsilon, weightDecay: decay ? weightDecay : 0, clip: norm },
      );
    }
    return norm;
  }

  /** The bias corrections of update number `step` (0 first), in float64. */
  corrections(step: number): { correction1: number; correction2: number } {
    const { beta1, beta2 } = this.options;
    return { correction1: 1 - beta1 ** (step + 1), correction2: 1 - beta2 ** (step + 1) };
  }
}
