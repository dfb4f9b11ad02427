import { expectOptions, ShapeError } from '../../../errors';
import { linearGrid, type Graph } from '../../../graph/graph';
import step from '../../../graph/step.wgsl';
import { expectAxes, expectDType, expectShape, type Tensor } from '../../../graph/tensor';
import { defineKernel } from '../../../runtime/kernel';
import type { Constants } from '../../../runtime/shader';
import angle from '../../rope/angle.wgsl';
import { rotation, type RotaryOptions, type Rotation } from '../../rope/rotation';
import { expectCounts } from '../../lib/counts';
import { expectRoom, expectStarts } from '../../lib/starts';
import appendWgsl from './append.wgsl';
import { expectWhole, isWide, storageOf } from '../layout';
import pack1 from '../tile/pack1.wgsl';
import pack4 from '../tile/pack4.wgsl';
import reorderWgsl from './reorder.wgsl';
import turn from '../rotary/turn.wgsl';
import turnNone from '../rotary/turn_none.wgsl';
import turnPairs from '../rotary/turn_pairs.wgsl';

/** Linked into kernels that turn queries or keys as they pass, or do not. */
export const TURNS = { still: [turnNone], turning: [angle, turnPairs, turn] } as const;

const append = {
  wide: {
    still: defineKernel({ name: 'attention.append', wgsl: [pack4, ...TURNS.still, appendWgsl, step] }),
    turning: defineKernel({
      name: 'attention.append_rope',
      wgsl: [pack4, ...TURNS.turning, appendWgsl, step],
    }),
  },
  narrow: {
    still: defineKernel({ name: 'attention.append_narrow', wgsl: [pack1, ...TURNS.still, appendWgsl, step] }),
    turning: defineKernel({
      name: 'attention.append_narrow_rope',
      wgsl: [pack1, ...TURNS.turning, appendWgsl, step],
    }),
  },
};
const reorder = defineKernel({ name: 'attention.reorder', wgsl: [reorderWgsl, step] });

/** How rows lie in caches. Give the same to `appendCache` and `decodeAttention`. */
export interface CacheOptions {
  /** H, query heads; 0 where rows hold keys and values only. */
  readonly heads: number;
  /** G, key and value heads. Default H. */
  readonly keyValueHeads?: number;
  /**
   * How far each sequence is ahead of `now.position`, u32 (B): new row t of sequence b stands at position
   * `now.position + starts[b] + t`. For batches of unequal prompts, once those are cached: how much longer each is than
   * the shortest, with `position` the length of that one and of the tokens made since. Default 0.
   */
  readonly starts?: Tensor;
  /**
   * The caches slide: a row that finds them full takes the place of the oldest, so that a text may go on for ever in
   * constant memory (and a query sees a window, see `DecodeOptions.window`). Default false: no row may pass the capacity.
   */
  readonly slides?: boolean;
  /**
   * Where the caches slide: first rows that stay and are always seen (Xiao et al. 2023 advise four). They keep their
   * positions in the text: biases by distance and rotary positions see them move away from the queries, where the paper
   * counts positions within the cache. Default 0.
   */
  readonly sinks?: number;
  /** The keys turn as they are cached, the queries as they are read; the rows given have not turned. Default null. */
  readonly rope?: RotaryOptions | null;
}

/** Which of the new rows `appendCache` writes. */
export interface AppendOptions extends CacheOptions {
  /**
   * How many of the T new rows are real in each sequence, u32 (B); 0 where one has ended. Caches that slide need it, since
   * there padding would drive out rows that are still wanted; elsewhere it only tells which rows may pass the capacity.
   * Counts above T are refused. Default: `now.length` (all, if that is 0).
   */
  readonly lengths?: Tensor;
}

/** What caches (B, capacity, G·D) and rows of `columns` heads of them have in common; throws ShapeError. */
export interface CacheLayout {
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** D. */
  readonly width: number;
  readonly capacity: number;
  readonly sinks: number;
  readonly starts: Tensor;
  readonly wide: boolean;
  /** Numbers in an F. */
  readonly per: 1 | 4;
  /** null: nothing turns. */
  readonly rope: Rotation | null;
}

