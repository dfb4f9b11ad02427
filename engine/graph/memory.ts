/** What a recorded graph will need in memory: lifetimes for the planner, and an estimate before anything exists. */
import { sizeClass } from '../runtime/buffers';
import type { Dispatch } from './dispatch';
import { assignBuffers, peakBytes, type Lifetime } from './planner';
import type { Probe } from './probe';
import { sliceOf } from './slice';
import { STEP_BYTES } from './step';
import type { Tensor } from './tensor';
import { packUniforms } from './uniforms';

/** What of a graph tells the memory that it will need. */
export interface Recorded {
  readonly dispatches: readonly Dispatch[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly probes: readonly Probe[];
}

/** What a plan takes of the GPU's memory, in bytes, known before anything is allocated. */
export interface PlanMemory {
  /** Weights and state that the plan uses but does not own, bytes. */
  readonly parameters: number;
  /** Gradients that the plan writes but does not own, bytes. */
  readonly gradients: number;
  /** Activations, inputs, outputs and uniforms, bytes: the plan's own but for what a workspace lends it. */
  readonly activations: number;
  /** What activations would need at the least: the most bytes alive at one dispatch. */
  readonly peak: number;
}

/** Everything a graph needs in memory, before anything is allocated. */
export function estimate(graph: Recorded, outputs: Readonly<Record<string, Tensor>> = {}): PlanMemory {
  return layOut(graph, outputs).memory;
}

/** Bytes that a plan of the graph takes of the device's ledger beside parameters and gradients, its buffers' sizes rounded as there. */
export function ledgerBytes(graph: Recorded, outputs: Readonly<Record<string, Tensor>> = {}): number {
  const { sizes, fixed, kept } = layOut(graph, outputs);
  const own = [...fixed].filter(({ source }) => source.kind !== 'stored');
  const uniforms = packUniforms(graph.dispatches).data.length;
  const buffers = [...sizes, ...[...own, ...kept].map(({ bytes }) => bytes), uniforms, STEP_BYTES];
  return buffers.reduce((sum, bytes) => sum + sizeClass(bytes), 0);
}

/** State that a run reads and overwrites is kept for probes without asking up to this many bytes: a token, a state. */
const KEPT_BYTES = 1 << 16;

/**
 * Who lives where: values that share the planned buffers, tensors with memory of their own, stored ones of which each
 * run first makes a copy (for probes, which repeat the run), and what it all adds up to.
 */
export function layOut(graph: Recorded, outputs: Readonly<Record<string, Tensor>>, repeatable = false) {
  const { lifetimes, fixed } = liveness(graph, outputs);
  const lives = [...lifetimes.values()];
  const { buffer, sizes } = assignBuffers(lives);
  const places = graph.probes.flatMap((probe) => probe.places);
  for (const { after, tensors } of places) {
    for (const { root } of tensors) {
      const life = lifetimes.get(root);
      if (life && !(life.first <= after && after <= life.last)) {
        throw new Error(
          `a probe reads ${root.name} after dispatch ${after}, but it lives ${life.first} to ${life.last}`,
        );
      }
    }
  }
  const { restart } = sliceOf(graph.dispatches, places, (root) => !lifetimes.has(root));
  const kept = [...restart].filter((root) => repeatable || root.bytes <= KEPT_BYTES);
  const own =
    [...fixed].reduce((sum, t) => sum + (t.source.kind === 'stored' ? 0 : t.bytes), 0) +
    kept.reduce((sum, t) => sum + t.bytes, 0);
  const stored = (part: 'storage' | 'gradient') =>
    [...fixed].reduce(
      (sum, t) => sum + (t.source.kind === 'stored' && t.source.part === part ? t.bytes : 0),
      0,
    );
  const memory: PlanMemory = {
    parameters: stored('storage'),
    gradients: stored('gradient'),
    activations: sizes.reduce((a, b) => a + b, 0) + own + STEP_BYTES,
    peak: peakBytes(lives) + own + STEP_BYTES,
  };
  return { values: [...lifetimes.keys()], buffer, sizes, fixed, kept, memory };
}

/** Lifetimes of values that may share buffers, and the tensors that have memory of their own. */
function liveness(graph: Recorded, outputs: Readonly<Record<string, Tensor>>) {
  const pinned = new Set(Object.values(outputs).map((t) => t.root));
  const lifetimes = new Map<Tensor, Lifetime>();
  const fixed = new Set<Tensor>([...graph.inputs.values()]);
  for (const [i, { tensors }] of graph.dispatches.entries()) {
    for (const { tensor } of tensors) {
      const root = tensor.root;
      if (root.source.kind !== 'value' || pinned.has(root)) {
        fixed.add(root);
        continue;
      }
      const known = lifetimes.get(root);
      lifetimes.set(root, { bytes: root.bytes, first: known?.first ?? i, last: i });
    }
  }
  for (const root of pinned) fixed.add(root);
  return { lifetimes, fixed };
}
