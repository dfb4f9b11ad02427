/**
 * Which values may share a buffer. Pure: sizes and lifetimes in, an assignment out.
 *
 * Greedy by size (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020): largest
 * values first, each into the first buffer whose values all live at other times. Whole buffers, one value at a
 * time, because WebGPU rejects one buffer bound `read` and `read_write` in a dispatch even for disjoint ranges.
 */
export interface Lifetime {
  readonly bytes: number;
  /** Index of the first and of the last dispatch that touches the value, inclusive. */
  readonly first: number;
  readonly last: number;
}

export interface Assignment {
  /** Buffer of each lifetime, by its index in the input. */
  readonly buffer: readonly number[];
  /** Bytes of each buffer. */
  readonly sizes: readonly number[];
}

export function assignBuffers(lifetimes: readonly Lifetime[]): Assignment {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes || a - b);
  const sizes: number[] = [];
  const tenants: Lifetime[][] = [];
  const buffer = new Array<number>(lifetimes.length);
  for (const i of order) {
    const life = lifetimes[i];
    let home = tenants.findIndex((others) => others.every((o) => o.last < life.first || life.last < o.first));
    if (home < 0) {
      home = sizes.length;
      sizes.push(life.bytes);
      tenants.push([]);
    }
    tenants[home].push(life);
    buffer[i] = home;
  }
  return { buffer, sizes };
}

/** The least that any plan could need: the largest sum of bytes that live at one dispatch. */
export function peakBytes(lifetimes: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  for (const { bytes, first, last } of lifetimes) {
    change.set(first, (change.get(first) ?? 0) + bytes);
    change.set(last + 1, (change.get(last + 1) ?? 0) - bytes);
  }
  let now = 0;
  let peak = 0;
  for (const at of [...change.keys()].sort((a, b) => a - b)) {
    now += change.get(at)!;
    peak = Math.max(peak, now);
  }
  return peak;
}
