/** What `attention` is asked: options checked and turned into what its kernels are told. */
import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import type { Constants } from '../../runtime/shader';
import { expectCounts } from '../lib/counts';
import { nextStream } from '../lib/random';
import { NONE, type Bias } from './bias/bias';
import {
  expectCap,
  expectColumns,
  expectHeads,
  expectScale,
  FAR,
  isWide,
  storageOf,
  tileRows,
  type Columns,
} from './layout';
import type { AttentionOptions } from './options';
import { turn, type Rows, type TurnsOnLoad } from './rotary/rotary';
import type { SparseTiles } from './pattern/sparse';
import { pairsWithin, times, type Reach } from './tile/work';
import { rungOf } from '../../runtime/capabilities';

/** What an attention is, checked, as its kernels want it. */
export interface Problem extends Rows {
  /** What the kernels read has turned already, unless it turns on load. */
  readonly turns: TurnsOnLoad | null;
  /** Which pairs see each other and what is added to them, in words. */
  readonly kind: string;
  readonly B: number;
  readonly valueOffset: number;
  readonly wide: boolean;
  /** Counts (B) or marks (B, S) of the keys that exist. */
  readonly lengths: Tensor;
  readonly bias: Bias;
  readonly sparse: SparseTiles | null;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants: Constants;
  /** Floating-point operations of one product over the pairs that see each other, q kᵀ say: 2 D a pair and head. */
  readonly work: {
    /** By tiles of so many queries, by default the device's `tileRows`. */
    byQuery(rows?: number): readonly number[];
    byKey(): readonly number[];
  };
}

/** Checks the options of an attention of q (B, T, ·) to kv (B, S, ·), and turns these if need be; throws ShapeError. */
export function resolve(g: Graph, q: Tensor, kv: Tensor, options: AttentionOptions): Problem {
  const where = g.where('attention');
  const { heads, keyValueHeads = heads, width, causal = false, softcap, dropout = 0 } = options;
  const { scale = 1 / Math.sqrt(width), queryOffset = 0, keyOffset = 0 } = options;
  const { valueOffset = keyOffset + keyValueHeads * width } = options;
  expectOptions(where, options, {
    ...{ heads, keyValueHeads, width, causal, scale, softcap, dropout, queryOffset, keyOffset, valueOffset },
    ...{ window: 0, pattern: 0, bias: 0, rope: 0, lengths: 0, keyMask: 0 },
  });
  const queries: Columns = { tensor: q, offset: queryOffset };
  const keys: Columns = { tensor: kv, offset: keyOffset };
  const values: Columns = { tensor: kv, offset: valueOffset };
  expectHeads(where, heads, keyValueHeads, { width });
  expectColumns(where, 'q', queries, heads * width);
  expectColumns(where, 'k', keys, keyValueHeads * width);
  expectColumns(where, 'v', values, keyValueHeads * width);
  expectDType(where, q, 'f32', 'f16');
  expectDType(where, kv, q.dtype);
  const [B, T] = q.shape as [number, number, number];
  const [, S] = kv.shape as [number, number, number];
  if (kv.shape[0] !== B) {
    throw new ShapeError(where, `q is ${q.toString()} but kv is ${kv.toString()}`, 'Both need one B.');
  }
  expectScale(where, scale);
  expectCap(where, softcap);
  if (!(dropout >= 0 && dropout < 1)) {
    throw new ShapeError(where, `dropout is ${dropout}`, 'A probability of dropping must be in [0, 1).');
  }
  const { left, right } = reach(where, options, S - T);
  const bias = options.bias?.resolve(g, where, { B, T, S, heads, causal }) ?? NONE;
  const sparse = options.pattern?.tiles(g, { T, S, left, right }) ?? null;

  const wide = isWide(width, [queries, keys, values]);
  const z = { where, q, kv, T, S, heads, keyValueHeads, width, queryOffset, keyOffset };
  const turning = options.rope && turn(g, z, options.rope, { wide, bias, sparse, left, right });
  const turns = turning?.onLoad ?? null;
  const per = wide ? 4 : 1;
  const stride = (c: Columns): number => c.tensor.shape.at(-1)! / per;
  const drops = dropout > 0 && g.drops;
  const storage = storageOf(q, wide);
  const [seen, plain, products] = [
    { T, S, left, right },
    tileRows(rungOf(g.device.can, 'attention')),
    2 * B * heads * width,
  ];
  return {
    ...z,
    q: turning?.q ?? q,
    kv: turning?.kv ?? kv,
    turns,
    kind: kindOf(options),
    B,
    valueOffset,
    wide,
    lengths: existing(g, where, options, B, S),
    bias,
    sparse,
    uniforms: {
      batch: B,
      t: T,
      s: S,
      heads,
      heads_per_key: heads / keyValueHeads,
      q_stride: stride(queries),
      q_offset: queryOffset / per,
      k_stride: stride(keys),
      k_offset: keyOffset / per,
      v_stride: stride(values),
      v_offset: valueOffset / per,
      w: width / per,
      left,
      right,
      scale,
      cap: softcap ?? 0,
      ...bias.uniforms,
      stream: drops ? nextStream(g) : 0,
      threshold: Math.floor(dropout * 2 ** 32),
      kept: 1 / (1 - dropout),
      half: turns?.half ?? 0,
    },
    constants: {
      T: storage,
      KV: storage,
      ...bias.constants,
      ...turns?.constants,
      ...(options.keyMask ? { KEY_MASK: true } : {}),
      ...(softcap ? { SOFTCAP: true } : {}),
      ...(drops ? { DROPOUT: true } : {}),
    },
    work: {
      byQuery: (rows = plain) =>
        times(products, sparse?.byQuery(rows).pairs ?? pairsWithin(seen, rows).byQuery),
      byKey: () => times(products, sparse?.byKey.pairs ?? pairsWithin(seen, plain).byKey),
    },
  };
}

