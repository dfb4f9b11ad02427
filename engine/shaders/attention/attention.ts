import { ShapeError } from '../../errors';
import type { Graph, Grid, Sink } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { byCapability, type Constants, type Shader } from '../../runtime/shader';
import step from '../../graph/step.wgsl';
import { chooseMapping, expectColumns, isWide, storageOf, type Columns, type Mapping } from './layout';
import deltaWgsl from './delta.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftware from './forward_software.wgsl';
import keyWgsl from './backward_key.wgsl';
import keySoftware from './backward_key_software.wgsl';
import queryWgsl from './backward_query.wgsl';
import querySoftware from './backward_query_software.wgsl';
import pack1 from './pack1.wgsl';
import pack4 from './pack4.wgsl';
import quad from './quad.wgsl';
import quadSubgroups from './quad_subgroups.wgsl';
import tileWgsl from './tile.wgsl';
import tileSoftware from './tile_software.wgsl';

const quads = byCapability({ base: quad, subgroups: quadSubgroups });

/** Each kernel in four forms: on a GPU or a software adapter, walking heads by ones or by fours. */
function ladder(name: string, gpu: readonly Shader[], software: readonly Shader[]) {
  const at = (pack: Shader, suffix: string) => ({
    gpu: defineKernel({ name: `attention.${name}${suffix}`, wgsl: [pack, tileWgsl, ...gpu] }),
    software: defineKernel({
      name: `attention.${name}_software${suffix}`,
      wgsl: [pack, tileSoftware, quads, ...software],
    }),
  });
  const forms = { wide: at(pack4, ''), narrow: at(pack1, '_narrow') };
  return (m: Mapping): Kernel => forms[m.wide ? 'wide' : 'narrow'][m.software ? 'software' : 'gpu'];
}

export const forward = ladder('forward', [forwardWgsl, step], [forwardSoftware, step]);
const backwardQuery = ladder('backward_query', [queryWgsl], [querySoftware]);
const backwardKey = ladder('backward_key', [keyWgsl], [keySoftware]);
const delta4 = defineKernel({ name: 'attention.delta', wgsl: [pack4, deltaWgsl] });
const delta1 = defineKernel({ name: 'attention.delta_narrow', wgsl: [pack1, deltaWgsl] });

export interface AttentionOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key and value heads; each serves H / G query heads in a row. Default H. */
  readonly keyValueHeads?: number;
  /** D, numbers in a head. */
  readonly width: number;
  /** Query row t sees keys up to t + S - T. Default false: it sees all. */
  readonly causal?: boolean;
  /** First column of the queries in rows of `q`. Default 0. */
  readonly queryOffset?: number;
  /** First column of the keys in rows of `kv`. Default 0. */
  readonly keyOffset?: number;
  /** First column of the values in rows of `kv`. Default keyOffset + G D. */
  readonly valueOffset?: number;
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
  /** Keys that exist in each sequence, u32 (B): later ones are padding. Default S for all. */
  readonly lengths?: Tensor;
}

/**
 * Scaled dot-product attention without a T×S matrix: out = softmax(scale q kᵀ + mask) v per head, forward and
 * backward (Vaswani et al. 2017; Dao et al. 2022; grouped-query heads: Ainslie et al. 2023).
 *
 * `q` is (B, T, ·) and `kv` (B, S, ·), each holding its heads side by side from the given columns on; both may be one
 * fused tensor. Result (B, T, H·D). A row that sees no key gives zeros and no gradient.
 *
 * @throws ShapeError if heads, widths and offsets do not fit, or if gradients are wanted for a tensor that has columns
 * besides the queries, keys and values.
 */
