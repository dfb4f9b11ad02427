import { ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import type { Constants } from '../../runtime/shader';
import { expectCounts } from '../lib/counts';
import { nextStream } from '../lib/random';
import { NONE, type Bias } from './bias';
import { backwardKey, backwardQuery, delta, forward, type Form } from './kernels';
import {
  chooseMapping,
  expectCap,
  expectColumns,
  expectCovered,
  expectHeads,
  expectScale,
  FAR,
  isWide,
  storageOf,
  type Columns,
  type Mapping,
} from './layout';
import type { AttentionOptions } from './options';
import { turn, type Rows, type TurnsOnLoad } from './rotary';
import { showAttention } from './show';
import type { SparseTiles } from './sparse';

/**
 * Scaled dot-product attention without a T×S matrix: out = softmax(mask(softcap(scale q kᵀ) + bias)) v per head,
 * forward and backward (Vaswani et al. 2017; Dao et al. 2022; grouped-query heads: Ainslie et al. 2023). Memory beside
 * the result is a number or two for each row of each head, whatever T and S; but the gradient of `bucketBias` takes two
 * more for each bucket (a quarter of one on software adapters).
 *
 * `q` is (B, T, ·) and `kv` (B, S, ·), each holding its heads side by side from the given columns on; both may be one
 * fused tensor. Result (B, T, H·D). A row that sees no key gives zeros and no gradient.
 *
 * @throws ShapeError if heads, widths, offsets, masks, biases or windows do not fit, or if gradients are wanted for a
 * tensor that has columns besides the queries, keys and values.
 */
export function attention(
  g: Graph,
  { q: rawQ, kv: rawKv, ...options }: { q: Tensor; kv: Tensor } & AttentionOptions,
): Tensor {
  const p = resolve(g, rawQ, rawKv, options);
  const { where, q, kv, B, T, S, heads, keyValueHeads, width, wide, bias, sparse, turns, flops } = p;
  const m = chooseMapping({ width, heads, wide }, g.device.can);
  const form: Form = { mapping: m, bias: bias.form, walk: sparse?.walk ?? null, turns: turns !== null };
  const grid = [Math.ceil(T / m.tile), (B * heads) / m.headsPerGroup] as const;

  const out = g.value('attention', [B, T, heads * width], q.dtype);
  const lse = g.value('attention lse', [B, heads, T], 'f32');
  const masks = { lengths: p.lengths, ...bias.bind, ...turns?.bind };
  g.dispatch(
    forward(form),
    { q, k: kv, v: kv, out, lse, ...masks, ...sparse?.byQuery },
    { uniforms: p.uniforms, constants: { ...p.constants, ...m.constants }, grid, flops: 2 * flops },
  );
  const { uniforms, constants, kind } = p;
  const showGradient = showAttention(g, {
    ...{ kind, B, T, S, heads, width, form, q, kv, lse, uniforms, constants },
    oneSequence: rawQ.root === rawKv.root,
    masks: { ...masks, ...sparse?.byQuery },
  });

  g.backward(out, () => {
    const toQ = g.sink(q);
    const toKv = q.root === kv.root ? toQ : g.sink(kv);
    const dbias = bias.learned ? g.sink(bias.learned) : null;
    if (!toQ && !toKv && !dbias) return;
    const dout = g.grad(out);
    const saved = g.value('attention saved', [B, heads, T, 2], 'f32');
    const rows = B * heads * T;
    g.dispatch(
      delta(wide),
      { out, dout, lse, saved },
      {
        uniforms: { t: T, heads, n: rows, w: m.packs },
        constants: { T: storageOf(q, wide) },
        grid: linearGrid(Math.ceil(rows / 64)),
      },
    );
    showGradient(dout);
    const read = { q, kv, dout, saved, lengths: p.lengths };
    const gradient = (x: Sink, mapping: Mapping): Constants => ({
      ...p.constants,
      ...mapping.constants,
      DX: storageOf(x.tensor, wide),
      ADD: x.add,
    });
    if (dbias) {
      const byKey = bias.owner === 'keys';
      bias.backward!({
        g,
        form,
        sink: dbias,
        bind: { ...read, ...(byKey ? sparse?.byKey : sparse?.byQuery) },
        uniforms: p.uniforms,
        constants: { ...p.constants, ...(byKey ? { OWNS_KEYS: true } : {}) },
        flops,
      });
    }
    if (!toQ && !toKv) return;
    expectCovered(where, {
      queries: { tensor: q, offset: p.queryOffset, columns: heads * width },
      keys: { tensor: kv, offset: p.keyOffset, columns: keyValueHeads * width },
      values: { tensor: kv, offset: p.valueOffset, columns: keyValueHeads * width },
    });
    const bound = { ...read, ...bias.bind, ...turns?.bind };
    // Of rows that turned on load: gradients in turned columns.
    const scratch = (x: Tensor, sink: Sink | null): Sink | null =>
      sink && turns ? { tensor: g.value('attention turned gradient', x.shape, x.dtype), add: false } : sink;
    const dq = scratch(q, toQ);
    const dkv = toKv === toQ ? dq : scratch(kv, toKv);
    if (dq) {
      g.dispatch(
        backwardQuery(form),
        { ...bound, dq: dq.tensor, ...sparse?.byQuery },
        { uniforms: p.uniforms, constants: gradient(dq, m), grid, flops: 3 * flops },
      );
    }
    if (dkv) {
      const mk = chooseMapping({ width, heads: keyValueHeads, wide }, g.device.can);
      g.dispatch(
        backwardKey({ ...form, mapping: mk }),
        { ...bound, dkv: dkv.tensor, ...sparse?.byKey },
        {
          uniforms: p.uniforms,
          constants: { ...gradient(dkv, mk), OWNS_KEYS: true },
          grid: [Math.ceil(S / mk.tile), (B * keyValueHeads) / mk.headsPerGroup],
          flops: 4 * flops,
        },
      );
    }
    turns?.back([
      [dq, toQ],
      [dkv, toKv],
    ]);
  });
  return out;
}

/** Attention of a sequence to itself, on fused rows: qkv (B, T, (H + 2G)·D), queries first, then keys, then values. */
export function selfAttention(
  g: Graph,
  qkv: Tensor,
  options: Omit<AttentionOptions, 'width' | 'queryOffset' | 'keyOffset' | 'valueOffset'>,
): Tensor {
  const { heads, keyValueHeads = heads } = options;
  const width = qkv.shape.at(-1)! / (heads + 2 * keyValueHeads);
  if (!Number.isInteger(width)) {
    throw new ShapeError(
      g.where('selfAttention'),
      `rows of ${qkv.toString()} do not divide into ${heads} + 2·${keyValueHeads} heads`,
      'Give (B, T, (H + 2G)·D): queries, then keys, then values.',
    );
  }
  return attention(g, { q: qkv, kv: qkv, ...options, width, keyOffset: heads * width });
}

/** What an attention is, checked, as its kernels want it. */
interface Problem extends Rows {
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
  /** Of one product over all pairs that see each other: 2 D a pair. */
  readonly flops: number;
}

/** Checks the options of an attention of q (B, T, ·) to kv (B, S, ·), and turns these if need be; throws ShapeError. */
function resolve(g: Graph, q: Tensor, kv: Tensor, options: AttentionOptions): Problem {
  const where = g.where('attention');
  const { heads, keyValueHeads = heads, width, causal = false, softcap, dropout = 0 } = options;
  const { scale = 1 / Math.sqrt(width), queryOffset = 0, keyOffset = 0 } = options;
  const { valueOffset = keyOffset + keyValueHeads * width } = options;
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
  const drops = dropout > 0 && g.train;
  const storage = storageOf(q, wide);
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
    flops: 2 * B * heads * width * (sparse?.pairs ?? pairs(T, S, left, right)),
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
function reach(where: string, { causal = false, window }: AttentionOptions, start: number) {
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

/** Pairs of T queries and S keys within reach. */
function pairs(T: number, S: number, left: number, right: number): number {
  let sum = 0;
  for (let t = 0; t < T; t++) sum += Math.max(0, Math.min(S - 1, t + right) - Math.max(0, t + left) + 1);
  return sum;
}
