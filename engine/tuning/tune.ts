/** Times a device's rungs and has it take the fastest. */
import {
  DeviceError,
  EngineError,
  expectFunction,
  expectObject,
  expectOneOf,
  expectOptions,
  throwIfAborted,
} from '../errors';
import type { Plan } from '../graph/plan';
import { RUNG_KINDS, usualRung, type RungKind, type RungName, type Rungs } from '../runtime/capabilities';
import { withRungs, type Device } from '../runtime/device';
import { choose, differenceOf, type RungReason, type RungTime } from './choose';
import { browserStore, keyOf, parseRungs, type TuningStore } from './kept';
import { WORK, type Recorded, type Work } from './work';

export type { RungReason, RungTime } from './choose';
export type { TuningStore } from './kept';

/** Of `tuneDevice`: who hears of it and may end it, and where rungs are kept. */
export interface TuneOptions {
  /** Looked at between samples. */
  readonly signal?: AbortSignal;
  /** Called as rungs are compiled and timed: how many are done, of all. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Where rungs are kept; `null`: nowhere. Default: the browser's Cache API where there is one (`heed/node` has `tuningFile`). */
  readonly store?: TuningStore | null;
  /** Measures although rungs are kept. Default: false. */
  readonly again?: boolean;
}

/** Which rung kernels of a kind take now, and why. */
export interface TunedKind {
  readonly kind: RungKind;
  /** The work that was timed. */
  readonly size: string;
  readonly rung: RungName;
  readonly why: RungReason;
  readonly times: readonly RungTime[];
}

/** What `tuneDevice` found, or read. */
export interface Tuning {
  /** What the device takes now. */
  readonly rungs: Rungs;
  /** Whether rungs were kept, and nothing was measured. */
  readonly kept: boolean;
  /** By kind, what was measured. */
  readonly kinds: readonly TunedKind[];
  /** Why rungs could not be read or kept. */
  readonly problem?: string;
}

const WHERE = 'tuneDevice';
const SAMPLES = 5;
/** Milliseconds that a sample should take at least, by repetition: clocks of browsers are coarse. */
const LEAST_MS = 10;
/** An adapter that takes longer for small work is slow, and is timed by it; others by large work. */
const SLOW_MS = 2;

/** Milliseconds of `repetitions` runs. Tests give others. */
export type Clock = (plan: Plan, rung: RungName, repetitions: number) => Promise<number>;

const wallClock: Clock = async (plan, _, repetitions) => {
  await plan.device.idle();
  const start = performance.now();
  for (let i = 0; i < repetitions; i++) plan.run();
  await plan.device.idle();
  return performance.now() - start;
};

/**
 * Times the rungs that a device's kernels can take, and has every later plan take the fastest of each kind; plans that are compiled
 * stay as they are. What was found is kept by adapter, browser and version of our kernels, so that the next call reads it and measures
 * nothing: call it after each `Device.open`. Takes some hundred milliseconds on a GPU, and what the kernels take to compile; on a
 * software adapter some seconds, or minutes on cores that others use.
 *
 * Rungs differ in rounding: without this, and with one choice, results are the same to the bit.
 *
 * Until it ends, others record with the rungs that the device has, and may set them.
 *
 * Throws the signal's reason, `DeviceError` where the device is lost or the page hidden meanwhile, and `EngineError` for options that
 * there are none of and for a device that is being tuned already; it then sets no rungs.
 */
export function tuneDevice(device: Device, options: TuneOptions = {}): Promise<Tuning> {
  return tune(device, options);
}

/** Devices that are timed at present: a second call would time the first one's work, too. */
const underWay = new WeakSet<Device>();

/** With another clock, for tests. */
export async function tune(device: Device, options: TuneOptions, clock: Clock = wallClock): Promise<Tuning> {
  if (underWay.has(device))
    throw new EngineError(
      WHERE,
      'this device is being tuned already',
      'Wait for that call, or abort it first.',
    );
  underWay.add(device);
  try {
    return await measureOrRead(device, options, clock);
  } finally {
    underWay.delete(device);
  }
}

