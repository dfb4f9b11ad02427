/**
 * Texts that enter caches in pieces: each step appends its new rows and attends to all up to them, the caches staying on
 * the device from step to step. A flat description that prints as one line, its graph, and its steps beside the reference.
 */
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import type { Device } from '../../engine/runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../engine/runtime/half';
import { bucketBias } from '../../engine/shaders/attention/bias/bias_buckets';
import { slopeBias } from '../../engine/shaders/attention/bias/bias_slopes';
import { appendCache } from '../../engine/shaders/attention/cache/cache';
import { decodeAttention } from '../../engine/shaders/attention/cache/decode';
import { decodeRef } from '../../engine/shaders/attention/cache/decode.ref';
import { ropeFrequenciesRef, ropeRef } from '../../engine/shaders/rope/rope.ref';
import { Random } from '../harness/op';
import { half } from './half';

export interface Pieces {
  readonly B: number;
  /** Rows of a step. */
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly capacity: number;
  /** Rows that each sequence has in the caches before the first step; one number for all: the op is given no starts. */
  readonly cached: number | readonly number[];
  /** How many rows of each step are real in each sequence; one number for all: `now.length`. */
  readonly real: readonly (number | readonly number[])[];
  readonly bias: 'none' | 'slopes' | 'buckets';
  /** How many columns turn; 0: none. */
  readonly rotary: number;
  readonly adjacent: boolean;
  /** In f16: nothing, the caches, or the rows too. */
  readonly half: 'nothing' | 'caches' | 'all';
  /** Sinks of caches that slide; -1: they do not slide. */
  readonly sinks: number;
  /** 0: as many as there are. */
  readonly window: number;
  readonly softcap: number;
  readonly scale: number;
  readonly seed: number;
}

const THETA = 100;
const BUCKETS = 5;
/** Distances from 15 on share a bucket. */
const bucketOf = (distance: number): number => Math.min(BUCKETS - 1, Math.floor(Math.log2(1 - distance)));
const slopeOf = (h: number): number => 2 ** -(h + 1);

const many = (n: number | readonly number[], B: number): readonly number[] =>
  typeof n === 'number' ? new Array<number>(B).fill(n) : n;

function record(device: Device, c: Pieces): { g: Graph; y: Tensor } {
  const { B, T, heads, keyValueHeads, D } = c;
  const g = new Graph(device, { label: 'pieces' });
  const qkv = g.input('qkv', [B, T, (heads + 2 * keyValueHeads) * D], c.half === 'all' ? 'f16' : 'f32');
  const cache = [B, c.capacity, keyValueHeads * D];
  const [keys, values] = ['keys', 'values'].map((name) =>
    g.input(name, cache, c.half === 'nothing' ? 'f32' : 'f16'),
  );
  const options = {
    heads,
    keyValueHeads,
    ...(typeof c.cached !== 'number' && { starts: g.input('starts', [B], 'u32') }),
    ...(c.sinks >= 0 && { slides: true, sinks: c.sinks }),
    ...(c.rotary > 0 && {
      rope: { rotary: c.rotary, theta: THETA, pairing: c.adjacent ? 'adjacent' : 'halves' } as const,
    }),
  };
  const lengths = c.real.some((n) => typeof n !== 'number') && { lengths: g.input('lengths', [B], 'u32') };
  appendCache(g, qkv, keys, values, { ...options, ...lengths });
  const bias =
    c.bias === 'slopes'
      ? slopeBias(Array.from({ length: heads }, (_, h) => slopeOf(h)))
      : c.bias === 'buckets' && bucketBias(g.input('table', [BUCKETS, heads], 'f32'), bucketOf);
  const y = decodeAttention(g, qkv, keys, values, {
    ...options,
    ...(c.window > 0 && { window: c.window }),
    ...(c.softcap > 0 && { softcap: c.softcap }),
    ...(c.scale > 0 && { scale: c.scale }),
    ...(bias && { bias }),
  });
  return { g, y };
}

/** A step's rows that are real, and what they should be: exactly, or by plain attention at the case's precision. */
export interface Step {
  readonly got: Float64Array;
  readonly want: Float64Array;
  readonly plain: Float64Array;
  /** Share of the rows that see one key or two. */
  readonly lone: number;
}

const exactly = (x: number): number => x;

