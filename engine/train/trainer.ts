/**
 * Trains a model on one device. Plans: `accumulate` for each shape of batches (forward and backward of one micro-batch,
 * gradients add up) and `update` (norm, clip, AdamW, gradients cleared). A step replays them; nothing is created and
 * nothing awaited. Everything that a step does is a function of its number, so a checkpoint resumes with exactly the
 * same losses.
 */
import { DataError, EngineError, throwIfAborted, TrainingError } from '../errors';
import { Graph } from '../graph/graph';
import type { Plan, ProfileRow } from '../graph/plan';
import type { Tensor } from '../graph/tensor';
import { Workspace } from '../graph/workspace';
import type { NamedTensor } from '../io/safetensors';
import { ParameterStore } from '../nn/parameter_store';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { Batch } from './batches';
import { readCheckpoint, writeCheckpoint, type CheckpointExtras, type FitProgress } from './checkpoint';
import { nextToken, type Feed, type Objective, type TrainableModel } from './objective';
import type { AdamW } from './optimizer';
import { checkSchedule, learningRate, type Schedule } from './schedule';

/** What every training needs, whatever it minimises. */
export interface CommonTrainerOptions {
  readonly device: Device;
  readonly optimizer: AdamW;
  readonly schedule: Schedule;
  /** Micro-batches whose gradients make one update, each weighing as many labels as it has. Default 1. */
  readonly accumulate?: number;
  /** Seed of initial weights and dropout. Default 0. */
  readonly seed?: number;
  /** Storage of activations. Default f32. */
  readonly storage?: 'f32' | 'f16';
  /** Keep copies of state that steps overwrite, so that `plan.attention` can look at them: see `PlanOptions`. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
  /** Kernels compiled so far, and how many in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Training of a language model on the next token. */
export interface LanguageTrainerOptions extends CommonTrainerOptions {
  readonly model: TrainableModel;
  /** B: sequences in a micro-batch. */
  readonly batch: number;
  /** T: tokens in a sequence. */
  readonly length: number;
  readonly objective?: never;
}

/** Training on anything else, such as pairs: see `pairObjective`. */
export interface ObjectiveTrainerOptions<B> extends CommonTrainerOptions {
  /** Whose parameters are trained; `config` goes into checkpoints. */
  readonly model: { readonly config: object };
  readonly objective: Objective<B>;
  readonly batch?: never;
  readonly length?: never;
}

export type TrainerOptions<B = Batch> =
  ObjectiveTrainerOptions<B> | (Batch extends B ? LanguageTrainerOptions : never);

/** What one update did. Losses arrive a little later than the step, read in small groups. */
export interface StepReport {
  /** Number of this update, 0 first. */
  readonly index: number;
  /** Mean loss over the labels of its micro-batches, before the update. */
  readonly loss: number;
  /** Tokens that it read, without padding. */
  readonly tokens: number;
  readonly lr: number;
  /** Global gradient norm before clipping. */
  readonly norm: number;
}

/** Updates whose losses may wait on the GPU to be read. */
const RING = 64;
/** Bytes of one update in the ring: loss sum, norm, clip scale, padding. */
const SLOT = 16;

/** An update whose losses wait on the GPU. */
interface Pending {
  readonly index: number;
  readonly lr: number;
  readonly slot: number;
  readonly tokens: number;
  /** Of each micro-batch, its share of all labels. */
  readonly shares: readonly number[];
}

export class Trainer<B = Batch> implements Disposable {
  readonly device: Device;
  readonly model: { readonly config: object };
  readonly store: ParameterStore;
  readonly options: Required<
    Pick<
      ObjectiveTrainerOptions<B>,
      'objective' | 'optimizer' | 'schedule' | 'accumulate' | 'seed' | 'storage'
    >
  >;
  /** Plans of a micro-batch, by shape. */
  readonly #plans: readonly Plan[];
  readonly #update: Plan;
  readonly #workspace: Workspace;
  readonly #ring: Storage;
  readonly #pending: Pending[] = [];
  /** Plans of a batch without training, by shape; compiled when first needed. */
  readonly #evaluations = new Map<number, Promise<Plan>>();
  readonly #evaluationPlans: Plan[] = [];
  #newest: Plan;
  #step = 0;
  #disposed = false;

