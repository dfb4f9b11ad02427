/** Data that is the same in every run, for whatever is checked. */
import type { Shape } from '../engine/graph/tensor';

export interface TestArray {
  readonly shape: Shape;
  readonly data: Float64Array | Uint32Array;
  /** Stays f32 under f16 storage: masks, statistics, losses. */
  readonly exact?: boolean;
  /** No gradient is asked for. Integers never have one. */
  readonly fixed?: boolean;
}

/** Deterministic normal and uniform numbers. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
}

let seed = 1;

/** What `normal` and `integers` draw next is that of this seed, whatever they drew before. */
export function seedData(from: number): void {
  seed = from;
}

/** Normally distributed test data. */
export function normal(
  shape: Shape,
  { mean = 0, std = 1, ...flags }: { mean?: number; std?: number; exact?: boolean; fixed?: boolean } = {},
): TestArray {
  const random = new Random(seed++);
  const n = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float64Array.from({ length: n }, () => mean + std * random.normal()), ...flags };
}

/** Integers in [0, below). */
export function integers(shape: Shape, below: number): TestArray {
  const random = new Random(seed++);
  const n = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Uint32Array.from({ length: n }, () => random.below(below)) };
}

/** Every combination of the listed values, in order. */
export function grid<T extends Readonly<Record<string, readonly (number | boolean | string)[]>>>(
  axes: T,
): { [K in keyof T]: T[K][number] }[] {
  let out: Record<string, number | boolean | string>[] = [{}];
  for (const [key, values] of Object.entries(axes)) {
    out = out.flatMap((c) => values.map((v) => ({ ...c, [key]: v })));
  }
  return out as { [K in keyof T]: T[K][number] }[];
}

/** For inputs that something else reads, too, as twice of them: its result, and the sum of both gradients. */
export const twice = (x: Float64Array): Float64Array => x.map((v) => 2 * v);
export const plus = (x: Float64Array, y: Float64Array): Float64Array => x.map((v, i) => v + y[i]);
