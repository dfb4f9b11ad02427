/** Decode steps for tests: a description that prints as one line, its graph, and its runs beside the reference. */
import { Random } from './op';
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import type { Device } from '../../engine/runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../engine/runtime/half';
import { bucketBias } from '../../engine/shaders/attention/bias/bias_buckets';
import { slopeBias } from '../../engine/shaders/attention/bias/bias_slopes';
import { decodeAttention, type DecodeOptions } from '../../engine/shaders/attention/cache/decode';
import { decodeRef } from '../../engine/shaders/attention/cache/decode.ref';

export interface Case {
  readonly name: string;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly capacity: number;
  /** Positions of row 0 to try, of sequence 0. */
  readonly at: readonly number[];
  readonly starts?: readonly number[];
  readonly f16?: boolean;
  readonly options?: Omit<DecodeOptions, 'heads' | 'starts' | 'bias'>;
  readonly bias?: 'slopes' | 'buckets';
}

const BUCKETS = 5;
export const bucketOf = (distance: number): number =>
  Math.min(BUCKETS - 1, Math.floor(Math.log2(1 - distance)));
const SLOPES = [0.5, 0.25, 0.125, 0.0625];

/** The slot of a position: told here once more, so that a wrong one cannot agree with itself. */
function slotOf(
  position: number,
  capacity: number,
  { slides = false, sinks = 0 }: Partial<DecodeOptions>,
): number {
  if (!slides || position < sinks) return position;
  const ring = capacity - sinks;
  let slot = position - sinks;
  while (slot >= ring) slot -= ring;
  return sinks + slot;
}

/** A graph of one decode step. Its bias weights, if any, are an input. */
export function record(device: Device, c: Case): { g: Graph; y: Tensor } {
  const g = new Graph(device, { label: 'decode' });
  const qkv = g.input('qkv', [c.B, c.T, (c.heads + 2 * c.keyValueHeads) * c.D], 'f32');
  const cache = [c.B, c.capacity, c.keyValueHeads * c.D];
  const dtype = c.f16 ? 'f16' : 'f32';
  const bias: DecodeOptions['bias'] =
    c.bias === 'slopes'
      ? slopeBias(SLOPES.slice(0, c.heads))
      : c.bias === 'buckets'
        ? bucketBias(g.input('table', [BUCKETS, c.heads], 'f32'), bucketOf)
        : undefined;
  const y = decodeAttention(g, qkv, g.input('keys', cache, dtype), g.input('values', cache, dtype), {
    heads: c.heads,
    keyValueHeads: c.keyValueHeads,
    ...c.options,
    bias,
    ...(c.starts && { starts: g.input('starts', [c.B], 'u32') }),
  });
  return { g, y };
}

/** One run, and what it should give: exactly, or with every operation rounded. */
export interface DecodeRun {
  readonly position: number;
  readonly y: Tensor;
  readonly got: Float32Array;
  readonly want: (round?: (x: number) => number) => Float64Array;
}

/** Runs a case at each of its positions, on caches that hold NaN where nothing is cached. */
export async function runs(device: Device, c: Case, seed = 21): Promise<DecodeRun[]> {
  const random = new Random(seed);
  const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
  const found: DecodeRun[] = [];
  const { B, T, heads: H, keyValueHeads: G, D, capacity, options = {} } = c;
  const { g, y } = record(device, c);
  using plan = await g.compile({ y });
  const ahead = c.starts ?? new Array<number>(B).fill(0);
  const S = Math.max(...c.at) + Math.max(...ahead) + T; // positions ever reached
  const table = noise(BUCKETS * H);
  const stored = (x: Float32Array): Float32Array => (c.f16 ? float16ToFloat32(float32ToFloat16(x)) : x);
  const k = stored(noise(B * S * G * D));
  const v = stored(noise(B * S * G * D));
  for (const position of c.at) {
    const starts = ahead.map((n) => n + position);
    if (!options.slides && Math.max(...starts) + T > capacity) throw new Error(`${c.name}: bad case`);
    // NaN in slots that no position up to now has: no row may touch them.
    const caches = [k, v].map((x) => {
      const cache = new Float32Array(B * capacity * G * D).fill(NaN);
      for (let b = 0; b < B; b++) {
        for (let p = 0; p < starts[b] + T; p++) {
          const from = (b * S + p) * G * D;
          cache.set(x.subarray(from, from + G * D), (b * capacity + slotOf(p, capacity, options)) * G * D);
        }
      }
      return c.f16 ? float32ToFloat16(cache) : cache;
    });
    const qkv = noise(B * T * (H + 2 * G) * D);
    plan.run(
      {
        qkv,
        keys: caches[0],
        values: caches[1],
        ...(c.starts && { starts: Uint32Array.from(c.starts) }),
        ...(c.bias === 'buckets' && { table }),
      },
      { position },
    );
    const got = await plan.read('y');
    const q = Float64Array.from(
      { length: B * T * H * D },
      (_, i) => qkv[Math.floor(i / (H * D)) * (H + 2 * G) * D + (i % (H * D))],
    );
    const { slides = false, sinks = 0, window = slides ? capacity - sinks - T + 1 : Infinity } = options;
    const bias =
      c.bias === 'slopes'
        ? (h: number, back: number) => -SLOPES[h] * back
        : c.bias === 'buckets'
          ? (h: number, back: number) => table[bucketOf(-back) * H + h]
          : undefined;
    const sizes = {
      ...{ B, T, S, heads: H, keyValueHeads: G, D, starts, scale: options.scale, window, sinks },
      ...{ softcap: options.softcap, bias },
    };
    const [keys, values] = [Float64Array.from(k), Float64Array.from(v)];
    found.push({ position, y, got, want: (round) => decodeRef(q, keys, values, sizes, round) });
  }
  return found;
}
