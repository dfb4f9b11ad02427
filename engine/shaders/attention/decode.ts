import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/device';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { byCapability, type Constants } from '../../runtime/shader';
import reduce from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import { cacheLayout, turning, TURNS, type CacheLayout, type CacheOptions } from './cache';
import buckets from './decode_bias_buckets.wgsl';
import biasNone from './decode_bias_none.wgsl';
import slopes from './decode_bias_slopes.wgsl';
import combineWgsl from './decode_combine.wgsl';
import split from './decode_split.wgsl';
import whole from './decode_whole.wgsl';
import keysWgsl from './decode_keys.wgsl';
import decodeWgsl from './decode.wgsl';
import { expectColumns, isWide, storageOf } from './layout';
import { showDecode } from './maps_decode';
import pack1 from './pack1.wgsl';
import pack4 from './pack4.wgsl';
import tangent from './tangent.wgsl';

const reductions = byCapability({ base: reduce, subgroups: reduceSubgroups });
const PACKS = { wide: pack4, narrow: pack1 };
const BIASES = { none: biasNone, slopes, buckets };
const RESULTS = { whole, split };

/** Every form of the kernel, by what is linked into it. */
const decode = new Map<string, Kernel>();
for (const [width, pack] of Object.entries(PACKS)) {
  for (const [turn, turns] of Object.entries(TURNS)) {
    for (const [bias, biasWgsl] of Object.entries(BIASES)) {
      for (const [result, resultWgsl] of Object.entries(RESULTS)) {
        const form = `${width} ${turn} ${bias} ${result}`;
        const wgsl = [pack, keysWgsl, decodeWgsl, ...turns, biasWgsl, resultWgsl, reductions, tangent, step];
        decode.set(form, defineKernel({ name: `attention.decode ${form}`, wgsl }));
      }
    }
  }
}
const combine = {
  wide: defineKernel({ name: 'attention.decode_combine', wgsl: [pack4, combineWgsl] }),
  narrow: defineKernel({ name: 'attention.decode_combine_narrow', wgsl: [pack1, combineWgsl] }),
};

/** A bias by distance, as `attention` takes it: the kinds that go on when a text grows. */
export type DecodeBias =
  | { readonly kind: 'buckets'; readonly table: Tensor; readonly bucketOf: (distance: number) => number }
  | { readonly kind: 'slopes'; readonly slopes: readonly number[] };

export interface DecodeOptions extends CacheOptions {
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
  /**
   * How many positions a row sees, its own the last (and the sinks). Default: all, or, where the caches slide, as many
   * as they can promise to T rows that were appended at once: capacity - sinks - (T - 1).
   */
  readonly window?: number;
  /** Bounds logits by cap · tanh(logit / cap), before bias and mask. Default: none. */
  readonly softcap?: number;
  readonly bias?: DecodeBias;
}

/** How the work is shared: a pure function of shapes and device, so that plans replay; README.md tells the ladder. */
export interface DecodeMapping {
  /** Query rows of one key head that a workgroup owns: keys and values are read once for all of them. */
  readonly queries: 1 | 2 | 4;
  /** Workgroups that share the keys. */
  readonly splits: number;
  /** Keys that a split takes at least, so that short caches stay with one. */
  readonly least: number;
}

/** `rows`: query rows that share a key head, T·H/G; `keyHeads`: B·G. */
export function chooseDecode(
  { rows, keyHeads, capacity }: { rows: number; keyHeads: number; capacity: number },
  can: Pick<Capabilities, 'software'>,
): DecodeMapping {
  const queries = rows >= 3 ? 4 : rows === 2 ? 2 : 1;
  const groups = Math.ceil(rows / queries) * keyHeads;
  const [wanted, least] = can.software ? [SOFTWARE_GROUPS, SOFTWARE_LEAST] : [GROUPS, LEAST];
  const most = Math.ceil(capacity / least);
  return { queries, splits: Math.max(1, Math.min(MOST_SPLITS, most, Math.ceil(wanted / groups))), least };
}

/** Workgroups that keep a GPU busy: of 64 lanes, a few for each of some hundred cores. */
const GROUPS = 512;
const LEAST = 256;
const SOFTWARE_GROUPS = 4;
const SOFTWARE_LEAST = 512;
const MOST_SPLITS = 64;

/** Where rows of keys and values lie; all counts in numbers. */
interface Keys {
  readonly keys: Tensor;
  readonly values: Tensor;
}