  private constructor(parts: {
    device: Device;
    model: { readonly config: object };
    options: Trainer<B>['options'];
    store: ParameterStore;
    plans: readonly Plan[];
    update: Plan;
    workspace: Workspace;
    ring: Storage;
  }) {
    this.device = parts.device;
    this.model = parts.model;
    this.options = parts.options;
    this.store = parts.store;
    this.#plans = parts.plans;
    this.#newest = parts.plans[0];
    this.#update = parts.update;
    this.#workspace = parts.workspace;
    this.#ring = parts.ring;
  }

  /** Allocates weights, gradients and moments, records and compiles. Throws with the numbers if it does not fit. */
  static async create<B = Batch>(options: TrainerOptions<B>): Promise<Trainer<B>> {
    const { device, model, accumulate = 1, seed = 0, storage = 'f32', repeatable = false } = options;
    const { schedule, optimizer, signal, onProgress } = options;
    checkSchedule(schedule);
    if (!Number.isInteger(accumulate) || accumulate < 1)
      throw new EngineError('Trainer', `accumulate is ${accumulate}`, 'Use a whole number ≥ 1.');
    const objective = options.objective ?? (nextToken(options.model, options) as Objective<unknown>);
    throwIfAborted(signal);
    const store = new ParameterStore(device, model, { train: true, seed });
    const plans: Plan[] = [];
    const workspace = new Workspace(device, 'train');
    try {
      const shapes = Array.from({ length: objective.shapes }, (_, k) => k);
      const graphs = shapes.map((shape) => recordTraining(device, objective, shape, storage));
      for (const { g, loss } of graphs) workspace.reserve(g, { loss });
      for (const [k, { g, loss }] of graphs.entries()) {
        plans.push(
          await g.compile(
            { loss },
            {
              repeatable,
              workspace,
              ...(signal && { signal }),
              ...(onProgress && {
                onProgress: (done, total) => onProgress(k * total + done, graphs.length * total),
              }),
            },
          ),
        );
      }
      const u = new Graph(device, { train: true, label: 'update' });
      const norm = optimizer.record(u, store);
      const update = await u.compile({ norm }, signal ? { signal } : {});
      const ring = device.buffers.acquire(RING * (accumulate + 1) * SLOT, 'train: losses');
      const full = { objective, optimizer, schedule, accumulate, seed, storage };
      return new Trainer({ device, model, options: full, store, plans, update, workspace, ring });
    } catch (error) {
      for (const plan of plans) plan[Symbol.dispose]();
      workspace[Symbol.dispose]();
      store[Symbol.dispose]();
      throw error;
    }
  }

  /** Number of the next update. */
  get step(): number {
    return this.#step;
  }

  /** Bytes of the largest training plan, with what it has of the memory that all shapes share, and of the store. */
  get memory(): Plan['memory'] {
    return this.#plans.reduce(
      (most, { memory }) => (memory.activations > most.activations ? memory : most),
      this.#newest.memory,
    );
  }

  /**
   * The plan of the newest micro-batch, to look at: `plan.attention(layer, head, { gradient: true })` shows the last batch
   * through the weights as they now are. Looking changes nothing; running it does.
   */
  get plan(): Plan {
    return this.#newest;
  }

  /** The plan of the newest micro-batch and the update's, as text. */
  explain(): string {
    return `${this.#newest.explain()}\n${this.#update.explain()}`;
  }

