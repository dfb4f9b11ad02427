/**
 * Trains a model on one device. Plans: `accumulate` for each shape of batches (forward and backward of one micro-batch,
 * gradients add up) and `update` (norm, clip, AdamW, gradients cleared). A step replays them; nothing is created and
 * nothing awaited. Everything that a step does is a function of its number, so a checkpoint resumes with exactly the
 * same losses.
 */
import { DataError, EngineError, expectOptions, expectSeed, throwIfAborted, TrainingError } from '../errors';
import { Graph } from '../graph/graph';
import type { Plan, ProfileRow } from '../graph/plan';
import { Plans } from '../graph/plans';
import { kindOf, type Tensor } from '../graph/tensor';
import { Workspace } from '../graph/workspace';
import type { NamedTensor } from '../io/safetensors';
import type { AdapterTraining } from '../nn/adapters/addition';
import { noteChange } from '../nn/changes';
import { values } from '../nn/init';
import { Parameter } from '../nn/parameter';
import { MOMENTS, ParameterStore, type MomentName } from '../nn/parameter_store';
import type { Storage } from '../runtime/buffers';
import type { Rungs } from '../runtime/capabilities';
import { withRungs, type Device } from '../runtime/device';
import { add } from '../shaders/add/add';
import { FIRST_SCALE, scaledSeed, SKIPPED } from '../shaders/loss_scale/loss_scale';
import type { Adversary, Perturbation } from './adversarial';
import type { Batch } from './batches';
import { readCheckpoint, writeCheckpoint, type CheckpointExtras, type FitProgress } from './checkpoint';
import type { Feed, Modelled, Objective } from './objective';
import type { Optimizer } from './optimizer';
import { checkRates, ratesOf, type Rates } from './rates';
import { learningRate, scheduleOf, type Schedule } from './schedule';

/**
 * What every training needs, whatever it minimises. A model whose parameters have a `ParameterStore` is trained from the
 * weights that are there, and keeps them when the trainer is disposed of; for another model, the trainer makes a store and
 * disposes of it.
 */