function launch(
  g: Graph,
  q: Tensor,
  queryOffset: number,
  { keys, values }: Keys,
  z: CacheLayout,
  options: Omit<DecodeOptions, 'starts' | 'rope'>,
  causal: boolean,
): Tensor {
  const { B, T, heads, keyValueHeads, width, capacity, wide, per, sinks } = z;
  const { scale = 1 / Math.sqrt(width), slides = false, softcap, bias } = options;
  const perKey = heads / keyValueHeads;
  const { queries, splits, least } = chooseDecode(
    { rows: T * perKey, keyHeads: B * keyValueHeads, capacity },
    g.device.can,
  );
  const w = width / per;
  const turned = turning(z);
  const biased = biasing(g, bias, capacity);
  const out = g.value('attention', [B, T, heads * width], q.dtype);
  const partial = splits > 1 ? g.value('attention partial', [B * T * heads, splits, width], 'f32') : null;
  const shares = splits > 1 ? g.value('attention shares', [B * T * heads, splits, 2], 'f32') : null;
  const form = `${wide ? 'wide' : 'narrow'} ${turned.kind} ${biased.kind} ${splits > 1 ? 'split' : 'whole'}`;
  const results: Readonly<Record<string, Tensor>> = partial && shares ? { partial, shares } : { out };
  const T_ = storageOf(q, wide);
  const F = wide ? 'vec4<f32>' : 'f32';
  const uniforms = {
    t: T,
    s: capacity,
    heads,
    heads_per_key: perKey,
    q_stride: q.shape[2] / per,
    q_offset: queryOffset / per,
    k_stride: keys.shape[2] / per,
    k_offset: 0,
    v_stride: values.shape[2] / per,
    v_offset: 0,
    w,
    causal: causal ? 1 : 0,
    slides: slides ? 1 : 0,
    window: windowOf(g, z, options),
    sinks,
    splits,
    least,
    distances: capacity,
    ...turned.uniforms,
    scale,
    cap: softcap ?? 1,
  };
  const constants: Constants = {
    // Few different sizes, so that one pipeline serves many head widths.
    MOST: 2 ** Math.max(4, Math.ceil(Math.log2(w))),
    SOFTCAP: softcap !== undefined,
    T: T_,
    KV: storageOf(keys, wide),
    ...turned.constants,
  };
  g.dispatch(
    decode.get(form)!,
    { q, k: keys, v: values, starts: z.starts, ...results, ...turned.bind, ...biased.bind },
    {
      uniforms,
      constants: { ...constants, QUERIES: queries, ...(splits > 1 && { PARTIAL: F }) },
      grid: [splits, Math.ceil((T * perKey) / queries), B * keyValueHeads],
    },
  );
  showDecode(g, {
    ...{ B, T, capacity, heads, width, wide, causal, slides, q, keys, uniforms, constants },
    kind: kindOf(causal, options),
    linked: [...TURNS[turned.kind], BIASES[biased.kind]],
    form: `${turned.kind} ${biased.kind}`,
    bind: { starts: z.starts, ...turned.bind, ...biased.bind },
  });
  if (partial && shares) {
    const n = B * T * heads * w;
    g.dispatch(
      wide ? combine.wide : combine.narrow,
      { partial, shares, out },
      { uniforms: { n, w, splits }, constants: { T: T_, PARTIAL: F }, grid: linearGrid(Math.ceil(n / 64)) },
    );
  }
  return out;
}

/** In words, which keys a row sees and what is added to them. */
function kindOf(
  causal: boolean,
  { window, slides = false, bias }: Omit<DecodeOptions, 'starts' | 'rope'>,
): string {
  const words = [causal ? 'cache' : 'cross cache', slides && 'slides', window && `window ${window}`];
  return [...words, bias && `${bias.kind} bias`].filter((word) => typeof word === 'string').join(', ');
}

function windowOf(
  g: Graph,
  { T, capacity, sinks }: CacheLayout,
  options: Omit<DecodeOptions, 'starts'>,
): number {
  const { slides = false } = options;
  const most = slides ? capacity - sinks - (T - 1) : capacity;
  const { window = most } = options;
  if (!Number.isInteger(window) || window < 1 || (slides && window > most)) {
    throw new ShapeError(
      g.where('decodeAttention'),
      slides
        ? `a window of ${window} for ${T} rows at once in sliding caches of ${capacity} rows with ${sinks} sinks`
        : `window is ${window}`,
      slides
        ? `There must be room for sinks, window and the ${T - 1} rows after the first: feed fewer rows at once.`
        : 'Give a whole number of positions, at least 1, or leave it out to see all.',
    );
  }
  return Math.min(window, capacity);
}

