/**
 * Trains a model on one device. Two plans: `accumulate` (forward and backward of one micro-batch, gradients add up)
 * and `update` (norm, clip, AdamW, gradients cleared). A step replays them; nothing is created and nothing awaited.
 * Everything that a step does is a function of its number, so a checkpoint resumes with exactly the same losses.
 */
import { DataError, EngineError, throwIfAborted, TrainingError } from '../errors';
import { Graph } from '../graph/graph';
import type { Plan, ProfileRow } from '../graph/plan';
import type { Tensor } from '../graph/tensor';
import { ParameterStore } from '../nn/parameter_store';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { Batch } from './batches';
import { readCheckpoint, writeCheckpoint, type CheckpointExtras } from './checkpoint';
import type { AdamW } from './optimizer';
import { checkSchedule, learningRate, type Schedule } from './schedule';

/** What the trainer asks of a model; GPT and every other model of Heed is one. */
export interface TrainableModel {
  readonly config: object & { readonly vocabulary: number };
  /** ids, targets (B, T) u32 -> mean loss, a scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor;
}

export interface TrainerOptions {
  readonly device: Device;
  readonly model: TrainableModel;
  readonly optimizer: AdamW;
  readonly schedule: Schedule;
  /** B: sequences in a micro-batch. */
  readonly batch: number;
  /** T: tokens in a sequence. */
  readonly length: number;
  /** Micro-batches whose gradients are averaged into one update. Default 1. */
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

/** What one update did. Losses arrive a little later than the step, read in small groups. */
export interface StepReport {
  /** Number of this update, 0 first. */
  readonly index: number;
  /** Mean loss over its micro-batches, before the update. */
  readonly loss: number;
  readonly lr: number;
  /** Global gradient norm before clipping. */
  readonly norm: number;
}

/** Updates whose losses may wait on the GPU to be read. */
const RING = 64;
/** Bytes of one update in the ring: loss sum, norm, clip scale, padding. */
const SLOT = 16;

export class Trainer implements Disposable {
  readonly device: Device;
  readonly model: TrainableModel;
  readonly store: ParameterStore;
  readonly options: Required<Omit<TrainerOptions, 'signal' | 'onProgress' | 'repeatable'>>;
  readonly #accumulate: Plan;
  readonly #update: Plan;
  readonly #ring: Storage;
  readonly #pending: { index: number; lr: number; slot: number; micro: number }[] = [];
  #evaluation: Plan | null = null;
  #step = 0;
  #disposed = false;

  private constructor(
    options: Trainer['options'],
    store: ParameterStore,
    plans: { accumulate: Plan; update: Plan },
    ring: Storage,
  ) {
    this.device = options.device;
    this.model = options.model;
    this.options = options;
    this.store = store;
    this.#accumulate = plans.accumulate;
    this.#update = plans.update;
    this.#ring = ring;
  }

  /** Allocates weights, gradients and moments, records and compiles. Throws with the numbers if it does not fit. */
  static async create(options: TrainerOptions): Promise<Trainer> {
    const {
      device,
      model,
      batch,
      length,
      accumulate = 1,
      seed = 0,
      storage = 'f32',
      repeatable = false,
      signal,
      onProgress,
    } = options;
    checkSchedule(options.schedule);
    for (const [name, n] of Object.entries({ batch, length, accumulate })) {
      if (!Number.isInteger(n) || n < 1)
        throw new EngineError('Trainer', `${name} is ${n}`, 'Use a whole number ≥ 1.');
    }
    throwIfAborted(signal);
    const store = new ParameterStore(device, model, { train: true, seed });
    const plans: Plan[] = [];
    try {
      const g = new Graph(device, { train: true, storage, label: 'train' });
      const { ids, targets } = tokenInputs(g, model, batch, length);
      const loss = model.loss(g, ids, targets);
      g.backprop(loss, 1 / accumulate);
      const accumulatePlan = await g.compile(
        { loss },
        { repeatable, ...(signal && { signal }), ...(onProgress && { onProgress }) },
      );
      plans.push(accumulatePlan);
      const u = new Graph(device, { train: true, label: 'update' });
      const norm = options.optimizer.record(u, store);
      const update = await u.compile({ norm }, signal ? { signal } : {});
      plans.push(update);
      const ring = device.buffers.acquire(RING * (accumulate + 1) * SLOT, 'train: losses');
      const { schedule, optimizer } = options;
      const full = { device, model, optimizer, schedule, batch, length, accumulate, seed, storage };
      return new Trainer(full, store, { accumulate: accumulatePlan, update }, ring);
    } catch (error) {
      for (const plan of plans) plan[Symbol.dispose]();
      store[Symbol.dispose]();
      throw error;
    }
  }

  /** Number of the next update. */
  get step(): number {
    return this.#step;
  }

  /** Bytes that the training plans own, and what they use of the store. */
  get memory(): Plan['memory'] {
    return this.#accumulate.memory;
  }

  /**
   * The plan of one micro-batch, to look at: `plan.attention(layer, head, { gradient: true })` shows the last batch
   * through the weights as they now are. Looking changes nothing; running it does.
   */
  get plan(): Plan {
    return this.#accumulate;
  }

  /** The plan of one micro-batch, as text. */
  explain(): string {
    return `${this.#accumulate.explain()}\n${this.#update.explain()}`;
  }

