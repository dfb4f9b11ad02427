/** Memory for the passing values of plans that never run at the same time: the shapes of one model's batches. */
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { Graph } from './graph';
import { layOut } from './memory';
import type { Tensor } from './tensor';

/**
 * `reserve` every graph, then compile them with `{ workspace }`. A plan's largest buffer takes the workspace's largest
 * and so on down, hence all of them need no more than the largest of each rank. Dispose of it after its plans.
 */
export class Workspace implements Disposable {
  readonly #device: Device;
  readonly #label: string;
  #sizes: number[] = [];
  #buffers: Storage[] | null = null;

  constructor(device: Device, label: string) {
    this.#device = device;
    this.#label = label;
  }

  /** Makes room for a graph that will be compiled with these outputs. */
  reserve(graph: Graph, outputs: Readonly<Record<string, Tensor>>): void {
    if (this.#buffers) throw new Error(`workspace ${this.#label}: reserve every graph before compiling one`);
    const sizes = descending(layOut(graph, outputs).sizes);
    this.#sizes = Array.from({ length: Math.max(sizes.length, this.#sizes.length) }, (_, rank) =>
      Math.max(sizes[rank] ?? 0, this.#sizes[rank] ?? 0),
    );
  }

  /** Buffers for a plan that wants these sizes, in their order. Called by `Plan`. */
  take(sizes: readonly number[]): Storage[] {
    const buffers = (this.#buffers ??= this.#sizes.map((bytes) =>
      this.#device.buffers.acquire(bytes, this.#label),
    ));
    const ranked = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a]);
    const taken: Storage[] = new Array<Storage>(sizes.length);
    for (const [rank, i] of ranked.entries()) {
      if (!(buffers[rank]?.size >= sizes[i])) {
        throw new Error(`workspace ${this.#label}: no room for ${sizes[i]} bytes, was the graph reserved?`);
      }
      taken[i] = buffers[rank];
    }
    return taken;
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers?.splice(0) ?? []) this.#device.buffers.release(buffer);
  }
}

const descending = (sizes: readonly number[]): number[] => [...sizes].sort((a, b) => b - a);
