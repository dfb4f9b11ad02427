/** Training on texts whose embeddings are moved to where the loss is larger. */
import { EngineError, expectOptions, nearest } from '../errors';
import { Graph } from '../graph/graph';
import type { Plan } from '../graph/plan';
import type { Stored } from '../graph/tensor';
import type { ParameterStore } from '../nn/parameter_store';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { globalNorm } from '../shaders/norm_clip/norm_clip';
import { perturb } from '../shaders/perturb/perturb';

/** A way of changing weights for a second look at the same batches: what `fastGradient` returns. */
export interface Adversary {
  /** What must be the same for a checkpoint to go on with the same losses. */
  readonly identity: string;
  /** Compiles it over a store that trains. */
  create(device: Device, store: ParameterStore, signal: AbortSignal | null): Promise<Perturbation>;
}

/** Weights that can be moved and brought back. */
export interface Perturbation extends Disposable {
  /** Runs `again`, which must await nothing, between the move and the way back. */
  around(again: () => void): void;
}

/** Which parameter `fastGradient` moves, and how far. */
export interface FastGradientOptions {
  /** ε: the length of the step, in the norm of the whole table. Default 1. */
  readonly epsilon?: number;
  /** The parameter that is moved, by its dotted name. Default 'tokens.weight': the table of tokens. */
  readonly parameter?: string;
}

/**
 * Training on what changes the loss most, by the fast gradient method (Miyato et al. 2017), as it is used on tables of embeddings: after the backward pass the table
 * moves by ε along its gradient, the same batches go forward and backward once more, whose gradients add up with the first
 * ones, and the table is again what it was, bit for bit. Then the optimizer steps. A step takes twice as long.
 *
 * Throws `EngineError` for options that cannot be; a trainer does for a parameter that is not there, or is frozen.
 */
export function fastGradient(options: FastGradientOptions = {}): Adversary {
  const { epsilon = 1, parameter = 'tokens.weight' } = options;
  expectOptions('fastGradient', options, { epsilon, parameter });
  if (!(typeof epsilon === 'number' && epsilon > 0 && epsilon < Infinity))
    throw new EngineError('fastGradient', `epsilon is ${String(epsilon)}`, 'Use a positive number.');
  if (typeof parameter !== 'string')
    throw new EngineError('fastGradient', 'parameter is no name', "Give one, such as 'tokens.weight'.");
  return {
    identity: `fastGradient of ${parameter} by ${epsilon}`,
    create: (device, store, signal) => FastGradient.create(device, store, { epsilon, parameter }, signal),
  };
}

/** A copy of a table, and where it belongs. */
interface Table {
  readonly storage: Storage;
  readonly kept: Storage;
}

class FastGradient implements Perturbation {
  readonly #device: Device;
  readonly #plan: Plan;
  readonly #tables: readonly Table[];

  private constructor(device: Device, plan: Plan, tables: readonly Table[]) {
    [this.#device, this.#plan, this.#tables] = [device, plan, tables];
  }

  static async create(
    device: Device,
    store: ParameterStore,
    { epsilon, parameter: name }: Required<FastGradientOptions>,
    signal: AbortSignal | null,
  ): Promise<FastGradient> {
    const parameter = store.parameters.get(name);
    if (!parameter) {
      const near = nearest(name, [...store.parameters.keys()]).join(', ') || 'none';
      throw new EngineError('fastGradient', `there is no parameter ${name}`, `The nearest are ${near}.`);
    }
    const held: readonly Stored[] = parameter.parts ?? [parameter];
    if (held.some(({ gradient }) => !gradient)) {
      throw new EngineError(
        'fastGradient',
        `${name} is frozen`,
        'Name one that trains, or leave adversarial out.',
      );
    }
    const g = new Graph(device, { train: true, label: 'perturb' });
    const parts = held.map((one) => {
      const weights = g.use(one);
      return { weights, gradients: g.sink(weights)!.tensor };
    });
    const norm = globalNorm(
      g,
      parts.map(({ gradients }) => gradients),
    );
    for (const part of parts) perturb(g, { ...part, norm }, { epsilon });
    const plan = await g.compile({ norm }, signal ? { signal } : {});
    const kept: Storage[] = [];
    try {
      for (const { storage } of held)
        kept.push(device.buffers.acquire(storage!.size, 'train: perturbed table'));
      await device.buffers.accepted(kept);
    } catch (error) {
      for (const storage of kept) device.buffers.release(storage);
      plan[Symbol.dispose]();
      throw error;
    }
    return new FastGradient(
      device,
      plan,
      held.map(({ storage }, k) => ({ storage: storage!, kept: kept[k] })),
    );
  }

  around(again: () => void): void {
    this.#copy((table) => [table.storage, table.kept]);
    // A norm that was not finite would be remembered; the update's own norm tells of it.
    const { buffer, offset, size } = this.#plan.storageOf('norm');
    const encoder = this.#device.gpu.createCommandEncoder();
    encoder.clearBuffer(buffer, offset, size);
    this.#device.gpu.queue.submit([encoder.finish()]);
    try {
      this.#plan.run({});
      again();
    } finally {
      this.#copy((table) => [table.kept, table.storage]);
    }
  }

  #copy(ends: (table: Table) => readonly [from: Storage, to: Storage]): void {
    const encoder = this.#device.gpu.createCommandEncoder();
    for (const table of this.#tables) {
      const [from, to] = ends(table);
      encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, table.storage.size);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
    for (const { kept } of this.#tables) this.#device.buffers.release(kept);
  }
}