  /**
   * Submits one update over `accumulate` micro-batches and returns at once. `batchAt(k)` gives micro-batch k, counted
   * over the whole run. Call `losses` now and then; at most 64 updates may wait.
   */
  submit(batchAt: (micro: number) => B): void {
    if (this.#disposed) throw new EngineError('Trainer', 'it was disposed of', 'Create a new one.');
    if (this.#pending.length >= RING) {
      throw new EngineError(
        'Trainer.submit',
        `${RING} updates wait to be read`,
        'Await losses() in between.',
      );
    }
    const { accumulate, seed, schedule, optimizer, objective } = this.options;
    const index = this.#step;
    const lr = learningRate(schedule, index);
    const slot = (index % RING) * (accumulate + 1) * SLOT;
    const feeds = Array.from({ length: accumulate }, (_, k) =>
      objective.feed(batchAt(index * accumulate + k)),
    );
    const labels = sum(feeds, (feed) => feed.labels);
    const shares = feeds.map((feed) => feed.labels / labels);
    try {
      for (const [k, feed] of feeds.entries()) {
        this.#newest = this.#planOf(feed);
        const inputs = { ...feed.inputs, [SHARE]: Float32Array.of(shares[k]) };
        this.#newest.run(inputs, { index: index * accumulate + k, seed });
        this.#keep(this.#newest.storageOf('loss'), 4, slot + k * SLOT);
      }
    } catch (error) {
      this.clearGradients(); // of the micro-batches before the one that is refused
      throw error;
    }
    this.#update.run({}, { index, seed, lr, ...optimizer.corrections(index) });
    this.#keep(this.#update.storageOf('norm'), 8, slot + accumulate * SLOT);
    this.#pending.push({ index, lr, slot, tokens: sum(feeds, (feed) => feed.tokens), shares });
    this.#step++;
  }

  #planOf({ shape }: Feed): Plan {
    const plan = this.#plans[shape];
    if (plan) return plan;
    throw new EngineError(
      'Trainer',
      `a batch has shape ${shape} of ${this.#plans.length}`,
      'Count shapes from 0.',
    );
  }

