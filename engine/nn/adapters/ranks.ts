/** Ranks that move among the layers of an adapter while it trains: AdaLoRA (Zhang et al. 2023). */
import { EngineError } from '../../errors';
import { Graph } from '../../graph/graph';
import type { Plan } from '../../graph/plan';
import type { Tensor } from '../../graph/tensor';
import type { AdapterTraining } from './addition';
import { budgetStep, type BudgetSchedule } from './rank_budget';
import type { Parameter } from '../parameter';
import type { ParameterStore } from '../parameter_store';
import { identityDistance, keepLargest, smoothImportance } from '../../shaders/adalora/adalora';
import { add } from '../../shaders/add/add';
import { matmul } from '../../shaders/matmul/matmul';
import { multiply } from '../../shaders/multiply/multiply';
import { concat, slice, storeSlice } from '../../shaders/rearrange/rearrange';
import { scale } from '../../shaders/scale/scale';
import { mean } from '../../shaders/sum/sum';

/** The input of a change of ranks: how many of all are dropped. */
const DROP = 'drop';

/** A layer of AdaLoRA. */
export interface RankedLayer {
  /** (r, inputs), (r) and (outputs, r): A, Λ and B. */
  readonly A: Parameter;
  readonly E: Parameter;
  readonly B: Parameter;
  /** (r): 1 where a rank is kept, else 0. */
  readonly kept: Parameter;
  readonly settings: BudgetSchedule;
}

/** What a trainer does for layers of AdaLoRA besides minimising: it all happens on the GPU, as a function of the step's number. */
export class Ranks implements AdapterTraining {
  readonly #layers: readonly RankedLayer[];
  readonly #schedule: BudgetSchedule;
  #allocate: Plan | null = null;
  #mask: Plan | null = null;

  private constructor(layers: readonly RankedLayer[], schedule: BudgetSchedule) {
    this.#layers = layers;
    this.#schedule = schedule;
  }

  /** Throws `EngineError` where their schedules differ, and where ranks would be dropped before it is known which matter. */
  static of(layers: readonly RankedLayer[]): Ranks {
    const schedules = layers.map(({ settings }) => scheduleOf(settings));
    for (const schedule of schedules) {
      const keys = Object.keys(schedule) as (keyof BudgetSchedule)[];
      const key = keys.find((one) => schedules[0][one] !== schedule[one]);
      if (!key) continue;
      const what = `adalora has ${key} ${schedule[key]} here and ${schedules[0][key]} there`;
      throw new EngineError('Trainer', what, 'Layers share one budget: give all the same schedule.');
    }
    const { steps, final } = schedules[0];
    if (steps - final < 2) {
      const what = `adalora has steps ${steps} and final ${final}: ranks are all chosen after the first update, before any importance is known`;
      throw new EngineError('Trainer', what, 'Give at least 2 steps more than final.');
    }
    return new Ranks(layers, schedules[0]);
  }

  /** The mean distance of A Aᵀ and Bᵀ B from the identity, times its factor: added to the loss. */
  penalty(g: Graph): Tensor {
    const distances = this.#layers.flatMap(({ A, B }) => {
      const [a, b] = [g.use(A), g.use(B)];
      const grams = [matmul(g, a, a, { transposeB: true }), matmul(g, b, b, { transposeA: true })];
      return grams.map((gram) => identityDistance(g, gram));
    });
    // Sums of scalars stay f32, whatever values between kernels are stored as.
    const sum = distances.reduce((a, b) => add(g, a, b));
    return scale(g, sum, this.#schedule.orthogonality / distances.length);
  }

  /** Has an update keep its gradients, which the optimizer clears, and smooth with them how much each number matters. */
  observe(g: Graph, store: ParameterStore, update: () => Tensor): Tensor {
    const blocks = store.blocks.flatMap(({ weights, moments }) => {
      if (!moments?.importance || !moments.uncertainty) return [];
      const tensor = g.use(weights);
      const gradients = scale(g, g.sink(tensor)!.tensor, 1);
      const [importance, uncertainty] = [g.use(moments.importance), g.use(moments.uncertainty)];
      return [{ weights: tensor, gradients, importance, uncertainty }];
    });
    const norm = update();
    const { beta1, beta2, steps, final } = this.#schedule;
    for (const block of blocks) smoothImportance(g, block, { beta1, beta2, clip: norm, last: steps - final });
    return norm;
  }

  /** Compiles what changes ranks, over a store that trains. */
  async compile(store: ParameterStore, signal: AbortSignal | null): Promise<void> {
    const options = signal ? { signal } : {};
    const { device } = store;
    const g = new Graph(device, { label: 'allocate ranks' });
    const scores = concat(g, this.#scores(g, store), 0);
    const kept = keepLargest(g, scores, g.input(DROP, [1], 'u32'));
    let at = 0;
    for (const layer of this.#layers) {
      const own = g.use(layer.kept);
      storeSlice(g, kept, 0, at, own);
      at += layer.kept.size;
      mask(g, layer);
    }
    this.#allocate = await g.compile({ kept }, options);
    const m = new Graph(device, { label: 'mask ranks' });
    for (const layer of this.#layers) mask(m, layer);
    this.#mask = await m.compile({}, options);
  }

  /** How much each of the ranks of each layer matters: the products of importance and uncertainty, means over rows of A and columns of B. */
  #scores(g: Graph, store: ParameterStore): Tensor[] {
    const products = new Map<object, Tensor>();
    const product = ({ name, shape, size }: Parameter): Tensor => {
      for (const { moments, members } of store.blocks) {
        const member = members.find((one) => one.name === name);
        if (!member || !moments?.importance || !moments.uncertainty) continue;
        if (member.size !== size)
          throw new EngineError('Trainer', `${name} is larger than a binding`, 'Use a lower rank.');
        const { importance, uncertainty } = moments;
        const all = products.get(importance) ?? multiply(g, g.use(importance), g.use(uncertainty));
        products.set(importance, all);
        return g.view(slice(g, all, 0, member.offset, size), shape);
      }
      throw new EngineError('Trainer', `${name} does not train`, 'Unfreeze it.');
    };
    return this.#layers.map(({ A, E, B }) => {
      const vectors = add(g, mean(g, product(A), 1), mean(g, product(B), 0));
      return add(g, product(E), vectors);
    });
  }

  /** After update number `step`, 1 for the first. */
  after(step: number): void {
    const ranks = this.#layers.reduce((sum, { kept }) => sum + kept.size, 0);
    const next = budgetStep(this.#schedule, step, { ranks, layers: this.#layers.length });
    if (next.kind === 'allocate') this.#allocate!.run({ [DROP]: Uint32Array.of(next.drop) });
    else if (next.kind === 'mask') this.#mask!.run({});
  }

  [Symbol.dispose](): void {
    this.#allocate?.[Symbol.dispose]();
    this.#mask?.[Symbol.dispose]();
  }
}

/** Sets those values of Λ to zero that are not kept. */
function mask(g: Graph, { E, kept }: RankedLayer): void {
  const values = g.use(E);
  storeSlice(g, multiply(g, values, g.use(kept)), 0, 0, values);
}

const scheduleOf = ({
  steps,
  target,
  warmup,
  final,
  every,
  beta1,
  beta2,
  orthogonality,
}: BudgetSchedule): BudgetSchedule => ({ steps, target, warmup, final, every, beta1, beta2, orthogonality });