/** Checks fused rows (B, T, (H + 2G)·D) and their caches (B, capacity, G·D); throws ShapeError if they do not fit. */
export function cacheLayout(
  g: Graph,
  where: string,
  qkv: Tensor,
  keys: Tensor,
  values: Tensor,
  options: CacheOptions,
): CacheLayout {
  const { heads, keyValueHeads = heads, slides = false, sinks = 0 } = options;
  expectWhole(where, { ...(heads !== 0 && { heads }), keyValueHeads });
  expectDType(where, qkv, 'f32', 'f16');
  const [B = 0, T = 0, C = 0] = qkv.shape;
  const width = C / (heads + 2 * keyValueHeads);
  if (qkv.shape.length !== 3 || !Number.isInteger(width) || heads % keyValueHeads !== 0) {
    throw new ShapeError(
      where,
      `rows of ${qkv.toString()} do not divide into ${heads} + 2·${keyValueHeads} heads`,
      'Give (B, T, (H + 2G)·D) with H a multiple of G.',
    );
  }
  const capacity = keys.shape[1] ?? 0;
  for (const cache of [keys, values]) {
    expectAxes(where, cache, 'B, capacity, G·D');
    expectShape(where, cache, [B, capacity, keyValueHeads * width]);
    expectDType(where, cache, keys.dtype === 'f16' ? 'f16' : 'f32');
  }
  if (!slides && T > capacity) {
    throw new ShapeError(
      where,
      `${T} rows at once do not fit into caches of ${capacity}`,
      'Give fewer rows, make larger caches or let them slide.',
    );
  }
  if (!Number.isInteger(sinks) || sinks < 0 || sinks >= capacity || (sinks > 0 && !slides)) {
    throw new ShapeError(
      where,
      `${sinks} sinks in caches of ${capacity} rows that ${slides ? 'slide' : 'do not slide'}`,
      'Give 0, or fewer than the capacity with slides: true.',
    );
  }
  const starts = options.starts ?? g.constant('no starts', [B], new Uint32Array(B));
  expectStarts(where, starts, B);
  const rope = options.rope ? rotation(g, where, options.rope, width) : null;
  const wide =
    isWide(width, [
      { tensor: qkv, offset: 0 },
      { tensor: keys, offset: 0 },
    ]) &&
    (rope === null || (!rope.adjacent && rope.half % 4 === 0));
  return { B, T, heads, keyValueHeads, width, capacity, sinks, starts, wide, per: wide ? 4 : 1, rope };
}

/** What a dispatch gives to turn.wgsl ('turning') or turn_none.wgsl ('still'). */
export function turning({ rope, wide, per }: CacheLayout): {
  readonly kind: keyof typeof TURNS;
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly uniforms: { readonly half: number; readonly factor: number };
  readonly constants: Constants;
} {
  if (!rope) return { kind: 'still', bind: {}, uniforms: { half: 0, factor: 1 }, constants: {} };
  return {
    kind: 'turning',
    bind: { turns: rope.turns },
    uniforms: { half: rope.half / per, factor: rope.factor },
    constants: { TURNS: storageOf(rope.turns, wide), ADJACENT: rope.adjacent },
  };
}

/**
 * Writes the keys and values of fused rows qkv (B, T, (H + 2G)·D) into caches (B, capacity, G·D), row t of sequence b
 * for position `now.position + starts[b] + t`. No gradient.
 *
 * A run whose real rows (`lengths` or `now.length` of T, or all) would pass the capacity is refused with ShapeError; rows
 * of padding that would are dropped. Where `starts` and `lengths` are neither input nor constant their numbers are unknown:
 * they count as 0 and as all there, and rows that pass the capacity are dropped.
 */