  /** Copies a small result into the ring, on the GPU. */
  #keep(from: Storage, bytes: number, at: number): void {
    const encoder = this.device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(from.buffer, from.offset, this.#ring.buffer, this.#ring.offset + at, bytes);
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Waits for all submitted updates and reports them: one readback for all.
   * Throws `TrainingError` at the first loss or gradient norm that is not finite. After such a norm the weights are
   * those from before that update, because the optimizer skips it and every later one until this call.
   */
  async losses(): Promise<StepReport[]> {
    const waiting = this.#pending.splice(0);
    if (waiting.length === 0) return [];
    const words = new Float32Array(await this.device.readback.read(this.#ring));
    // A norm of -1 is globalNorm's word for gradients that are not finite.
    return waiting.map(({ index, lr, slot, tokens, shares }) => {
      let loss = 0;
      for (const [k, share] of shares.entries()) loss += words[(slot + k * SLOT) / 4] * share;
      const norm = words[(slot + shares.length * SLOT) / 4];
      if (!Number.isFinite(loss) || norm < 0) {
        this.#pending.length = 0;
        this.#step = index;
        this.clearGradients();
        throw new TrainingError(
          `step ${index}`,
          `the ${norm < 0 ? 'gradient norm' : 'loss'} is not finite at learning rate ${lr.toPrecision(3)}`,
          `${norm < 0 ? 'The weights are those before this step.' : 'Load a checkpoint.'} Lower the learning rate or lengthen the warm-up.`,
        );
      }
      return { index, loss, tokens, lr, norm };
    });
  }

  /** Mean loss over the labels of batches, without training. */
  async evaluate(batches: Iterable<B>, { signal }: { signal?: AbortSignal } = {}): Promise<number> {
    let total = 0;
    let labels = 0;
    for (const batch of batches) {
      throwIfAborted(signal);
      const feed = this.options.objective.feed(batch);
      const plan = await this.#evaluation(feed);
      plan.run(feed.inputs);
      total += (await plan.read('loss'))[0] * feed.labels;
      labels += feed.labels;
    }
    if (labels === 0) throw new DataError('evaluate', 'there are no batches', 'Give at least one.');
    return total / labels;
  }

  async #evaluation(feed: Feed): Promise<Plan> {
    this.#planOf(feed);
    let plan = this.#evaluations.get(feed.shape);
    if (!plan) {
      plan = this.#compileEvaluation(feed.shape);
      this.#evaluations.set(feed.shape, plan);
      plan.catch(() => this.#evaluations.delete(feed.shape));
    }
    return plan;
  }

  async #compileEvaluation(shape: number): Promise<Plan> {
    const { objective, storage } = this.options;
    const g = new Graph(this.device, { storage, label: 'evaluate' });
    const plan = await g.compile({ loss: objective.record(g, shape) }, { workspace: this.#workspace });
    if (!this.#disposed) {
      this.#evaluationPlans.push(plan);
      return plan;
    }
    plan[Symbol.dispose]();
    throw new EngineError(
      'Trainer',
      'it was disposed of while an evaluation was compiled',
      'Create a new one.',
    );
  }

  /** Times every kernel of one update on this batch, without changing the training state (nothing is updated). */
  async profile(batch: B): Promise<ProfileRow[]> {
    const feed = this.options.objective.feed(batch);
    const inputs = { ...feed.inputs, [SHARE]: Float32Array.of(1) };
    try {
      return await this.#planOf(feed).profile(inputs, { index: this.#step });
    } finally {
      this.clearGradients();
    }
  }

  /** Sets all gradients to zero: after a profile, or to drop a half-accumulated step or one that blew up. */
  clearGradients(): void {
    const encoder = this.device.gpu.createCommandEncoder();
    const gradients = this.store.blocks.flatMap(({ weights }) => weights.gradient ?? []);
    // The norm remembers gradients that blew up, so that no later update is applied either.
    for (const { buffer, offset, size } of [...gradients, this.#update.storageOf('norm')]) {
      encoder.clearBuffer(buffer, offset, size);
    }
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Weights, moments, step, seed, schedule and optimizer as one safetensors file; `extras` (a tokenizer, a config)
   * ride along in its metadata, as does what `Run` knows of its evaluations; `snapshots` are the weights of these.
   */
  async save(
    extras: CheckpointExtras = {},
    progress: FitProgress | null = null,
    snapshots: readonly NamedTensor[] = [],
  ): Promise<Uint8Array<ArrayBuffer>> {
    return writeCheckpoint(this, extras, progress, snapshots);
  }

  /** Takes up a checkpoint that `save` wrote for the same model. Nothing changes if it does not fit. */
  async load(bytes: Uint8Array | ArrayBuffer | Blob): Promise<FitProgress | null> {
    const { step, progress } = await readCheckpoint(bytes, this);
    this.clearGradients();
    this.#pending.length = 0;
    this.#step = step;
    return progress;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const plan of [...this.#plans, this.#update, ...this.#evaluationPlans]) plan[Symbol.dispose]();
    this.#workspace[Symbol.dispose]();
    this.device.buffers.release(this.#ring);
    this.store[Symbol.dispose]();
  }
}

/** The input that scales a micro-batch's gradients: its share of the update's labels. */
const SHARE = 'share';

function recordTraining<B>(
  device: Device,
  objective: Objective<B>,
  shape: number,
  storage: 'f32' | 'f16',
): { readonly g: Graph; readonly loss: Tensor } {
  const g = new Graph(device, {
    train: true,
    storage,
    label: objective.shapes > 1 ? `train ${shape}` : 'train',
  });
  const loss = objective.record(g, shape);
  g.backprop(loss, g.input(SHARE, loss.shape, 'f32'));
  return { g, loss };
}

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0);
}