  /**
   * Submits one update over `accumulate` micro-batches and returns at once. `batchAt(k)` gives micro-batch k, counted
   * over the whole run. Call `losses` now and then; at most 64 updates may wait.
   */
  submit(batchAt: (micro: number) => Batch): void {
    if (this.#disposed) throw new EngineError('Trainer', 'it was disposed of', 'Create a new one.');
    if (this.#pending.length >= RING) {
      throw new EngineError(
        'Trainer.submit',
        `${RING} updates wait to be read`,
        'Await losses() in between.',
      );
    }
    const { accumulate, seed, schedule, optimizer } = this.options;
    const index = this.#step;
    const lr = learningRate(schedule, index);
    const slot = (index % RING) * (accumulate + 1) * SLOT;
    for (let micro = 0; micro < accumulate; micro++) {
      const number = index * accumulate + micro;
      const { ids, targets } = batchAt(number);
      this.#accumulate.run({ ids, targets }, { index: number, seed });
      this.#keep(this.#accumulate.storageOf('loss'), 4, slot + micro * SLOT);
    }
    this.#update.run({}, { index, seed, lr, ...optimizer.corrections(index) });
    this.#keep(this.#update.storageOf('norm'), 8, slot + accumulate * SLOT);
    this.#pending.push({ index, lr, slot, micro: accumulate });
    this.#step++;
  }

  /** Copies a small result into the ring, on the GPU. */
  #keep(from: Storage, bytes: number, at: number): void {
    const encoder = this.device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(from.buffer, from.offset, this.#ring.buffer, this.#ring.offset + at, bytes);
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Waits for all submitted updates and reports them: one readback for all.
   * Throws `TrainingError` at the first loss or gradient norm that is not finite; the weights then are still those
   * from before that update, because the optimizer skips it and every later one.
   */
  async losses(): Promise<StepReport[]> {
    const waiting = this.#pending.splice(0);
    if (waiting.length === 0) return [];
    const words = new Float32Array(await this.device.readback.read(this.#ring));
    // A norm of -1 is globalNorm's word for gradients that are not finite.
    return waiting.map(({ index, lr, slot, micro }) => {
      let loss = 0;
      for (let i = 0; i < micro; i++) loss += words[(slot + i * SLOT) / 4] / micro;
      const norm = words[(slot + micro * SLOT) / 4];
      if (!Number.isFinite(loss) || norm < 0) {
        this.#pending.length = 0;
        this.#step = index;
        throw new TrainingError(
          `step ${index}`,
          `the ${Number.isFinite(loss) ? 'gradient norm' : 'loss'} is not finite at learning rate ${lr.toPrecision(3)}`,
          'The weights are those before this step. Lower the learning rate or lengthen the warm-up.',
        );
      }
      return { index, loss, lr, norm };
    });
  }

  /** Mean loss over batches, without training. */
  async evaluate(batches: Iterable<Batch>, { signal }: { signal?: AbortSignal } = {}): Promise<number> {
    const { device, model, batch, length, storage } = this.options;
    if (!this.#evaluation) {
      const g = new Graph(device, { storage, label: 'evaluate' });
      const { ids, targets } = tokenInputs(g, model, batch, length);
      this.#evaluation = await g.compile({ loss: model.loss(g, ids, targets) });
    }
    let sum = 0;
    let count = 0;
    for (const { ids, targets } of batches) {
      throwIfAborted(signal);
      this.#evaluation.run({ ids, targets });
      sum += (await this.#evaluation.read('loss'))[0];
      count++;
    }
    if (count === 0) throw new DataError('evaluate', 'there are no batches', 'Give at least one.');
    return sum / count;
  }

  /** Times every kernel of one update on this batch, without changing the training state (nothing is updated). */
  async profile(batch: Batch): Promise<ProfileRow[]> {
    const rows = await this.#accumulate.profile(
      { ids: batch.ids, targets: batch.targets },
      { index: this.#step },
    );
    this.clearGradients();
    return rows;
  }

  /** Sets all gradients to zero: after a profile, or to drop a half-accumulated step. */
  clearGradients(): void {
    const encoder = this.device.gpu.createCommandEncoder();
    for (const { weights } of this.store.blocks) {
      if (weights.gradient)
        encoder.clearBuffer(weights.gradient.buffer, weights.gradient.offset, weights.gradient.size);
    }
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Weights, moments, step, seed, schedule and optimizer as one safetensors file; `extras` (a tokenizer, a config)
   * ride along in its metadata.
   */
  async save(extras: CheckpointExtras = {}): Promise<Uint8Array<ArrayBuffer>> {
    return writeCheckpoint(this, extras);
  }

  /** Takes up a checkpoint that `save` wrote for the same model. Nothing changes if it does not fit. */
  async load(bytes: Uint8Array | ArrayBuffer | Blob): Promise<void> {
    const { step } = await readCheckpoint(bytes, this);
    this.clearGradients();
    this.#pending.length = 0;
    this.#step = step;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const plan of [this.#accumulate, this.#update, this.#evaluation]) plan?.[Symbol.dispose]();
    this.device.buffers.release(this.#ring);
    this.store[Symbol.dispose]();
  }
}

function tokenInputs(g: Graph, model: TrainableModel, batch: number, length: number) {
  const below = model.config.vocabulary;
  return {
    ids: g.input('ids', [batch, length], 'u32', { below }),
    targets: g.input('targets', [batch, length], 'u32', { below }),
  };
}