export interface TrainerOptions<B = Batch, M extends Modelled = Modelled> {
  readonly device: Device;
  /** Whose parameters are trained. */
  readonly model: M;
  /** What is minimised: `nextToken`, `pairs`, `maskedToken`, `classify`, `tag`, `span`, `regress`, or your own. */
  readonly objective: Objective<B, M>;
  /**
   * What is trained in place of the model's own parameters: what `adapt` returned for it. Checkpoints hold it alone, and
   * refuse to go on with weights of the model other than those that it was made for. Default null.
   */
  readonly adapter?: (Modelled & { training?(): AdapterTraining | null }) | null;
  readonly optimizer: Optimizer;
  /** A number is a constant learning rate. */
  readonly schedule: Schedule | number;
  /** Parameters that learn slower or faster, such as the lower layers of a model that is fine-tuned. Default: all alike. */
  readonly rates?: Rates;
  /** Has each step look at its batches once more with other weights, as `fastGradient` does. Default null: not. */
  readonly adversarial?: Adversary | null;
  /** Micro-batches whose gradients make one update, each weighing as many labels as it has. Default 1. */
  readonly accumulate?: number;
  /** Seed of dropout, and of initial weights where the model has none. Default 0. */
  readonly seed?: number;
  /** 'none' draws no initial weights, for what loads a checkpoint next: see `ParameterStoreOptions`. Default 'random'. */
  readonly init?: 'random' | 'none';
  /**
   * Storage of activations and their gradients. Default f32. With f16 the loss is scaled while gradients are in f16, by
   * itself: by as many as there are labels and a factor that begins at 256, halves with an update that overflowed, which
   * is skipped, and doubles after 2,000 that did not (Micikevicius et al. 2018, `torch.amp`). An update that is skipped
   * counts as a step of the schedule and of AdamW's corrections, so that a run stays a function of its step numbers.
   * Reported numbers are without the scale; what `plan.attention` tells of gradients is with it.
   */
  readonly storage?: 'f32' | 'f16';
  /** Keep copies of state that steps overwrite, so that `plan.attention` can look at them: see `PlanOptions`. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
  /** Kernels compiled so far, and how many in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What one update did. Losses arrive a little later than the step, read in small groups. */
export interface StepReport {
  /** Number of this update, 0 first. */
  readonly index: number;
  /** Mean loss over the labels of its micro-batches, before the update; 0 where there are none. */
  readonly loss: number;
  /** Labels that counted, or the sum of their weights. Without any, the update is left out: weights and moments stay as they are. */
  readonly labels: number;
  /** Tokens that it read, without padding. */
  readonly tokens: number;
  readonly lr: number;
  /** Global gradient norm before clipping; Infinity where gradients overflowed f16 and the update was skipped. */
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
  readonly labels: number;
  /** Of each micro-batch, its share of all labels. */
  readonly shares: readonly number[];
}

/**
 * Trains a model update by update, in plans that are made once: forward and backward pass of each micro-batch, then
 * clipping and the optimizer. A step creates no buffer, bind group or pipeline, and waits for nothing; losses come
 * back some steps later. `Run` adds batches, evaluation and checkpoints.
 */
export class Trainer<B = Batch> implements Disposable {
  readonly device: Device;
  readonly model: Modelled;
  /** Whose parameters are trained: the model, or its adapter. */
  readonly trained: Modelled;
  /** Their weights: the store that they had, or else the trainer's own. */
  readonly store: ParameterStore;
  /** Whether it made the store, and disposes of it. */
  readonly ownsStore: boolean;
  readonly options: Required<
    Pick<
      TrainerOptions<B>,
      'objective' | 'optimizer' | 'accumulate' | 'seed' | 'storage' | 'rates' | 'adversarial'
    >
  > & { readonly schedule: Schedule };
  /** Plans of a micro-batch, by shape. */
  readonly #plans: readonly Plan[];
  readonly #update: Plan;
  readonly #perturbation: Perturbation | null;
  readonly #together: AdapterTraining | null;
  /** Gradients and moments. */
  readonly #training: Disposable;
  /** What the objective carries along, see `Objective.state`. */
  readonly state: ParameterStore | null;
  readonly #carried: object | null;
  /** The state of loss scaling, with f16. */
  readonly lossScale: ParameterStore | null;
  readonly #workspace: Workspace;
  readonly #ring: Storage;
  readonly #pending: Pending[] = [];
  /** Plans of a batch without training, by shape; compiled when first needed. */
  readonly #evaluations = new Plans<number>();
  /** Those that its kernels have: the device's when it was made, whatever the device takes since. */
  readonly rungs: Rungs | undefined;
  /** Which parameters trained when it was made. */
  readonly #trains: ReadonlyMap<Parameter, boolean>;
  #newest: Plan;
  #step = 0;
  #disposed = false;

  private constructor(parts: {
    device: Device;
    model: Modelled;
    trained: Modelled;
    options: Trainer<B>['options'];
    store: ParameterStore;
    ownsStore: boolean;
    training: Disposable;
    state: ParameterStore | null;
    carried: object | null;
    lossScale: ParameterStore | null;
    plans: readonly Plan[];
    update: Plan;
    perturbation: Perturbation | null;
    together: AdapterTraining | null;
    workspace: Workspace;
    ring: Storage;
    rungs: Rungs | undefined;
  }) {
    this.device = parts.device;
    this.model = parts.model;
    this.trained = parts.trained;
    this.options = parts.options;
    this.store = parts.store;
    this.ownsStore = parts.ownsStore;
    this.#training = parts.training;
    this.state = parts.state;
    this.#carried = parts.carried;
    this.lossScale = parts.lossScale;
    this.#plans = parts.plans;
    this.#newest = parts.plans[0];
    this.#trains = new Map([...parts.store.parameters.values()].map((p) => [p, p.trainable]));
    this.#update = parts.update;
    this.#perturbation = parts.perturbation;
    this.#together = parts.together;
    this.#workspace = parts.workspace;
    this.#ring = parts.ring;
    this.rungs = parts.rungs;
  }