function kindOf({ causal = false, window, pattern, bias }: AttentionOptions): string {
  const sides = typeof window === 'number' ? window : window && `${window.left}, ${window.right}`;
  const words = [
    causal ? 'causal' : 'full',
    sides && `window ${sides}`,
    pattern?.name,
    bias && `${bias.kind} bias`,
  ];
  return words.filter((word) => word !== undefined).join(', ');
}

/** Keys t + left … t + right of query row t, from mask and window. */
function reach(where: string, { causal = false, window }: AttentionOptions, start: number): Reach {
  const sides =
    typeof window === 'number'
      ? { left: window - 1, right: causal ? 0 : window - 1 }
      : (window ?? { left: FAR, right: FAR });
  for (const side of [sides.left, sides.right]) {
    if (!Number.isInteger(side) || side < 0) {
      throw new ShapeError(
        where,
        `a window of ${typeof window === 'number' ? window : `${sides.left} before and ${sides.right} after`}`,
        'Give a whole number of at least 1, or { left, right } of at least 0; a query sees its own position.',
      );
    }
  }
  const right = causal ? 0 : sides.right;
  return { left: start - Math.min(sides.left, FAR), right: start + Math.min(right, FAR) };
}

function existing(
  g: Graph,
  where: string,
  { lengths, keyMask }: AttentionOptions,
  B: number,
  S: number,
): Tensor {
  if (lengths && keyMask) throw new ShapeError(where, 'both lengths and keyMask are given', 'Give one.');
  if (keyMask) expectShape(`${where} keyMask`, keyMask, [B, S]);
  if (lengths) expectCounts(g, where, lengths, { sequences: B, most: S });
  const given = keyMask ?? lengths ?? g.constant('every key', [B], new Uint32Array(B).fill(S));
  expectDType(where, given, 'u32');
  return given;
}
