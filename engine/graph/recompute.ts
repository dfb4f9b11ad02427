/**
 * Values that are computed twice instead of kept: activation checkpointing (Chen et al., "Training Deep Nets with
 * Sublinear Memory Cost", 2016). Nothing is recorded twice: what was dispatched once is dispatched again, on memory of
 * its own, with the same kernels, uniforms and random streams, hence to the same bits.
 */
import { KernelError } from '../errors';
import type { Dispatch } from './dispatch';
import { Tensor } from './tensor';

/** What a stretch needs to know of the recording that it is part of. */
export interface Recording {
  readonly dispatches: Dispatch[];
  /** The first and the last dispatch of the forward pass that writes a tensor. */
  readonly writes: ReadonlyMap<Tensor, { readonly first: number; readonly last: number }>;
  /** Values whose memory a gradient has taken over. */
  readonly taken: ReadonlySet<Tensor>;
}

/** `x` in other memory: a view of `root` if it was one. */
export function inMemory(x: Tensor, root: Tensor): Tensor {
  if (x.root === root) return x;
  return x.source.kind === 'view'
    ? new Tensor(x.name, x.shape, x.dtype, { kind: 'view', of: root }, false)
    : root;
}

/** Dispatches `from` to `to` of a recording, while their backward rules run. */
export class Stretch {
  readonly #recording: Recording;
  readonly #to: number;
  readonly #outer: Stretch | null;
  /** Of each value that only this stretch writes, by which dispatches. */
  readonly #writers = new Map<Tensor, number[]>();
  readonly #again = new Map<Tensor, Tensor>();
  readonly #repeated = new Set<number>();

  /** `outer` is the stretch whose rules are running, of which this one is a part. */
  constructor(recording: Recording, from: number, to: number, outer: Stretch | null) {
    this.#recording = recording;
    this.#to = to;
    this.#outer = outer;
    for (let i = from; i < to; i++) {
      for (const { tensor, write } of recording.dispatches[i].tensors) {
        const { root } = tensor;
        if (!write || root.source.kind !== 'value' || recording.writes.get(root)!.first < from) continue;
        const known = this.#writers.get(root);
        if (known) known.push(i);
        else this.#writers.set(root, [i]);
      }
    }
  }

  /**
   * The memory that holds `root` now: other memory if it is a value of this stretch, computed right here if it has not
   * been. `reader` is the dispatch that is to be repeated with it; without, a backward rule reads it.
   */
  holder(root: Tensor, reader?: number): Tensor {
    const { writes, taken, dispatches } = this.#recording;
    const writers = this.#writers.get(root);
    const last = writes.get(root)?.last ?? -1;
    if (last >= (reader ?? (writers ? this.#to : Infinity))) {
      throw new KernelError(
        dispatches[last].label,
        `${root.toString()} is written after ${reader === undefined ? 'its recompute' : dispatches[reader].label}` +
          ' has read it, which therefore cannot be computed again',
        'Write it in another graph, or read it outside of recompute.',
      );
    }
    if (writers) for (const i of writers) this.#repeat(i);
    else if (this.#outer) return this.#outer.holder(root, reader);
    const holder = this.#again.get(root) ?? root;
    if (reader !== undefined && taken.has(holder)) {
      throw new KernelError(
        dispatches[reader].label,
        `${root.name} is gone, so it cannot be computed again`,
        'Its memory holds its gradient (takeOver): read it outside of recompute.',
      );
    }
    return holder;
  }

  #repeat(i: number): void {
    if (this.#repeated.has(i)) return;
    this.#repeated.add(i);
    const dispatch = this.#recording.dispatches[i];
    const tensors = dispatch.tensors.map((bound) => {
      const { root } = bound.tensor;
      const memory = bound.write ? this.#output(root, i) : this.holder(root, i);
      return { ...bound, tensor: inMemory(bound.tensor, memory) };
    });
    this.#recording.dispatches.push({ ...dispatch, label: `${dispatch.label} again`, tensors });
  }

  /** Where dispatch `i` writes `root` when it is repeated: what it adds to has been computed before. */
  #output(root: Tensor, i: number): Tensor {
    const writers = this.#writers.get(root);
    if (!writers) {
      throw new KernelError(
        this.#recording.dispatches[i].label,
        `${root.toString()} outlives the recompute that it is written in, and would be written twice`,
        'Write it outside.',
      );
    }
    for (const before of writers) if (before < i) this.#repeat(before);
    let again = this.#again.get(root);
    if (!again) {
      again = new Tensor(root.name, root.shape, root.dtype, { kind: 'value' }, false);
      this.#again.set(root, again);
    }
    return again;
  }
}
