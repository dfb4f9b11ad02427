/** Rows of heads as matrices, one a chunk: packing, plain products, decays and gradients of gates. */
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import type { Constants } from '../../runtime/shader';
import { elementType } from '../lib/elementwise';
import type { Range } from '../linear_attention/layout';
import { product } from '../matmul/matmul';
import type { Call } from './call';
import decayEndsWgsl from './decay_ends.wgsl';
import decayGradientWgsl from './decay_gradient.wgsl';
import decayPartsWgsl from './decay_parts.wgsl';
import decayRowsWgsl from './decay_rows.wgsl';
import fadeWgsl from './fade.wgsl';
import keyTotalWgsl from './key_total.wgsl';
import logDecay from './log_decay.wgsl';
import logDecayNone from './log_decay_none.wgsl';
import nearWgsl from './near.wgsl';
import nearEachWgsl from './near_each.wgsl';
import packWgsl from './pack.wgsl';
import packedRate from './packed_rate.wgsl';
import rateWgsl from './rate.wgsl';
import rateGradientWgsl from './rate_gradient.wgsl';
import rateNone from './rate_none.wgsl';
import spreadEachWgsl from './spread_each.wgsl';
import sumsWgsl from './sums.wgsl';
import unpackWgsl from './unpack.wgsl';

/*#__NO_SIDE_EFFECTS__*/
const define = (name: string, ...wgsl: Parameters<typeof defineKernel>[0]['wgsl']): Kernel =>
  defineKernel({ name: `gated_linear_attention.${name}`, wgsl });
const sumsKernel = define('sums', sumsWgsl);
const packs = {
  plain: define('pack', packWgsl, logDecayNone, rateNone),
  faded: define('pack_faded', packWgsl, logDecay, rateNone),
  rated: define('pack_rated', packWgsl, logDecayNone, rateWgsl),
  both: define('pack_gated', packWgsl, logDecay, rateWgsl),
};
const nears = {
  plain: define('near', nearWgsl, packedRate, logDecayNone, rateNone),
  faded: define('near_faded', nearWgsl, packedRate, logDecay, rateNone),
  rated: define('near_rated', nearWgsl, packedRate, logDecayNone, rateWgsl),
  both: define('near_gated', nearWgsl, packedRate, logDecay, rateWgsl),
};
const nearEach = {
  faded: define('near_each', nearEachWgsl, packedRate, logDecay, rateNone),
  both: define('near_each_rated', nearEachWgsl, packedRate, logDecay, rateWgsl),
};
const spreadEach = define('spread_each', spreadEachWgsl, logDecay);
const fadeKernel = define('fade', fadeWgsl, logDecay);
const scaleKernel = define('scale', fadeWgsl, logDecayNone);
const unpackKernel = define('unpack', unpackWgsl, rateNone);
const unpackRated = define('unpack_rated', unpackWgsl, rateWgsl);
const keyTotal = define('key_total', keyTotalWgsl, packedRate, rateWgsl);
const rateGradient = define('rate_gradient', rateGradientWgsl);
const decayParts = define('decay_parts', decayPartsWgsl, packedRate, rateNone);
const decayPartsRated = define('decay_parts_rated', decayPartsWgsl, packedRate, rateWgsl);
const decayEnds = define('decay_ends', decayEndsWgsl);
const decayRows = define('decay_rows', decayRowsWgsl);
const decayGradient = define('decay_gradient', decayGradientWgsl);
const LANES = 64;

/** Matrices of f32, `rows` × `columns` each, one for each state and chunk. */
export interface Matrices {
  readonly tensor: Tensor;
  readonly rows: number;
  readonly columns: number;
}

/** How packed rows fade: not, since their chunk began, or until it ends. */
type Fade = 'not' | 'since' | 'until';
const FADES = { not: 0, since: 1, until: 2 } as const;

/** Rows of a chunk: workgroup tiles are 32 rows high, and a state of D×E numbers should serve many rows. */
export const rowsOfChunk = (T: number): number => (T > 32 ? 64 : 32);