async function measureOrRead(device: Device, options: TuneOptions, clock: Clock): Promise<Tuning> {
  expectOptions(WHERE, options, { signal: 0, onProgress: 0, store: 0, again: 0 });
  const { signal, onProgress, store = browserStore(), again = false } = options;
  expectFunction(WHERE, 'onProgress', onProgress);
  expectOneOf(WHERE, 'again', again, [true, false]);
  if (store !== null) {
    expectObject(WHERE, 'store', store);
    const { read, write } = store as Partial<TuningStore>;
    if (typeof read !== 'function' || typeof write !== 'function')
      throw new EngineError(WHERE, 'store lacks read or write', 'Give a TuningStore, or null for none.');
  }
  throwIfAborted(signal);
  device.assertAlive(WHERE);
  const key = keyOf(device.info, `${String(device.can.f16)} ${JSON.stringify(device.can.subgroups)}`);
  let problem: string | undefined;
  const trying = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (cause) {
      problem ??= `rungs could not be ${what}: ${String(cause)}`;
      return null;
    }
  };
  if (store && !again) {
    const text = await trying('read', () => store.read(key));
    const rungs = text === null ? null : parseRungs(text);
    if (rungs) {
      device.assertAlive(WHERE);
      throwIfAborted(signal);
      device.setRungs(rungs);
      return { rungs, kept: true, kinds: [], ...(problem && { problem }) };
    }
  }
  const kinds: TunedKind[] = [];
  const names: readonly RungName[] =
    device.can.subgroups || device.can.software ? ['quads', 'small', 'large'] : ['small', 'large'];
  const all = RUNG_KINDS.length * names.length;
  let done = 0;
  for (const kind of RUNG_KINDS) {
    const bench = new KindBench({ device, kind, names, clock, signal });
    kinds.push(await bench.run(() => onProgress?.(++done, all)));
  }
  const rungs: Rungs = Object.fromEntries(kinds.map(({ kind, rung }) => [kind, rung]));
  device.setRungs(rungs);
  // What noise decided is measured anew the next time.
  if (store && kinds.every(({ why }) => why !== 'noise'))
    await trying('kept', () => store.write(key, JSON.stringify(rungs)));
  return { rungs, kept: false, kinds, ...(problem && { problem }) };
}

interface Setting {
  readonly device: Device;
  readonly kind: RungKind;
  readonly names: readonly RungName[];
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** A plan with the names of what it gives. */
interface Compiled {
  readonly plan: Plan;
  readonly outputs: readonly string[];
}

/** A rung's plan, or why there is none. */
interface Candidate {
  readonly rung: RungName;
  readonly compiled: Compiled | null;
  readonly refused?: string;
  readonly samples: number[];
}

/** All rungs of one kind, compiled beside each other and timed in turns, so that a device that slows down slows all. */
class KindBench {
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  async run(onDone: () => void): Promise<TunedKind> {
    const { device, kind } = this.#setting;
    const usual = usualRung(device.can);
    const { small, large } = WORK[kind];
    const work = (await this.#isSlow(small, usual)) ? small : large;
    const opened: Compiled[] = [];
    try {
      const candidates = await this.#candidates(work, usual, opened, onDone);
      await this.#time(candidates);
      const times = candidates.map(timeOf);
      return { kind, size: work.size, ...choose(usual, times), times };
    } finally {
      for (const { plan } of opened) plan[Symbol.dispose]();
    }
  }

  /** Between any two steps: whether there is still something to measure, and somebody who waits for it. */
  #check(): void {
    throwIfAborted(this.#setting.signal);
    this.#setting.device.assertAlive(WHERE);
    const { document } = globalThis as { readonly document?: { readonly hidden: boolean } };
    if (document?.hidden)
      throw new DeviceError(
        WHERE,
        'the page was hidden, and browsers slow down what they do not show',
        'Call it again while the page is seen. Rungs are as they were.',
      );
  }

  async #isSlow(work: Work, usual: RungName): Promise<boolean> {
    const { clock } = this.#setting;
    const { plan } = await compile(this.#record(work, usual));
    try {
      await clock(plan, usual, 1);
      return (await clock(plan, usual, 1)) > SLOW_MS;
    } finally {
      plan[Symbol.dispose]();
    }
  }

  #record(work: Work, rung: RungName): Recorded {
    const { device, kind } = this.#setting;
    this.#check();
    return withRungs(device, { [kind]: rung }, () => work.record(device));
  }