export function appendCache(
  g: Graph,
  qkv: Tensor,
  keys: Tensor,
  values: Tensor,
  options: AppendOptions,
): void {
  const where = g.where('appendCache');
  const z = cacheLayout(g, where, qkv, keys, values, options);
  const { slides = false, lengths = g.constant('every row', [z.B], new Uint32Array(z.B).fill(z.T)) } =
    options;
  const sizes = { heads: 0, keyValueHeads: 0, starts: 0, slides, sinks: 0, rope: 0, lengths };
  expectOptions(where, options, sizes);
  expectCounts(g, where, lengths, { sequences: z.B, most: z.T, of: 'new rows' });
  const c = (z.keyValueHeads * z.width) / z.per;
  const n = z.B * z.T * c;
  const { kind, bind, uniforms, constants } = turning(z);
  const keyOffset = (z.heads * z.width) / z.per;
  g.dispatch(
    append[z.wide ? 'wide' : 'narrow'][kind],
    { qkv, keys, values, starts: z.starts, lengths, ...bind },
    {
      uniforms: {
        n,
        t: z.T,
        capacity: z.capacity,
        sinks: z.sinks,
        slides: slides ? 1 : 0,
        c,
        stride: qkv.shape[2] / z.per,
        k_offset: keyOffset,
        v_offset: keyOffset + c,
        w: z.width / z.per,
        ...uniforms,
      },
      constants: { T: storageOf(qkv, z.wide), KV: storageOf(keys, z.wide), ...constants },
      grid: linearGrid(Math.ceil(n / 64)),
    },
  );
  if (slides) return;
  expectRoom(g, where, {
    ...{ sequences: z.B, rows: z.T, starts: options.starts, lengths: options.lengths, most: z.capacity },
    holder: `the caches hold ${z.capacity}`,
    remedy:
      'Start again from a later part of the text, make larger caches, or let them slide (slides: true).',
  });
}

/** How far sequences move in `reorderCache`. */
export interface ReorderOptions extends Pick<CacheOptions, 'starts'> {
  /** Sequences that change places only among themselves: 0 to K - 1, K to 2K - 1 and so on. Default B: all of them. */
  readonly within?: number;
}

/** How many sequences may change places: a column of all of them is held in registers. */
const MOST_SEQUENCES = 64;
/** Workgroups of `reorderCache` at most; each walks on until the rows in use end. */
const REORDER_GROUPS = 256;

/**
 * New sequence b = old sequence rows[b] in caches (B, capacity, G·D), for beam search: call it before the step's
 * `appendCache`. In place, without scratch, and only the rows that are in use move: those before `now.position`, and
 * `starts` more. `rows` is u32 (B); make it an input `below: B`, since numbers out of range mean the nearest that may come
 * there. No gradient.
 */
export function reorderCache(
  g: Graph,
  keys: Tensor,
  values: Tensor,
  rows: Tensor,
  options: ReorderOptions = {},
): void {
  const where = g.where('reorderCache');
  const [B = 0, capacity = 0, C = 0] = keys.shape;
  const { within = B } = options;
  expectOptions(where, options, { starts: 0, within });
  expectWhole(where, { within });
  expectDType(where, keys, 'f32', 'f16');
  if (keys.shape.length !== 3 || within > MOST_SEQUENCES) {
    throw new ShapeError(
      where,
      `caches are ${keys.toString()}`,
      `Give (B, capacity, G·D) with B at most ${MOST_SEQUENCES}, or groups of at most so many.`,
    );
  }
  if (!Number.isInteger(B / within)) {
    throw new ShapeError(
      where,
      `${B} sequences do not divide into groups of ${within}`,
      'Give a divisor as within.',
    );
  }
  expectShape(where, values, keys.shape);
  expectDType(where, values, keys.dtype);
  const { starts = g.constant('no starts', [B], new Uint32Array(B)) } = options;
  for (const x of [rows, starts]) {
    expectShape(where, x, [B]);
    expectDType(where, x, 'u32');
  }
  const wide = C % 4 === 0;
  const c = wide ? C / 4 : C;
  g.dispatch(
    reorder,
    { keys, values, rows, starts },
    {
      uniforms: { batch: B, ragged: options.starts ? B : 0, within, capacity, c },
      constants: { KV: storageOf(keys, wide), MOST: Math.max(4, 2 ** Math.ceil(Math.log2(within))) },
      grid: [Math.min(REORDER_GROUPS, Math.ceil((capacity * c * (B / within)) / 64))],
    },
  );
}