/** Runs all steps, on caches that hold NaN, or what is far too large, where nothing is cached. */
export async function stepsOf(device: Device, c: Pieces): Promise<Step[]> {
  const { B, T, heads: H, keyValueHeads: G, D, capacity, sinks } = c;
  const random = new Random(c.seed);
  const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
  const caching = c.half === 'nothing' ? exactly : half;
  const { g, y } = record(device, c);
  using plan = await g.compile({ y });
  const filled = [...many(c.cached, B)];
  const S = Math.max(...filled) + c.real.length * T; // positions ever reached
  const C = (H + 2 * G) * D;
  const stored = (x: Float32Array): Float32Array =>
    c.half === 'all' ? float16ToFloat32(float32ToFloat16(x)) : x;
  const all = stored(noise(B * S * C)); // rows by position, not turned
  const table = noise(BUCKETS * H);

  /** `count` heads from head `from` on of every row, (B, S, count D), turned with `round`. */
  const heads = (from: number, count: number, turns: boolean, round = exactly): Float64Array => {
    const w = count * D;
    const x = Float64Array.from(
      { length: B * S * w },
      (_, i) => all[Math.floor(i / w) * C + from * D + (i % w)],
    );
    if (!turns || c.rotary === 0) return x;
    const frequencies = ropeFrequenciesRef(c.rotary, THETA);
    return ropeRef(x, {
      ...{ T: S, C: w, heads: count, width: D, start: 0, offset: 0, frequencies },
      ...{ adjacent: c.adjacent, round },
    });
  };
  const first = [...filled];
  // What the caches are filled with is the same for all; rows that are appended turn in f32.
  const appended = (x: Float64Array, x0: Float64Array): Float64Array =>
    x.map((n, i) => (Math.floor(i / (G * D)) % S < first[Math.floor(i / (G * D * S))] ? x0[i] : n));
  const cached = heads(H, G, true).map((x) => caching(Math.fround(x)));
  const values = heads(H + G, G, false).map(caching);
  const operands = {
    exact: {
      q: heads(0, H, true),
      k: appended(heads(H, G, true).map(c.rotary > 0 ? exactly : caching), cached),
    },
    plain: {
      q: heads(0, H, true, Math.fround).map(c.half === 'all' ? half : exactly),
      k: appended(heads(H, G, true, Math.fround).map(caching), cached),
    },
  };

  const slot = (position: number): number => {
    if (sinks < 0 || position < sinks) return position;
    return sinks + ((position - sinks) % (capacity - sinks));
  };
  // Slots that no position up to now has. Where caches slide, padding is not appended, but its rows read where it would be.
  const padded = c.real.some((counts) => many(counts, B).some((count) => count < T));
  const empty = sinks >= 0 && padded ? 1e4 : NaN;
  const caches = [cached, values].map((x) => {
    const cache = new Float32Array(B * capacity * G * D).fill(empty);
    for (let b = 0; b < B; b++) {
      for (let p = 0; p < filled[b]; p++) {
        const from = (b * S + p) * G * D;
        cache.set(x.subarray(from, from + G * D), (b * capacity + slot(p)) * G * D);
      }
    }
    return c.half === 'nothing' ? cache : float32ToFloat16(cache);
  });

  const window = c.window > 0 ? c.window : sinks >= 0 ? capacity - sinks - T + 1 : Infinity;
  const bias =
    c.bias === 'slopes'
      ? (h: number, back: number) => -slopeOf(h) * back
      : c.bias === 'buckets'
        ? (h: number, back: number) => table[bucketOf(-back) * H + h]
        : undefined;
  const found: Step[] = [];
  for (const [n, real] of c.real.entries()) {
    const position = Math.min(...filled);
    const rows = Float32Array.from({ length: B * T * C }, (_, i) => {
      const row = Math.floor(i / C);
      const b = Math.floor(row / T);
      const t = row % T;
      // Padding is of no use to anybody: huge, so that it shows where it is used.
      return t < many(real, B)[b] ? all[(b * S + filled[b] + t) * C + (i % C)] : 3e4;
    });
    plan.run(
      {
        qkv: c.half === 'all' ? float32ToFloat16(rows) : rows,
        ...(n === 0 && { keys: caches[0], values: caches[1] }),
        ...(n === 0 && c.bias === 'buckets' && { table }),
        ...(typeof c.cached !== 'number' && { starts: Uint32Array.from(filled, (x) => x - position) }),
        ...(typeof real !== 'number' && { lengths: Uint32Array.from(real) }),
      },
      { position, ...(typeof real === 'number' && { length: real }) },
    );
    const got = await plan.read('y');
    const sizes = {
      ...{ B, T, S, heads: H, keyValueHeads: G, D, starts: filled, window, sinks: Math.max(0, sinks), bias },
      ...(c.scale > 0 && { scale: c.scale }),
      ...(c.softcap > 0 && { softcap: c.softcap }),
    };
    const rowsOf = (q: Float64Array): Float64Array =>
      Float64Array.from({ length: B * T * H * D }, (_, i) => {
        const row = Math.floor(i / (H * D));
        const b = Math.floor(row / T);
        return q[(b * S + Math.min(S - 1, filled[b] + (row % T))) * H * D + (i % (H * D))];
      });
    const { exact, plain } = operands;
    const pick = (x: ArrayLike<number>): Float64Array =>
      Float64Array.from(x).filter((_, i) => {
        const row = Math.floor(i / (H * D));
        return row % T < many(real, B)[Math.floor(row / T)];
      });
    const seen = many(real, B).flatMap((count, b) =>
      Array.from({ length: count }, (_, t) => Math.min(filled[b] + t + 1, window + Math.max(0, sinks))),
    );
    found.push({
      got: pick(got),
      want: pick(decodeRef(rowsOf(exact.q), exact.k, values, sizes)),
      plain: pick(
        decodeRef(rowsOf(plain.q), plain.k, values, sizes, Math.fround, c.half === 'all' ? half : exactly),
      ),
      lone: seen.filter((keys) => keys <= 2).length / seen.length,
    });
    for (const [b, count] of many(real, B).entries()) filled[b] += count;
  }
  return found;
}
