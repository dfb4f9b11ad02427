/**
 * Check first, then time. A sample is one submission with many dispatches; it is timed by the GPU's own timestamps
 * where the adapter offers them, else by the clock from submission to completion.
 */
import {
  EngineError,
  throwIfAborted,
  type Device,
  type Graph,
  type Plan,
  type Tensor,
} from '../../engine/index';

export interface Timing {
  /** Median milliseconds of one repetition. */
  readonly milliseconds: number;
  /** The fastest and the slowest sample, per repetition. */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  readonly repetitions: number;
}

export interface MeasureOptions {
  /** Default 7. */
  readonly samples?: number;
  /** A sample repeats the work until it takes about this long. Default 100. */
  readonly milliseconds?: number;
  /** Looked at between samples. */
  readonly signal?: AbortSignal | undefined;
}

/** What times samples on this device. */
export function clockOf(device: Device): 'timestamps' | 'wall clock' {
  return device.can.timestamps ? 'timestamps' : 'wall clock';
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Milliseconds of one run of the whole plan. */
async function sample(plan: Plan): Promise<number> {
  const { device } = plan;
  if (device.can.timestamps) {
    const rows = await plan.profile();
    return rows.reduce((sum, row) => sum + row.milliseconds, 0);
  }
  await device.idle();
  const start = performance.now();
  plan.run();
  await device.idle();
  return performance.now() - start;
}

/** At most this many dispatches in a repeated plan: recording and binding them takes time too. */
const MOST_DISPATCHES = 512;

/**
 * Times the dispatches `from` to `to` of a graph that is otherwise complete, by recording them again and again into
 * one plan. What stands before `from` runs once, and its time is taken off.
 */
export async function timeDispatches(
  make: () => { graph: Graph; outputs: Readonly<Record<string, Tensor>>; from: number; to: number },
  inputs: Readonly<Record<string, ArrayBufferView>>,
  { samples = 7, milliseconds = 100, signal }: MeasureOptions = {},
): Promise<Timing> {
  const compile = async (repetitions: number): Promise<Plan> => {
    throwIfAborted(signal);
    const { graph, outputs, from, to } = make();
    const body = graph.dispatches.slice(from, to);
    graph.dispatches.length = to;
    for (let i = 1; i < repetitions; i++) graph.dispatches.push(...body);
    if (repetitions === 0) graph.dispatches.length = from;
    graph.probes.length = 0; // they name dispatches by number, which no longer holds
    const given = new Set(
      graph.dispatches.flatMap(({ tensors }) =>
        tensors.filter(({ write }) => write).map(({ tensor }) => tensor.root),
      ),
    );
    const kept = Object.entries(outputs).filter(([, { root }]) => given.has(root));
    const plan = await graph.compile(Object.fromEntries(kept));
    plan.run(inputs);
    await graph.device.idle();
    return plan;
  };
  const { from, to } = make();
  using once = await compile(1);
  using before = from > 0 ? await compile(0) : null;
  const baseline = async (): Promise<number> => (before ? await sample(before) : 0);
  const one = Math.max(0.01, (await sample(once)) - (await baseline()));
  const most = Math.max(1, Math.floor(MOST_DISPATCHES / (to - from)));
  const repetitions = Math.min(most, Math.max(1, Math.ceil(milliseconds / one)));
  using many = repetitions > 1 ? await compile(repetitions) : null;
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    throwIfAborted(signal);
    times.push(((await sample(many ?? once)) - (await baseline())) / repetitions);
  }
  return {
    milliseconds: median(times),
    low: Math.min(...times),
    high: Math.max(...times),
    samples,
    repetitions,
  };
}

/**
 * Throws unless `got` equals `want` (by index, from a float64 reference) within `tolerance` of the largest expected
 * magnitude: a bench of wrong answers is no bench.
 */
export function expectClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance = 1e-4,
): void {
  let scale = 1e-30;
  for (let i = 0; i < want.length; i++) scale = Math.max(scale, Math.abs(want[i]));
  for (let i = 0; i < want.length; i++) {
    if (!(Math.abs(got[i] - want[i]) <= tolerance * scale)) {
      throw new EngineError(
        what,
        `element ${i} is ${got[i]}, the reference says ${want[i]} (largest ${scale.toPrecision(3)})`,
        'The timing would be void: fix the kernel first.',
      );
    }
  }
}

/** Throws unless the first loss is about that of guessing and the fifth is below it. */
export function expectLearning(what: string, first: number, fifth: number, vocabulary: number): void {
  const guess = Math.log(vocabulary);
  if (Math.abs(first - guess) < 0.1 * guess && fifth < first) return;
  throw new EngineError(
    what,
    `the first loss is ${first} and the fifth ${fifth}, where guessing gives ${guess}`,
    'The timing would be void: fix training first.',
  );
}