export function attention(
  g: Graph,
  { q, kv, ...options }: { q: Tensor; kv: Tensor } & AttentionOptions,
): Tensor {
  const where = g.where('attention');
  const { heads, keyValueHeads = heads, width, causal = false, scale = 1 / Math.sqrt(width) } = options;
  const { queryOffset = 0, keyOffset = 0, valueOffset = keyOffset + keyValueHeads * width } = options;
  const queries: Columns = { tensor: q, offset: queryOffset };
  const keys: Columns = { tensor: kv, offset: keyOffset };
  const values: Columns = { tensor: kv, offset: valueOffset };
  if (heads % keyValueHeads !== 0) {
    throw new ShapeError(
      where,
      `${heads} heads cannot share ${keyValueHeads} key heads`,
      'H must be a multiple of G.',
    );
  }
  expectColumns(where, 'q', queries, heads * width);
  expectColumns(where, 'k', keys, keyValueHeads * width);
  expectColumns(where, 'v', values, keyValueHeads * width);
  expectDType(where, q, 'f32', 'f16');
  expectDType(where, kv, q.dtype);
  const [B, T] = q.shape as [number, number, number];
  const [, S] = kv.shape as [number, number, number];
  if (kv.shape[0] !== B) throw new ShapeError(where, `q has ${B} sequences but kv ${kv.shape[0]}`);
  const lengths = options.lengths ?? g.constant('every key', [B], new Uint32Array(B).fill(S));
  expectShape(where, lengths, [B]);
  expectDType(where, lengths, 'u32');

  const wide = isWide(width, [queries, keys, values]);
  const m = chooseMapping({ width, heads, wide }, g.device.can);
  const per = wide ? 4 : 1;
  const stride = (c: Columns): number => c.tensor.shape.at(-1)! / per;
  const sizes = {
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
    // Where nothing is causal every row's last key lies past the end.
    shift: causal ? S - T : S,
    scale,
    w: m.packs,
  };
  const T_ = storageOf(q, wide);
  const types: Constants = { T: T_, KV: T_ };
  const pairs = causal ? T * S - (T * (T - 1)) / 2 : T * S;
  const flops = 4 * B * heads * width * pairs;
  const grid: Grid = [Math.ceil(T / m.tile), (B * heads) / m.headsPerGroup];

  const out = g.value('attention', [B, T, heads * width], q.dtype);
  const lse = g.value('attention lse', [B, heads, T], 'f32');
  const read = { q, k: kv, v: kv, lengths };
  g.dispatch(
    forward(m),
    { ...read, out, lse },
    { uniforms: sizes, constants: { ...m.constants, ...types }, grid, flops },
  );

  g.backward(out, () => {
    const dq = g.sink(q);
    const dkv = q.root === kv.root ? dq : g.sink(kv);
    if (!dq && !dkv) return;
    expectCovered(where, q, kv, heads * width, 2 * keyValueHeads * width);
    const dout = g.grad(out);
    const delta = g.value('attention delta', [B, heads, T], 'f32');
    const rows = B * heads * T;
    g.dispatch(
      wide ? delta4 : delta1,
      { out, dout, delta },
      { uniforms: { t: T, heads, n: rows, w: m.packs }, constants: { T: T_ }, grid: [Math.ceil(rows / 64)] },
    );
    const saved = { ...read, dout, lse, delta };
    const gradient = (x: Sink): Constants => ({ DX: storageOf(x.tensor, wide), ADD: x.add });
    if (dq) {
      g.dispatch(
        backwardQuery(m),
        { ...saved, dq: dq.tensor },
        {
          uniforms: sizes,
          constants: { ...m.constants, ...types, ...gradient(dq) },
          grid,
          flops: 1.5 * flops,
        },
      );
    }
    if (!dkv) return;
    const mk = chooseMapping({ width, heads: keyValueHeads, wide }, g.device.can);
    g.dispatch(
      backwardKey(mk),
      { ...saved, dkv: dkv.tensor },
      {
        uniforms: sizes,
        constants: { ...mk.constants, ...types, ...gradient(dkv) },
        grid: [Math.ceil(S / mk.tile), (B * keyValueHeads) / mk.headsPerGroup],
        flops: 2 * flops,
      },
    );
  });
  return out;
}

/** Attention of a sequence to itself, on fused rows: qkv (B, T, (H + 2G)·D), queries first, then keys, then values. */
export function selfAttention(
  g: Graph,
  qkv: Tensor,
  options: Pick<AttentionOptions, 'heads' | 'keyValueHeads' | 'causal' | 'scale' | 'lengths'>,
): Tensor {
  const { heads, keyValueHeads = heads } = options;
  const width = qkv.shape.at(-1)! / (heads + 2 * keyValueHeads);
  if (!Number.isInteger(width)) {
    throw new ShapeError(
      g.where('selfAttention'),
      `rows of ${qkv.toString()} do not divide into ${heads} + 2·${keyValueHeads} heads`,
    );
  }
  return attention(g, { q: qkv, kv: qkv, ...options, width, keyOffset: heads * width });
}

/** The two backward kernels write q's, k's and v's columns; any others would keep no gradient at all. */
function expectCovered(where: string, q: Tensor, kv: Tensor, queries: number, keysValues: number): void {
  const one = q.root === kv.root;
  for (const [x, columns] of one
    ? [[q, queries + keysValues] as const]
    : ([
        [q, queries],
        [kv, keysValues],
      ] as const)) {
    if (x.shape.at(-1) !== columns) {
      throw new ShapeError(
        where,
        `rows of ${x.toString()} have columns besides the ${columns} of its heads`,
        'Split them off before attention when training.',
      );
    }
  }
}
