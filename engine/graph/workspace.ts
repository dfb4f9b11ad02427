/** Memory for the passing values of plans that never run at the same time: the shapes of one model's batches. */
import { EngineError } from '../errors';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { layOut, type Recorded } from './memory';
import type { Tensor } from './tensor';

/**
 * `reserve` graphs, then compile them with `{ workspace }`. A plan's largest buffer takes the workspace's largest and so
 * on down, hence plans that were reserved need no more than the largest of each rank; one that was not may add to it.
 * Dispose of it after its plans.
 */
export class Workspace implements Disposable {
  readonly #device: Device;
  readonly #label: string;
  /** Bytes to come of each rank. */
  #sizes: number[] = [];
  /** Of each rank, the largest. */
  readonly #buffers: Storage[] = [];
  readonly #owned: Storage[] = [];
  #disposed = false;

  constructor(device: Device, label: string) {
    this.#device = device;
    this.#label = label;
  }

  /** Makes room for a graph that will be compiled with these outputs. */
  reserve(graph: Recorded, outputs: Readonly<Record<string, Tensor>>): void {
    const sizes = [...layOut(graph, outputs).sizes].sort((a, b) => b - a);
    for (const [rank, bytes] of sizes.entries()) this.#sizes[rank] = Math.max(bytes, this.#sizes[rank] ?? 0);
  }

  /** Buffers for a plan that wants these sizes, in their order. Called by `Plan`. */
  take(sizes: readonly number[]): Storage[] {
    if (this.#disposed)
      throw new EngineError(this.#label, 'its memory was given back', 'Make a new workspace.');
    const taken = new Array<Storage>(sizes.length);
    const ranked = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
    for (const [rank, i] of ranked.entries()) taken[i] = this.#buffer(rank, sizes[i]);
    return taken;
  }

  #buffer(rank: number, bytes: number): Storage {
    const known = this.#buffers[rank];
    if (known && known.size >= bytes && !this.#device.buffers.refused(known)) return known;
    const buffer = this.#device.buffers.acquire(Math.max(bytes, this.#sizes[rank] ?? 0), this.#label);
    this.#owned.push(buffer);
    this.#buffers[rank] = buffer;
    return buffer;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const buffer of this.#owned.splice(0)) this.#device.buffers.release(buffer);
  }
}