  /**
   * Allocates gradients and moments, and weights where the model has none; records and compiles. Throws with the numbers
   * if it does not fit, and `EngineError` where the model is in training already, has memory in part only or on
   * another device.
   */
  static async create<B = Batch, M extends Modelled = Modelled>(
    options: TrainerOptions<B, M>,
  ): Promise<Trainer<B>> {
    checkTrainerOptions(options);
    const { device, model, objective, accumulate = 1, seed = 0, init = 'random', storage = 'f32' } = options;
    const { optimizer, repeatable = false, rates = {}, adversarial = null, signal, onProgress } = options;
    const schedule = scheduleOf(options.schedule);
    throwIfAborted(signal);
    const trained = options.adapter ?? model;
    const { rungs } = device.can;
    const together = options.adapter?.training?.() ?? null;
    const found = ParameterStore.of(device, trained);
    const store = found ?? new ParameterStore(device, trained, { init, seed });
    let training: Disposable | null = null;
    let state: ParameterStore | null = null;
    let lossScale: ParameterStore | null = null;
    const plans: Plan[] = [];
    const workspace = new Workspace(device, 'train');
    let ring: Storage | null = null;
    let update: Plan | null = null;
    let perturbation: Perturbation | null = null;
    try {
      training = store.train(optimizer.moments, { importance: together !== null });
      ring = device.buffers.acquire(RING * (accumulate + 1) * SLOT, 'train: losses');
      await device.buffers.accepted([ring]);
      await store.ready();
      const scale =
        storage === 'f16'
          ? new Parameter([2], { init: values(Float32Array.of(FIRST_SCALE, 0)), trainable: false })
          : null;
      if (scale) lossScale = new ParameterStore(device, { scale }, { owner: 'loss scale' });
      await lossScale?.ready();
      const carried = objective.state?.(model) ?? null;
      if (carried) state = new ParameterStore(device, carried, { owner: 'train: state' });
      await state?.ready();
      const shapes = Array.from({ length: objective.shapes }, (_, k) => k);
      const graphs = withRungs(device, rungs, () =>
        shapes.map((shape) =>
          recordTraining(device, model, objective, shape, { storage, scale, carried, together }),
        ),
      );
      if (!graphs.some(({ g }) => reaches(g, store))) {
        const what = `no gradient reaches any of ${store.parameters.size} parameters`;
        const todo = 'Train what the loss depends on: an adapter that is merged does not train.';
        throw new EngineError('Trainer', what, todo);
      }
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
      const scaling = scale && { state: u.use(scale), unit: u.input(UNIT, [1], 'f32') };
      const shares = ratesOf('Trainer', store.parameters.keys(), rates);
      const record = (): Tensor => optimizer.record(u, store, scaling, shares);
      const norm = together ? together.observe(u, store, record) : record();
      update = await u.compile({ norm }, signal ? { signal } : {});
      await together?.compile(store, signal ?? null);
      perturbation = (await adversarial?.create(device, store, signal ?? null)) ?? null;
      const full = {
        objective: objective as Objective<B>,
        optimizer,
        ...{ schedule, accumulate, seed, storage, rates, adversarial },
      };
      const parts = {
        store,
        ownsStore: !found,
        training,
        state,
        carried,
        lossScale,
        plans,
        update,
        perturbation,
        together,
        workspace,
        ring,
        rungs,
      };
      const trainer = new Trainer({ device, model, trained, options: full, ...parts });
      trainer.clearGradients(); // what the norm's memory held before is no word of globalNorm's
      return trainer;
    } catch (error) {
      for (const plan of plans) plan[Symbol.dispose]();
      update?.[Symbol.dispose]();
      perturbation?.[Symbol.dispose]();
      together?.[Symbol.dispose]();
      workspace[Symbol.dispose]();
      if (ring) device.buffers.release(ring);
      training?.[Symbol.dispose]();
      lossScale?.[Symbol.dispose]();
      state?.[Symbol.dispose]();
      if (!found) store[Symbol.dispose]();
      throw error;
    }
  }