/** What a dispatch gives to decode_bias_*.wgsl. */
function biasing(
  g: Graph,
  bias: DecodeBias | undefined,
  capacity: number,
): { readonly kind: keyof typeof BIASES; readonly bind: Readonly<Record<string, Tensor>> } {
  const where = g.where('decodeAttention');
  if (!bias) return { kind: 'none', bind: {} };
  if (bias.kind === 'slopes') {
    const tensor = g.constant('slopes', [bias.slopes.length], Float32Array.from(bias.slopes));
    return { kind: 'slopes', bind: { slopes: tensor } };
  }
  const [rows = 0] = bias.table.shape;
  const bucketOf = Uint32Array.from({ length: capacity }, (_, distance) => bias.bucketOf(-distance));
  const worst = bucketOf.findIndex((bucket) => bucket >= rows);
  if (worst >= 0) {
    throw new ShapeError(
      where,
      `distance ${-worst} falls into bucket ${bucketOf[worst]}, but ${bias.table.toString()} has ${rows}`,
    );
  }
  expectDType(where, bias.table, 'f32');
  const tensor = g.constant('buckets', [capacity], bucketOf);
  return { kind: 'buckets', bind: { buckets: tensor, weights: bias.table } };
}

/**
 * Causal attention of fused rows to caches that `appendCache` has filled: query row t of sequence b stands at position
 * `now.position + starts[b] + t` and sees all up to there, or a window. Serves prefill (large T) and generation
 * (T = 1), where the keys are split among workgroups (flash-decoding, Dao et al. 2023). The cost grows with what is
 * cached, not with the capacity. (B, T, (H + 2G)·D) -> (B, T, H·D). No gradient.
 *
 * @throws ShapeError if heads, widths, caches, windows or biases do not fit.
 */
export function decodeAttention(
  g: Graph,
  qkv: Tensor,
  keys: Tensor,
  values: Tensor,
  options: DecodeOptions,
): Tensor {
  const where = g.where('decodeAttention');
  const z = cacheLayout(g, where, qkv, keys, values, options);
  expectHeads(where, options.bias, z.heads);
  return launch(g, qkv, 0, { keys, values }, z, options, true);
}

function expectHeads(where: string, bias: DecodeBias | undefined, heads: number): void {
  const given = bias?.kind === 'slopes' ? bias.slopes.length : (bias?.table.shape[1] ?? heads);
  if (given !== heads) {
    throw new ShapeError(where, `the bias is for ${given} heads, but there are ${heads}`);
  }
}

export interface CrossDecodeOptions extends Pick<
  DecodeOptions,
  'heads' | 'keyValueHeads' | 'scale' | 'softcap'
> {
  /** First column of the queries in rows of `q`. Default 0. */
  readonly queryOffset?: number;
  /** Keys that exist in each sequence, u32 (B). Default S for all. */
  readonly lengths?: Tensor;
}

/**
 * Attention of few query rows to keys and values (B, S, G·D) that stay: an encoder's, projected once (`appendCache`
 * with `heads: 0` at position 0 fills caches with them). Query row t of q (B, T, ·) sees the first lengths[b] keys; if
 * there are none it gives zeros. -> (B, T, H·D). No gradient; use `attention` to train, and for many rows.
 */
export function decodeCrossAttention(
  g: Graph,
  q: Tensor,
  keys: Tensor,
  values: Tensor,
  options: CrossDecodeOptions,
): Tensor {
  const where = g.where('decodeCrossAttention');
  const { heads, keyValueHeads = heads, queryOffset = 0 } = options;
  const [B = 0, S = 0, C = 0] = keys.shape;
  const width = C / keyValueHeads;
  if (keys.shape.length !== 3 || !Number.isInteger(width) || heads % keyValueHeads !== 0 || heads < 1) {
    throw new ShapeError(
      where,
      `${keys.toString()} for ${heads} heads that share ${keyValueHeads} key heads`,
      'Give (B, S, G·D) with H a multiple of G.',
    );
  }
  expectColumns(where, 'q', { tensor: q, offset: queryOffset }, heads * width);
  expectShape(where, values, keys.shape);
  expectDType(where, values, keys.dtype);
  const { lengths = g.constant('every key', [B], new Uint32Array(B).fill(S)) } = options;
  expectShape(where, lengths, [B]);
  expectDType(where, lengths, 'u32');
  if (q.shape[0] !== B) throw new ShapeError(where, `q has ${q.shape[0]} sequences but the keys ${B}`);
  const wide = isWide(width, [
    { tensor: q, offset: queryOffset },
    { tensor: keys, offset: 0 },
  ]);
  const z: CacheLayout = {
    B,
    T: q.shape[1],
    heads,
    keyValueHeads,
    width,
    capacity: S,
    sinks: 0,
    starts: lengths,
    wide,
    per: wide ? 4 : 1,
    rope: null,
  };
  return launch(g, q, queryOffset, { keys, values }, z, options, false);
}
