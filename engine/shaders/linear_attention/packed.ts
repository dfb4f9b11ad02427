/**
 * The rung for software adapters, whose fastest kernel is the register-tiled matmul: operands are packed, a matrix a
 * chunk, and multiplied by it. Scratch is a few copies of q, k and v and 64 or 128 numbers a row: linear in T.
 */
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import type { Constants, Shader } from '../../runtime/shader';
import { elementType } from '../lib/elementwise';
import { product } from '../matmul/matmul';
import { scanStates, type Call, type Gradients, type Looks, type Sinks } from './layout';
import dkWgsl from './dk.wgsl';
import dqWgsl from './dq.wgsl';
import dvWgsl from './dv.wgsl';
import gradientsWgsl from './gradients.wgsl';
import keysWgsl from './keys.wgsl';
import maskWgsl from './mask.wgsl';
import outWgsl from './out.wgsl';
import ownGradients from './own_gradients.wgsl';
import ownKeys from './own_keys.wgsl';
import ownQueries from './own_queries.wgsl';
import packWgsl from './pack.wgsl';
import queriesWgsl from './queries.wgsl';
import sizesWgsl from './sizes.wgsl';
import unpackWgsl from './unpack.wgsl';

/*#__NO_SIDE_EFFECTS__*/
const define = (name: string, ...wgsl: Shader[]): Kernel =>
  defineKernel({ name: `linear_attention.${name}`, wgsl: [sizesWgsl, ...wgsl] });
const packQueries = define('pack_queries', queriesWgsl, ownQueries, packWgsl);
const packGradients = define('pack_gradients', gradientsWgsl, ownGradients, packWgsl);
const packKeys = define('pack_keys', keysWgsl, ownKeys, packWgsl);
const unpackOut = define('unpack_out', queriesWgsl, ownQueries, outWgsl, unpackWgsl);
const unpackQuery = define('unpack_query', queriesWgsl, ownQueries, dqWgsl, unpackWgsl);
const unpackKey = define('unpack_key', keysWgsl, ownKeys, dkWgsl, unpackWgsl);
const unpackValue = define('unpack_value', keysWgsl, ownKeys, dvWgsl, unpackWgsl);
const mask = defineKernel({ name: 'linear_attention.mask', wgsl: [maskWgsl] });
const LANES = 64;

/** A matrix a chunk, f32. */
interface Matrix {
  readonly tensor: Tensor;
  readonly rows: number;
  readonly columns: number;
}

/** Rows of queries or of keys: `shares` heads of `chunk` rows make a matrix. */
interface Side {
  readonly chunk: number;
  readonly shares: number;
}

