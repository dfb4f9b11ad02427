import { EngineError, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { ParameterStore } from '../nn/parameter_store';
import { adamw } from '../shaders/adamw/adamw';
import { unscaleNorm, type LossScaling } from '../shaders/loss_scale/loss_scale';
import { globalNorm } from '../shaders/norm_clip/norm_clip';
import { sgd } from '../shaders/sgd/sgd';
import { blockRates } from './rates';

/** What a trainer asks of an optimizer, and a checkpoint. */
export interface Optimizer {
  readonly kind: 'adamw' | 'sgd';
  /** Plain data, from which `new AdamW(options)` or `new SGD(options)` makes the same again. */
  readonly options: AdamWOptions & SGDOptions;
  /** Numbers that it remembers for each weight: none, the first moment, or the second, too. */
  readonly moments: 0 | 1 | 2;
  /**
   * Appends the update to `g`. Returns [norm, clip scale] of `globalNorm`. `rates` has shares of the learning rate by the names of
   * parameters, where they are not 1.
   */
  record(
    g: Graph,
    store: ParameterStore,
    scaling?: LossScaling | null,
    rates?: ReadonlyMap<string, number>,
  ): Tensor;
  /** What changes with the number of the update, 0 first. */
  corrections(step: number): { readonly correction1: number; readonly correction2: number };
}

/** Settings of `AdamW`. */
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
export class AdamW implements Optimizer {
  readonly kind = 'adamw';
  readonly moments = 2;
  readonly options: Required<AdamWOptions>;

  constructor(options: AdamWOptions = {}) {
    const defaults = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
    expectOptions('AdamW', options, defaults);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const full: Required<AdamWOptions> = { ...defaults, ...Object.fromEntries(given) };
    for (const key of ['beta1', 'beta2'] as const) {
      if (!(Number.isFinite(full[key]) && full[key] >= 0 && full[key] < 1)) {
        throw new EngineError('AdamW', `${key} is ${full[key]}`, 'It must be at least 0 and below 1.');
      }
    }
    checkRange('AdamW', full, 'epsilon', 'weightDecay');
    this.options = full;
  }

  /**
   * Appends the update to `g`: norm, clip, step, and the gradients cleared. Returns [norm, clip scale]; where the norm
   * is not finite the weights and moments stay as they were. With `scaling`, gradients are those of a scaled loss.
   */
  record(
    g: Graph,
    store: ParameterStore,
    scaling: LossScaling | null = null,
    rates: ReadonlyMap<string, number> = new Map(),
  ): Tensor {
    const { beta1, beta2, epsilon, weightDecay, clip } = this.options;
    return update(g, 'AdamW', store, { scaling, clip, rates }, ({ rates, decay, ...block }, norm) => {
      const { first, second } = block;
      if (!first || !second) throw withoutMoments('AdamW');
      const settings = { beta1, beta2, epsilon, weightDecay: decay ? weightDecay : 0, clip: norm, rates };
      adamw(g, { ...block, first, second }, settings);
    });
  }

  /** The bias corrections of update number `step` (0 first), in float64. */
  corrections(step: number): { correction1: number; correction2: number } {
    const { beta1, beta2 } = this.options;
    return { correction1: 1 - beta1 ** (step + 1), correction2: 1 - beta2 ** (step + 1) };
  }
}

/** Settings of `SGD`. */
export interface SGDOptions {
  /** μ of m ← μ m + (1 - dampening) gradient, along which weights move. Default 0: along the gradient, without memory. */
  readonly momentum?: number;
  /** Takes this share of each gradient but the first away from the momentum. Default 0. */
  readonly dampening?: number;
  /** Look ahead by the momentum (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean;
  /** λ of gradient + λ p, for parameters whose `decay` is true (matrices). Default 0. */
  readonly weightDecay?: number;
  /** Clip the global gradient norm to this. Default 1; Infinity switches it off. */
  readonly clip?: number;
}

/** Stochastic gradient descent with momentum, `torch.optim.SGD`, over the flat blocks of a store, with global norm clipping. */
export class SGD implements Optimizer {
  readonly kind = 'sgd';
  readonly options: Required<SGDOptions>;

  constructor(options: SGDOptions = {}) {
    const defaults = { momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, clip: 1 };
    expectOptions('SGD', options, defaults);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const full: Required<SGDOptions> = { ...defaults, ...Object.fromEntries(given) };
    checkRange('SGD', full, 'momentum', 'dampening', 'weightDecay');
    if (full.nesterov && !(full.momentum > 0 && full.dampening === 0)) {
      throw new EngineError(
        'SGD',
        `nesterov with momentum ${full.momentum} and dampening ${full.dampening}`,
        'It wants a momentum, and no dampening.',
      );
    }
    this.options = full;
  }

  get moments(): 0 | 1 {
    return this.options.momentum > 0 ? 1 : 0;
  }

  /** As `AdamW.record`. */
  record(
    g: Graph,
    store: ParameterStore,
    scaling: LossScaling | null = null,
    rates: ReadonlyMap<string, number> = new Map(),
  ): Tensor {
    const { momentum, nesterov, weightDecay, clip } = this.options;
    return update(g, 'SGD', store, { scaling, clip, rates }, ({ rates, decay, ...parts }, norm) => {
      const { weights, gradients, first } = parts;
      if (momentum > 0 && !first) throw withoutMoments('SGD');
      const block = { weights, gradients, first: momentum > 0 ? first : null };
      sgd(g, block, { momentum, nesterov, weightDecay: decay ? weightDecay : 0, clip: norm, rates });
    });
  }

  /** The gradient's share of the momentum, as `correction1`: PyTorch does not dampen the first. */
  corrections(step: number): { correction1: number; correction2: number } {
    return { correction1: step === 0 ? 1 : 1 - this.options.dampening, correction2: 1 };
  }
}

/** Throws unless these options are at least 0, and `clip` more. */
function checkRange<K extends string>(
  where: string,
  options: { readonly [key in K]: number } & { readonly clip: number },
  ...keys: readonly K[]
): void {
  for (const key of keys) {
    if (Number.isFinite(options[key]) && options[key] >= 0) continue;
    throw new EngineError(where, `${key} is ${options[key]}`, 'Use a finite number of at least 0.');
  }
  if (!(typeof options.clip === 'number' && options.clip > 0))
    throw new EngineError(where, `clip is ${options.clip}`, 'Use a positive number or Infinity.');
}

/** Of a store that another optimizer has trained. */
const withoutMoments = (where: string): EngineError =>
  new EngineError(where, 'the store has no moments for it', 'Create a new store with { train: true }.');

/** A block that trains, in a graph. */
interface UpdateBlock {
  readonly weights: Tensor;
  readonly gradients: Tensor;
  readonly first: Tensor | null;
  readonly second: Tensor | null;
  readonly decay: boolean;
  readonly rates: Tensor | null;
}

/** Norm, clip and then `step` for every block of a store that trains. Returns [norm, clip scale]. */
function update(
  g: Graph,
  where: string,
  store: ParameterStore,
  {
    scaling,
    clip,
    rates,
  }: {
    readonly scaling: LossScaling | null;
    readonly clip: number;
    readonly rates: ReadonlyMap<string, number>;
  },
  step: (block: UpdateBlock, norm: Tensor) => void,
): Tensor {
  const blocks = store.blocks.flatMap((block): UpdateBlock[] => {
    const { weights, moments, decay } = block;
    if (!moments) return [];
    const tensor = g.use(weights);
    const [first, second] = [moments.first, moments.second].map((moment) => moment && g.use(moment));
    const gradients = g.sink(tensor)!.tensor;
    return [{ weights: tensor, gradients, first, second, decay, rates: blockRates(g, block, rates) }];
  });
  if (blocks.length === 0) {
    throw new EngineError(where, 'nothing in this store trains', 'Create it with { train: true }.');
  }
  const norm = globalNorm(
    g,
    blocks.map(({ gradients }) => gradients),
    clip,
  );
  if (scaling) unscaleNorm(g, norm, scaling, clip);
  for (const block of blocks) step(block, norm);
  return norm;
}