const fours = (n: number): number => Math.ceil(n / 4);

export class Chunks {
  readonly #g: Graph;
  readonly call: Call;
  readonly chunk: number;
  readonly chunks: number;
  /** How many matrices there are. */
  readonly batch: number;
  /** Heads of the result that read a state. */
  readonly shares: number;
  /** Running sums of log decays. */
  readonly sums: Tensor | null;

  constructor(g: Graph, call: Call) {
    this.#g = g;
    this.call = call;
    const { B, T, states, outs, decay, each, width } = call;
    this.chunk = rowsOfChunk(T);
    this.chunks = Math.ceil(T / this.chunk);
    this.batch = B * states * this.chunks;
    this.shares = outs / states;
    if (!decay) {
      this.sums = null;
      return;
    }
    const columns = each ? width : 1;
    this.sums = g.value('running log decay', [this.batch * this.chunk, columns], 'f32');
    this.#each(
      sumsKernel,
      this.batch * columns,
      { decay, sums: this.sums },
      { ...this.#places, width: columns },
      { G: decay },
    );
  }

  /** Dispatches an invocation for each of `n` things. `types`: the tensors whose storage types the kernel's aliases name. */
  #each(
    kernel: Kernel,
    n: number,
    bind: Readonly<Record<string, Tensor>>,
    uniforms: Readonly<Record<string, number>>,
    types: Readonly<Record<string, Tensor>> = {},
    constants: Constants = {},
    flops = n,
  ): void {
    this.#g.dispatch(kernel, bind, {
      uniforms: { n, ...uniforms },
      constants: {
        ...Object.fromEntries(Object.entries(types).map(([name, x]) => [name, elementType(x.dtype, false)])),
        ...constants,
      },
      grid: linearGrid(Math.ceil(n / LANES)),
      flops,
    });
  }

  /** How rows are cut, for kernels that ask which row of which state a packed one is. */
  get #places(): { t: number; states: number; chunk: number; chunks: number } {
    const { T, states } = this.call;
    return { t: T, states, chunk: this.chunk, chunks: this.chunks };
  }

  /** What kernels that are linked with log_decay.wgsl and rate.wgsl bind, and which of a set's kernels that is. */
  #gates<K>(
    set: { readonly plain?: K; readonly faded: K; readonly rated?: K; readonly both: K },
    faded: boolean,
    rated: boolean,
  ): { kernel: K; bind: Record<string, Tensor>; types: Record<string, Tensor>; constants: Constants } {
    const { sums } = this;
    const { beta, each } = this.call;
    const fades = faded && sums !== null;
    const rates = rated && beta !== null;
    return {
      kernel: (fades ? (rates ? set.both : set.faded) : rates ? set.rated : set.plain)!,
      bind: { ...(fades && { sums }), ...(rates && { beta }) },
      types: rates ? { R: beta } : {},
      constants: fades ? { BY_NUMBER: each } : {},
    };
  }

  matrices(rows: number, columns: number): Matrices {
    const tensor = this.#g.value('gated linear attention', [this.batch, rows, columns], 'f32');
    return { tensor, rows, columns };
  }

  /** Rows of x, of `heads` heads, `shares` for each state. */
  pack(
    { tensor: x, offset }: Range,
    {
      heads,
      width,
      shares = 1,
      fade = 'not',
      rated = false,
      scale = 1,
    }: {
      readonly heads: number;
      readonly width: number;
      readonly shares?: number;
      readonly fade?: Fade;
      readonly rated?: boolean;
      readonly scale?: number;
    },
  ): Matrices {
    const to = this.matrices(shares * this.chunk, 4 * fours(width));
    const { kernel, bind, types, constants } = this.#gates(packs, fade !== 'not', rated);
    this.#each(
      kernel,
      to.tensor.size / 4,
      { x, packed: to.tensor, ...bind },
      { ...this.#places, shares, heads, width, fours: fours(width), stride: x.shape[2], offset, scale },
      { X: x, ...types },
      { FADE: 'sums' in bind ? FADES[fade] : 0, ...constants },
    );
    return to;
  }

  /** Packed rows to where they belong; heads of `to` get the sum of those that were made of them. */
  unpack(
    { tensor: packed, columns }: Matrices,
    to: Sink,
    {
      heads,
      width,
      shares = 1,
      rated = false,
      scale = 1,
      offset = 0,
    }: {
      readonly heads: number;
      readonly width: number;
      readonly shares?: number;
      readonly rated?: boolean;
      readonly scale?: number;
      readonly offset?: number;
    },
  ): void {
    const { beta, B, T } = this.call;
    const rates = rated && beta !== null;
    this.#each(
      rates ? unpackRated : unpackKernel,
      B * T * heads * (columns / 4),
      { packed, dx: to.tensor, ...(rates && { beta }) },
      {
        ...{ ...this.#places, shares, heads, width, fours: columns / 4 },
        stride: to.tensor.shape.at(-1)!,
        offset,
        scale,
      },
      { DX: to.tensor, ...(rates && { R: beta }) },
      { ADD: to.add },
    );
  }

  /** a b, aᵀ b (TN) or a bᵀ (NT) of each matrix, added to `sum` where that is given. */
  times(a: Matrices, b: Matrices, form: 'NN' | 'TN' | 'NT' = 'NN', sum?: Matrices): Matrices {
    const [transposeA, transposeB] = [form === 'TN', form === 'NT'];
    const [m, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
    const n = transposeB ? b.rows : b.columns;
    const to = sum ?? this.matrices(m, n);
    product(
      this.#g,
      { tensor: a.tensor, transposed: transposeA, shared: false },
      { tensor: b.tensor, transposed: transposeB, shared: false },
      { tensor: to.tensor, add: sum !== undefined },
      { batch: this.batch, m, n, k: inner },
    );
    return to;
  }

  /**
   * left · right of rows up to each row of a chunk, times what has not faded in between: (shares · chunk, chunk). `strict`
   * leaves out the row itself, `rated` multiplies by β of the row.
   */
  near(
    left: Matrices,
    right: Matrices,
    { strict = false, rated = false }: { readonly strict?: boolean; readonly rated?: boolean } = {},
  ): Matrices {
    const shares = left.rows / this.chunk;
    if (!this.call.each) {
      const products = this.times(left, right, 'NT');
      this.mask(products, { strict, rated });
      return products;
    }
    const products = this.matrices(left.rows, this.chunk);
    const { kernel, bind, types, constants } = this.#gates(nearEach, true, rated);
    const { width } = this.call;
    this.#each(
      kernel,
      products.tensor.size,
      { products: products.tensor, left: left.tensor, right: right.tensor, ...bind },
      { ...this.#places, shares, width, fours: fours(width) },
      types,
      { STRICT: strict, ...constants },
      2 * products.tensor.size * width,
    );
    return products;
  }

  /** Products of rows in place: later ones become 0, and where a head has one decay, earlier ones fade; times `scale`. */
  mask(
    { tensor: products, rows }: Matrices,
    { strict = false, rated = false, scale = 1 }: { strict?: boolean; rated?: boolean; scale?: number },
  ): void {
    const { kernel, bind, types } = this.#gates(nears, !this.call.each, rated);
    const shares = rows / this.chunk;
    this.#each(kernel, products.size, { products, ...bind }, { ...this.#places, shares, scale }, types, {
      STRICT: strict,
    });
  }

  /** Adds Σ_j near_ij rows_j to `sum`, or with `later` Σ_l near_li rows_l, where near is masked products or their gradient. */
  spread(near: Matrices, rows: Matrices, sum: Matrices, later = false): void {
    if (!this.call.each) {
      this.times(near, rows, later ? 'TN' : 'NN', sum);
      return;
    }
    const { width } = this.call;
    this.#each(
      spreadEach,
      sum.tensor.size,
      { sum: sum.tensor, near: near.tensor, rows: rows.tensor, sums: this.sums! },
      { chunk: this.chunk, shares: near.rows / this.chunk, width, fours: sum.columns / 4 },
      {},
      { BY_NUMBER: true, LATER: later },
      near.rows * this.batch * this.chunk * width,
    );
  }

  /** Packed rows in place, times `scale` and what `fade` says. */
  fade({ tensor: packed, rows, columns }: Matrices, fade: 'since' | 'until', scale = 1): void {
    const { sums } = this;
    if (!sums && scale === 1) return;
    const { width, each } = this.call;
    this.#each(
      sums ? fadeKernel : scaleKernel,
      packed.size / 4,
      { packed, ...(sums && { sums }) },
      { chunk: this.chunk, shares: rows / this.chunk, width, fours: columns / 4, scale },
      {},
      { FADE: FADES[fade], ...(sums && { BY_NUMBER: each }) },
    );
  }

  /** later += β before. */
  keyTotal(later: Matrices, before: Matrices): void {
    const beta = this.call.beta!;
    this.#each(
      keyTotal,
      later.tensor.size / 4,
      { later: later.tensor, before: before.tensor, beta },
      { ...this.#places, fours: later.columns / 4 },
      { R: beta },
    );
  }

  rateGradient(
    to: Sink,
    x: { readonly gradients: Matrices; readonly key: Matrices; readonly before: Matrices },
  ): void {
    const { v, B, T, states, valueWidth } = this.call;
    const { gradients, key, before } = x;
    this.#each(
      rateGradient,
      B * T * states,
      { v: v.tensor, gradients: gradients.tensor, key: key.tensor, before: before.tensor, dx: to.tensor },
      {
        ...this.#places,
        ...{ packs: key.columns / 4, value_width: valueWidth, fours: gradients.columns / 4 },
        ...{ stride: v.tensor.shape[2], offset: v.offset },
      },
      { V: v.tensor, DX: to.tensor },
      { ADD: to.add },
      2 * B * T * states * (key.columns + valueWidth),
    );
  }

  decayGradient(
    to: Sink,
    x: Readonly<Record<'query' | 'dquery' | 'key' | 'later' | 'states' | 'carried', Matrices>> & {
      readonly before: Matrices | null;
    },
  ): void {
    const { beta, each, width } = this.call;
    const { query, dquery, key, later, before, states, carried } = x;
    const parts = this.matrices(this.chunk, key.columns);
    const rates = before !== null;
    this.#each(
      rates ? decayPartsRated : decayParts,
      parts.tensor.size / 4,
      {
        ...{ query: query.tensor, dquery: dquery.tensor, key: key.tensor, later: later.tensor },
        ...{ before: (before ?? later).tensor, parts: parts.tensor },
        ...(rates && { beta: beta! }),
      },
      { ...this.#places, shares: this.shares, fours: key.columns / 4 },
      rates ? { R: beta! } : {},
      { DELTA: rates },
    );
    this.#each(
      decayEnds,
      this.batch * key.columns,
      { states: states.tensor, carried: carried.tensor, parts: parts.tensor },
      { chunk: this.chunk, chunks: this.chunks, width: key.columns, fours: states.columns / 4 },
      {},
      {},
      2 * this.batch * key.columns * states.columns,
    );
    let [sums, columns] = [parts.tensor, key.columns];
    if (!each) {
      const rows = this.batch * this.chunk;
      sums = this.#g.value('gated linear attention', [rows], 'f32');
      this.#each(
        decayRows,
        rows,
        { parts: parts.tensor, sums },
        { fours: columns / 4 },
        {},
        {},
        rows * columns,
      );
      columns = 1;
    }
    const w = each ? width : 1;
    this.#each(
      decayGradient,
      this.batch * w,
      { parts: sums, dx: to.tensor },
      { ...this.#places, width: w, columns },
      { DX: to.tensor },
      { ADD: to.add },
      this.batch * this.chunk * w,
    );
  }
}