  async #candidates(
    work: Work,
    usual: RungName,
    opened: Compiled[],
    onDone: () => void,
  ): Promise<Candidate[]> {
    const { device, names } = this.#setting;
    const candidates: Candidate[] = [];
    const seen = new Set<string>();
    let want: ReadonlyMap<string, Float32Array> | null = null;
    for (const rung of [usual, ...names.filter((name) => name !== usual)]) {
      const recorded = this.#record(work, rung);
      // Where two rungs have the same kernels there is nothing to choose.
      const kernels = recorded.graph.dispatches
        .map(({ variant, grid }) => `${variant.code} ${grid.join(' ')}`)
        .join('\n');
      if (!seen.has(kernels)) {
        seen.add(kernels);
        let refused: string | undefined;
        let compiled: Compiled | null = null;
        try {
          compiled = await compile(recorded);
          opened.push(compiled);
          const got = await readAll(compiled);
          refused = want ? differenceOf(got, want) : undefined;
          want ??= got;
        } catch (cause) {
          this.#check();
          const loss = await device.loss();
          if (loss || rung === usual) throw loss ?? cause;
          refused = String(cause);
        }
        candidates.push({
          ...{ rung, samples: [], compiled: refused === undefined ? compiled : null },
          ...(refused !== undefined && { refused }),
        });
      }
      onDone();
    }
    return candidates;
  }

  async #time(candidates: readonly Candidate[]): Promise<void> {
    const { clock } = this.#setting;
    const timed = candidates.flatMap(({ compiled, ...rest }) => (compiled ? [{ ...compiled, ...rest }] : []));
    if (timed.length < 2) return;
    const repetitions = new Map<RungName, number>();
    for (const { plan, rung } of timed) {
      this.#check();
      const once = await clock(plan, rung, 1);
      repetitions.set(rung, Math.min(100, Math.max(1, Math.ceil(LEAST_MS / Math.max(once, 0.1)))));
    }
    for (let i = 0; i < SAMPLES; i++) {
      for (const { plan, rung, samples } of timed) {
        this.#check();
        const count = repetitions.get(rung)!;
        samples.push((await clock(plan, rung, count)) / count);
      }
    }
    this.#check();
  }
}

/** Compiles, and runs once with about normal numbers, of a size that keeps sums of products in range. */
async function compile({ graph, outputs }: Recorded): Promise<Compiled> {
  const plan = await graph.compile(outputs);
  let state = 1;
  const next = (): number => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff - 0.5;
  const feed = [...graph.inputs].map(
    ([name, { size }]) => [name, Float32Array.from({ length: size }, () => 0.25 * next())] as const,
  );
  plan.run(Object.fromEntries(feed));
  return { plan, outputs: Object.keys(outputs) };
}

function timeOf({ rung, samples, refused }: Candidate): RungTime {
  if (samples.length === 0)
    return { rung, milliseconds: null, low: 0, high: 0, ...(refused !== undefined && { refused }) };
  const sorted = [...samples].sort((a, b) => a - b);
  return { rung, milliseconds: sorted[sorted.length >> 1], low: sorted[0], high: sorted.at(-1)! };
}

async function readAll({ plan, outputs }: Compiled): Promise<Map<string, Float32Array>> {
  const all = new Map<string, Float32Array>();
  for (const name of outputs) all.set(name, await plan.read(name));
  return all;
}
