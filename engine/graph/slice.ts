/**
 * Which dispatches of a plan must run again to bring back what some tensors held at some place in it. Pure.
 *
 * Values share buffers, so after a run most are gone; but a run is deterministic, and its inputs, constants, outputs
 * and stored tensors have memory of their own. So a backward slice (Weiser, "Program Slicing", 1981) over writers and
 * readers, run again in order, brings a value back bit for bit in its own place. Running only part of the plan cannot
 * disturb that: what shares a buffer lives at other times, and the order is kept.
 */
import type { Dispatch } from './dispatch';
import type { Tensor } from './tensor';

/** A point of a recording at which `tensors` are in memory: right after dispatch number `after`. */
export interface Place {
  readonly after: number;
  readonly tensors: readonly Tensor[];
  /** Of values that were computed again for a backward pass: what holds them here. */
  readonly holders?: ReadonlyMap<Tensor, Tensor>;
}

export interface Slice {
  /** Numbers of the dispatches to run, ascending. */
  readonly dispatches: readonly number[];
  /** Stored tensors (or inputs) that must first be put back as they were before the run, which overwrote them. */
  readonly restart: ReadonlySet<Tensor>;
  /**
   * Lasting tensors (those that share no buffer) that the dispatches above write. Whoever runs them puts the present
   * contents back: right after each write where it says 'at once', because a later one reads them, else at the end.
   */
  readonly disturbed: ReadonlyMap<Tensor, 'at once' | 'at the end'>;
}

/**
 * The slice for `places`. `lasting` tells roots with memory of their own from values that share buffers.
 *
 * A lasting tensor that nothing writes after its reader still holds what the reader saw: it is read as it is, and
 * what wrote it need not run (the keys that a decode step has appended to its cache). Otherwise all that wrote it
 * before the reader runs again, from what it held before the run. Assumes that where a dispatch adds to a lasting
 * tensor (parameter gradients), its other results do not depend on what was there.
 */
export function sliceOf(
  dispatches: readonly Dispatch[],
  places: readonly Place[],
  lasting: (root: Tensor) => boolean,
): Slice {
  const writers = new Map<Tensor, number[]>();
  for (const [i, { tensors }] of dispatches.entries()) {
    for (const { tensor, write } of tensors) {
      if (!write) continue;
      const list = writers.get(tensor.root);
      if (list) list.push(i);
      else writers.set(tensor.root, [i]);
    }
  }
  const included = new Set<number>();
  /** Until which dispatch, exclusive, each root's writers are needed. */
  const wanted = new Map<Tensor, number>();
  const redone = new Set<Tensor>();
  const queue: number[] = [];

  const want = (root: Tensor, before: number): void => {
    const until = Math.max(before, wanted.get(root) ?? 0);
    wanted.set(root, until);
    const all = writers.get(root) ?? [];
    if (lasting(root)) {
      if (all.some((w) => w >= before)) redone.add(root);
      if (!redone.has(root)) return;
    }
    for (const w of all) {
      if (w >= until || included.has(w)) continue;
      included.add(w);
      queue.push(w);
    }
  };
  for (const { after, tensors } of places) for (const t of tensors) want(t.root, after + 1);
  for (let i = queue.pop(); i !== undefined; i = queue.pop()) {
    for (const { tensor, write } of dispatches[i].tensors) {
      if (!write || !lasting(tensor.root)) want(tensor.root, i);
    }
  }
  const restart = new Set([...redone].filter((root) => root.source.kind !== 'value'));
  const disturbed = new Map<Tensor, 'at once' | 'at the end'>();
  for (const i of included) {
    for (const { tensor, write } of dispatches[i].tensors) {
      const root = tensor.root;
      if (write && lasting(root)) {
        disturbed.set(root, wanted.has(root) && !redone.has(root) ? 'at once' : 'at the end');
      }
    }
  }
  for (const root of restart) disturbed.set(root, 'at the end');
  return { dispatches: [...included].sort((a, b) => a - b), restart, disturbed };
}
