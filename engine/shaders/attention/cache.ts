import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability } from '../../runtime/shader';
import reduce from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import appendWgsl from './append.wgsl';
import { forward } from './attention';
import decodeWgsl from './decode.wgsl';
import { chooseMapping, isWide, storageOf } from './layout';
import pack1 from './pack1.wgsl';
import pack4 from './pack4.wgsl';

const reductions = byCapability({ base: reduce, subgroups: reduceSubgroups });
const append = {
  wide: defineKernel({ name: 'attention.append', wgsl: [pack4, appendWgsl, step] }),
  narrow: defineKernel({ name: 'attention.append_narrow', wgsl: [pack1, appendWgsl, step] }),
};
const decode = {
  wide: defineKernel({ name: 'attention.decode', wgsl: [pack4, decodeWgsl, reductions, step] }),
  narrow: defineKernel({ name: 'attention.decode_narrow', wgsl: [pack1, decodeWgsl, reductions, step] }),
};

/** From this many query rows on, tiles that share keys among rows beat a workgroup for each row. */
const TILED_FROM = 8;

export interface CacheOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key and value heads. Default H. */
  readonly keyValueHeads?: number;
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
}

/** Where a fused row (H + 2G)·D and its caches (B, capacity, G·D) have what; throws ShapeError if they do not fit. */
function layout(where: string, qkv: Tensor, keys: Tensor, values: Tensor, options: CacheOptions) {
  const { heads, keyValueHeads = heads } = options;
  const [B, T, C] = qkv.shape;
  const width = (C ?? 0) / (heads + 2 * keyValueHeads);
  if (qkv.shape.length !== 3 || !Number.isInteger(width) || heads % keyValueHeads !== 0) {
    throw new ShapeError(
      where,
      `rows of ${qkv.toString()} do not divide into ${heads} + 2·${keyValueHeads} heads`,
      'Give (B, T, (H + 2G)·D) with H a multiple of G.',
    );
  }
  const capacity = keys.shape[1] ?? 0;
  for (const cache of [keys, values]) {
    expectShape(where, cache, [B, capacity, keyValueHeads * width]);
    expectDType(where, cache, keys.dtype === 'f16' ? 'f16' : 'f32');
  }
  const keyOffset = heads * width;
  const valueOffset = keyOffset + keyValueHeads * width;
  const wide = isWide(width, [
    { tensor: qkv, offset: 0 },
    { tensor: keys, offset: 0 },
  ]);
  return {
    B: B,
    T: T,
    C: C,
    heads,
    keyValueHeads,
    width,
    capacity,
    keyOffset,
    valueOffset,
    wide,
    per: wide ? 4 : 1,
  };
}

/**
 * Writes the keys and values of fused rows qkv (B, T, (H + 2G)·D) into caches (B, capacity, G·D) at rows
 * `now.position + t`. Rows past the capacity are dropped: whoever runs the plan checks the length. No gradient.
 */
export function appendCache(
  g: Graph,
  qkv: Tensor,
  keys: Tensor,
  values: Tensor,
  options: CacheOptions,
): void {
  const z = layout(g.where('appendCache'), qkv, keys, values, options);
  const c = (z.keyValueHeads * z.width) / z.per;
  const n = z.B * z.T * c;
  g.dispatch(
    z.wide ? append.wide : append.narrow,
    { qkv, keys, values },
    {
      uniforms: {
        t: z.T,
        capacity: z.capacity,
        c,
        stride: z.C / z.per,
        k_offset: z.keyOffset / z.per,
        v_offset: z.valueOffset / z.per,
        n,
      },
      constants: { T: storageOf(qkv, z.wide), KV: storageOf(keys, z.wide) },
      grid: linearGrid(Math.ceil(n / 64)),
    },
  );
}

/**
 * Causal attention of fused rows to caches that `appendCache` has filled: query row t stands at `now.position + t` and
 * sees all rows up to there. Serves prefill (large T) and generation (T = 1); the cost grows with what is cached, not
 * with the capacity. (B, T, (H + 2G)·D) -> (B, T, H·D). No gradient.
 */
export function decodeAttention(
  g: Graph,
  qkv: Tensor,
  keys: Tensor,
  values: Tensor,
  options: CacheOptions,
): Tensor {
  const z = layout(g.where('decodeAttention'), qkv, keys, values, options);
  const { B, T, heads, keyValueHeads, width, capacity, wide, per } = z;
  const scale = options.scale ?? 1 / Math.sqrt(width);
  const out = g.value('attention', [B, T, heads * width], qkv.dtype);
  const types = { T: storageOf(qkv, wide), KV: storageOf(keys, wide) };
  const m = chooseMapping({ width, heads, wide }, g.device.can);
  const c = (keyValueHeads * width) / per;
  const shared = { t: T, s: capacity, heads, heads_per_key: heads / keyValueHeads, scale, w: m.packs };
  const query = { q_stride: z.C / per, q_offset: 0 };
  if (T < TILED_FROM) {
    g.dispatch(
      wide ? decode.wide : decode.narrow,
      { q: qkv, k: keys, v: values, out },
      {
        uniforms: { ...shared, ...query, c },
        constants: { MOST: m.constants['MOST'], ...types },
        grid: [T, B * heads],
      },
    );
    return out;
  }
  const lengths = g.constant('every key', [B], new Uint32Array(B).fill(capacity));
  const lse = g.value('attention lse', [B, heads, T], 'f32');
  g.dispatch(
    forward(m),
    { q: qkv, k: keys, v: values, lengths, out, lse },
    {
      uniforms: { ...shared, ...query, k_stride: c, k_offset: 0, v_stride: c, v_offset: 0, shift: 0 },
      constants: { ...m.constants, ...types, CACHED: true },
      grid: [Math.ceil(T / m.tile), (B * heads) / m.headsPerGroup],
    },
  );
  return out;
}