function rung(g: Graph, call: Call) {
  const { q, k, v, lengths, B, T, S, heads, keyValueHeads, width, valueWidth, causal } = call;
  const chunk = Math.min(T, Math.max(width, valueWidth) > 64 ? 128 : 64);
  const chunks = causal ? Math.ceil(T / chunk) : 1;
  const batch = B * keyValueHeads * chunks;
  const queries: Side = { chunk: causal ? chunk : T, shares: heads / keyValueHeads };
  const keys: Side = { chunk: causal ? chunk : S, shares: 1 };
  const [Q, K, V] = [q, k, v].map((x) => elementType(x.dtype, false));

  const move = (
    kernel: Kernel,
    { tensor, rows, columns }: Matrix,
    used: number,
    side: Side,
    bind: Readonly<Record<string, Tensor>>,
    constants: Constants,
  ): void => {
    const uniforms = { ...call.sizes, x: used, y: columns, stride: batch * rows, chunks, direction: 0 };
    g.dispatch(
      kernel,
      { ...bind, packed: tensor },
      {
        uniforms: { ...uniforms, chunk: side.chunk, owner_heads: keyValueHeads, streams: side.shares },
        constants,
        grid: linearGrid(Math.ceil((batch * rows * columns) / 4 / LANES)),
      },
    );
  };
  const matrix = (rows: number, columns: number): Matrix => ({
    tensor: g.value('linear attention packed', [batch, rows, columns], 'f32'),
    rows,
    columns,
  });
  // A multiple of four columns, as matmul likes it.
  const pack = (
    kernel: Kernel,
    used: number,
    side: Side,
    bind: Readonly<Record<string, Tensor>>,
    constants: Constants,
  ): Matrix => {
    const to = matrix(side.shares * side.chunk, 4 * Math.ceil(used / 4));
    move(kernel, to, used, side, bind, constants);
    return to;
  };
  /** a b, aᵀ b (TN) or a bᵀ (NT), added to `sum` where that is given. */
  const times = (a: Matrix, b: Matrix, form: 'NN' | 'TN' | 'NT' = 'NN', sum?: Matrix): Matrix => {
    const [transposeA, transposeB] = [form === 'TN', form === 'NT'];
    const [m, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
    const n = transposeB ? b.rows : b.columns;
    const to = sum ?? matrix(m, n);
    product(
      g,
      { tensor: a.tensor, transposed: transposeA, shared: false },
      { tensor: b.tensor, transposed: transposeB, shared: false },
      { tensor: to.tensor, add: sum !== undefined },
      { batch, m, n, k: inner },
    );
    return to;
  };
  return {
    queries,
    keys,
    times,
    move,
    packQueries: () => pack(packQueries, width, queries, { q }, { Q }),
    packGradients: ({ dout, ratio }: Gradients) =>
      pack(packGradients, valueWidth + 1, queries, { dout, ratio }, { DY: elementType(dout.dtype, false) }),
    packKeys: () => pack(packKeys, width, keys, { k, v, lengths }, { K, V, VALUES: false }),
    packValues: () => pack(packKeys, valueWidth + 1, keys, { k, v, lengths }, { K, V, VALUES: true }),
    /** Σ leftᵀ right over the chunks that each looks at; null where there is none. */
    state: (left: Matrix, right: Matrix, looks: Looks): Matrix | null => {
      if (causal && chunks === 1) return null;
      const state = times(left, right, 'TN');
      const shape = { states: B * keyValueHeads, chunks, width: state.rows * state.columns };
      scanStates(g, state.tensor, shape, looks);
      return state;
    },
    /** Products of query rows and keys of a chunk; null where nothing is causal, as the state has them all. */
    near: (a: Matrix, b: Matrix): Matrix | null => {
      if (!causal) return null;
      const products = times(a, b, 'NT');
      const n = products.tensor.size;
      g.dispatch(
        mask,
        { products: products.tensor },
        { uniforms: { n, chunk }, grid: linearGrid(Math.ceil(n / LANES)) },
      );
      return products;
    },
    types: { Q, K, V },
  };
}

export const packed = {
  forward(g: Graph, call: Call): void {
    const { q, out, inverse, valueWidth } = call;
    const r = rung(g, call);
    const [query, key, value] = [r.packQueries(), r.packKeys(), r.packValues()];
    const near = r.near(query, key);
    const state = r.state(key, value, 'earlier');
    let sum = state ? r.times(query, state) : undefined;
    if (near) sum = r.times(near, value, 'NN', sum);
    const constants = { Q: r.types.Q, Y: elementType(out.dtype, false), TOTAL: true };
    r.move(unpackOut, sum!, valueWidth, r.queries, { q, out, inverse }, constants);
  },

  backward(g: Graph, call: Call, gradients: Gradients, sinks: Sinks): void {
    const { q, k, v, lengths, width, valueWidth } = call;
    const r = rung(g, call);
    const { Q, K, V } = r.types;
    const [query, gradient, key, value] = [
      r.packQueries(),
      r.packGradients(gradients),
      r.packKeys(),
      r.packValues(),
    ];
    const to = (sink: Sink): Constants => ({
      DX: elementType(sink.tensor.dtype, false),
      ADD: sink.add,
      TOTAL: false,
    });
    // Products with the gradient serve dq and, transposed, dk.
    const near = sinks.queries || sinks.keys ? r.near(gradient, value) : null;
    if (sinks.queries) {
      const state = r.state(key, value, 'earlier');
      let sum = state ? r.times(gradient, state, 'NT') : undefined;
      if (near) sum = r.times(near, key, 'NN', sum);
      const bind = { q, dx: sinks.queries.tensor };
      r.move(unpackQuery, sum!, width, r.queries, bind, { Q, ...to(sinks.queries) });
    }
    if (!sinks.keys && !sinks.values) return;
    const state = r.state(query, gradient, 'later');
    if (sinks.keys) {
      let sum = state ? r.times(value, state, 'NT') : undefined;
      if (near) sum = r.times(near, query, 'TN', sum);
      const bind = { k, v, lengths, dx: sinks.keys.tensor };
      r.move(unpackKey, sum!, width, r.keys, bind, { K, V, VALUES: true, ...to(sinks.keys) });
    }
    if (sinks.values) {
      let sum = state ? r.times(key, state) : undefined;
      const weights = r.near(query, key);
      if (weights) sum = r.times(weights, gradient, 'TN', sum);
      const bind = { k, v, lengths, dx: sinks.values.tensor };
      r.move(unpackValue, sum!, valueWidth, r.keys, bind, { K, V, VALUES: false, ...to(sinks.values) });
    }
  },
};