  /** What training remembers of each number. */
  get moments(): readonly MomentName[] {
    const { moments } = this.options.optimizer;
    return MOMENTS.filter((_, i) => (i < 2 ? i < moments : this.#together !== null));
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
    this.#assertUsable();
    if (this.#pending.length >= RING) {
      throw new EngineError(
        'Trainer.submit',
        `${RING} updates wait to be read`,
        'Await losses() in between.',
      );
    }
    for (const [{ name, trainable }, before] of this.#trains) {
      if (trainable === before) continue;
      const what = `${name} was made ${trainable ? 'trainable' : 'frozen'} since`;
      throw new EngineError('Trainer', what, 'Create a new trainer.');
    }
    const { accumulate, seed, schedule, optimizer, objective } = this.options;
    const index = this.#step;
    const lr = learningRate(schedule, index);
    const slot = (index % RING) * (accumulate + 1) * SLOT;
    const feeds = Array.from({ length: accumulate }, (_, k) =>
      feedOf(objective, batchAt(index * accumulate + k)),
    );
    const labels = sum(feeds, (feed) => feed.labels);
    if (!(labels >= 0 && labels < Infinity)) {
      throw new EngineError('Trainer.submit', `its batches have ${labels} labels`, 'Count them from 0.');
    }
    const shares = feeds.map((feed) => (labels > 0 ? feed.labels / labels : 0));
    // Powers of two only, so that scaling rounds nothing.
    const unit = this.lossScale ? 2 ** Math.ceil(Math.log2(Math.max(labels, 1))) : 1;
    try {
      const pass = (done: (k: number) => void): void => {
        for (const [k, feed] of feeds.entries()) {
          this.#newest = this.#planOf(feed);
          const inputs = { ...feed.inputs, [SHARE]: Float32Array.of(shares[k] * unit) };
          this.#newest.run(inputs, { index: index * accumulate + k, seed });
          done(k);
        }
      };
      pass((k) => this.#keep(this.#newest.storageOf('loss'), 4, slot + k * SLOT));
      // The same dropout, so that it is the same function whose gradient was followed.
      if (labels > 0) this.#perturbation?.around(() => pass(() => {}));
    } catch (error) {
      this.clearGradients(); // of the micro-batches before the one that is refused
      throw error;
    }
    // Zero gradients are no reason to decay weights and to move them on by their momentum.
    const inputs: Record<string, ArrayBufferView> = this.lossScale ? { [UNIT]: Float32Array.of(unit) } : {};
    if (labels > 0) this.#update.run(inputs, { index, seed, lr, ...optimizer.corrections(index) });
    this.#together?.after(index + 1);
    noteChange(this.device);
    this.#keep(this.#update.storageOf('norm'), 8, slot + accumulate * SLOT);
    this.#pending.push({ index, lr, slot, tokens: sum(feeds, (feed) => feed.tokens), labels, shares });
    this.#step++;
  }

  #assertUsable(): void {
    this.device.assertAlive('Trainer'); // a run disposes of its trainer when the device is lost
    if (this.#disposed) throw new EngineError('Trainer', 'it was disposed of', 'Create a new one.');
  }

  #planOf({ shape }: Feed): Plan {
    this.#assertUsable();
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
    this.#assertUsable();
    const waiting = this.#pending.splice(0);
    if (waiting.length === 0) return [];
    let words: Float32Array;
    try {
      words = new Float32Array(await this.device.readback.read(this.#ring));
    } catch (error) {
      // To be read again, but for those whose slots were taken by updates submitted meanwhile.
      this.#pending.unshift(...waiting.filter(({ index }) => index >= this.#step - RING));
      throw error;
    }
    // A norm of -1 is globalNorm's word for gradients that are not finite.
    return waiting.map(({ index, lr, slot, tokens, labels, shares }) => {
      let loss = 0;
      for (const [k, share] of shares.entries()) if (share > 0) loss += words[(slot + k * SLOT) / 4] * share;
      const norm = labels > 0 ? words[(slot + shares.length * SLOT) / 4] : 0;
      if (norm === SKIPPED && Number.isFinite(loss)) {
        return { index, loss, labels, tokens, lr, norm: Infinity };
      }
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
      return { index, loss, labels, tokens, lr, norm };
    });
  }

  /** Mean loss over the labels of batches, without training. Throws a DataError where there is no label. */
  async evaluate(batches: Iterable<B>, options: { signal?: AbortSignal } = {}): Promise<number> {
    const { signal } = options;
    expectOptions('evaluate', options, { signal });
    let total = 0;
    let labels = 0;
    let count = 0;
    await this.#withState(async () => {
      for (const batch of batches) {
        throwIfAborted(signal);
        count++;
        const feed = feedOf(this.options.objective, batch);
        const plan = await this.#evaluation(feed);
        plan.run(feed.inputs);
        const [loss] = await plan.read('loss');
        if (feed.labels > 0) total += loss * feed.labels;
        labels += feed.labels;
      }
    });
    if (labels === 0) throw nothingToEvaluate('evaluate', count);
    return total / labels;
  }

  /** Leaves what the objective carries along as it was. */
  async #withState<T>(work: () => Promise<T>): Promise<T> {
    const kept = await this.state?.readAll('weights');
    try {
      return await work();
    } finally {
      if (this.state?.living) for (const [name, data] of kept ?? []) this.state.write(name, data);
    }
  }

  async #evaluation(feed: Feed): Promise<Plan> {
    this.#planOf(feed);
    return this.#evaluations.get(feed.shape, () => {
      const { objective, storage } = this.options;
      const g = new Graph(this.device, { storage, label: 'evaluate' });
      const loss = withRungs(this.device, this.rungs, () =>
        objective.record(g, feed.shape, this.model, this.#carried),
      );
      return g.compile({ loss }, { workspace: this.#workspace });
    });
  }

  /** Times every kernel of one update on this batch, without changing the training state (nothing is updated). */
  async profile(batch: B): Promise<ProfileRow[]> {
    const feed = feedOf(this.options.objective, batch);
    const inputs = { ...feed.inputs, [SHARE]: Float32Array.of(1) };
    try {
      return await this.#withState(() => this.#planOf(feed).profile(inputs, { index: this.#step }));
    } finally {
      this.clearGradients();
    }
  }

  /** Sets all gradients to zero: after a profile, or to drop a half-accumulated step or one that blew up. */
  clearGradients(): void {
    this.#assertUsable();
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
    this.#assertUsable();
    return writeCheckpoint(this, extras, progress, snapshots);
  }

  /** Takes up a checkpoint that `save` wrote for the same model. Nothing changes if it does not fit. */
  async load(bytes: Uint8Array | ArrayBuffer | Blob): Promise<FitProgress | null> {
    this.#assertUsable();
    const { step, progress } = await readCheckpoint(bytes, this);
    this.clearGradients();
    this.#pending.length = 0;
    this.#step = step;
    return progress;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const part of [...this.#plans, this.#update, this.#evaluations]) part[Symbol.dispose]();
    this.#perturbation?.[Symbol.dispose]();
    this.#together?.[Symbol.dispose]();
    this.#workspace[Symbol.dispose]();
    this.device.buffers.release(this.#ring);
    this.#training[Symbol.dispose]();
    this.lossScale?.[Symbol.dispose]();
    this.state?.[Symbol.dispose]();
    if (this.ownsStore) this.store[Symbol.dispose]();
  }
}

export function checkTrainerOptions<B, M extends Modelled>(options: TrainerOptions<B, M>): void {
  const { accumulate = 1, seed = 0, schedule } = options;
  if ('batch' in options || 'length' in options) {
    const todo = 'Give objective: nextToken({ batch, length }).';
    throw new EngineError('Trainer', 'batch and length are those of an objective', todo);
  }
  expectOptions('Trainer', options, {
    ...{
      device: 0,
      model: 0,
      adapter: 0,
      objective: 0,
      accumulate,
      seed,
      init: 0,
      storage: 0,
      repeatable: 0,
    },
    ...{ schedule, optimizer: 0, rates: 0, adversarial: 0, signal: 0, onProgress: 0 },
  });
  if (typeof (options.objective as Objective<B, M> | null | undefined)?.record !== 'function')
    throw new EngineError(
      'Trainer',
      'it has no objective',
      'Give one, such as nextToken({ batch, length }).',
    );
  const { identity } = options.objective;
  const own = ['seed', 'accumulate', 'optimizer', 'rates', 'adversarial'].find((name) => name in identity);
  if (own)
    throw new EngineError(
      'Trainer',
      `identity of its objective has ${own}`,
      'Call it otherwise: runs have one.',
    );
  scheduleOf(schedule);
  if (options.rates !== undefined) checkRates('Trainer', options.rates);
  const { adversarial } = options;
  if (adversarial && typeof (adversarial as Partial<Adversary>).create !== 'function')
    throw new EngineError(
      'Trainer',
      'adversarial is no way of training',
      'Give one, such as fastGradient().',
    );
  if (adversarial && options.objective.state) {
    const what = 'adversarial is given with an objective that carries state from step to step';
    throw new EngineError('Trainer', what, 'Leave one out: a step would carry it along twice.');
  }
  if (typeof (options.optimizer as Optimizer | null | undefined)?.record !== 'function')
    throw new EngineError('Trainer', 'it has no optimizer', 'Give one, such as new AdamW().');
  expectSeed('Trainer', seed);
  if (!Number.isInteger(accumulate) || accumulate < 1)
    throw new EngineError('Trainer', `accumulate is ${accumulate}`, 'Use a whole number ≥ 1.');
}

/** What a batch feeds; throws for what is none, such as a promise of one. */
export function feedOf<B>(objective: Objective<B>, batch: B): Feed {
  const given: unknown = batch;
  if (given === undefined || given instanceof Promise)
    throw new EngineError(
      'Trainer',
      `a batch is ${kindOf(given)}`,
      'Give batches, made before they are asked for.',
    );
  return objective.feed(batch);
}

/** Of batches without a label. */
export function nothingToEvaluate(where: string, batches: number): DataError {
  const what = batches > 0 ? `no label counts in its ${batches} batches` : 'there are no batches';
  return new DataError(where, what, 'Give at least one batch with labels.');
}

/** The input that scales a micro-batch's gradients: its share of the update's labels, times UNIT with f16. */
const SHARE = 'share';
/** The input of the update that tells by how much, besides the loss scale. */
const UNIT = 'unit';

function recordTraining<B, M>(
  device: Device,
  model: M,
  objective: Objective<B, M>,
  shape: number,
  {
    storage,
    scale,
    carried,
    together,
  }: {
    readonly storage: 'f32' | 'f16';
    readonly scale: Parameter | null;
    readonly carried: object | null;
    readonly together: AdapterTraining | null;
  },
): { readonly g: Graph; readonly loss: Tensor } {
  const g = new Graph(device, {
    train: true,
    storage,
    label: objective.shapes > 1 ? `train ${shape}` : 'train',
  });
  const aim = objective.record(g, shape, model, carried);
  const loss = together ? add(g, aim, together.penalty(g)) : aim;
  const share = g.input(SHARE, loss.shape, 'f32');
  g.backprop(loss, scale ? scaledSeed(g, share, g.use(scale)) : share);
  return { g, loss };
}

/** Whether a parameter of the store gets a gradient. */
const reaches = (g: Graph, { parameters }: ParameterStore): boolean =>
  [...parameters.values()].some((parameter) =>
    [parameter, ...(parameter.parts ?? [])].some((held) => g.reached(g.use(held))),
  );

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0);
}
