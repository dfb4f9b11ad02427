/** The rung for GPUs: operands are read where they are, tile by tile, and multiplied in workgroup memory. */
import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import type { Constants, Shader } from '../../runtime/shader';
import { elementType } from '../lib/elementwise';
import { chunksOf, scanStates, TILE, type Call, type Gradients, type Looks, type Sinks } from './layout';
import applyWgsl from './apply.wgsl';
import dkWgsl from './dk.wgsl';
import dqWgsl from './dq.wgsl';
import dvWgsl from './dv.wgsl';
import gradientsWgsl from './gradients.wgsl';
import keysWgsl from './keys.wgsl';
import outWgsl from './out.wgsl';
import ownGradients from './own_gradients.wgsl';
import ownKeys from './own_keys.wgsl';
import ownQueries from './own_queries.wgsl';
import queriesWgsl from './queries.wgsl';
import sizesWgsl from './sizes.wgsl';
import stateWgsl from './state.wgsl';
import streamKeys from './stream_keys.wgsl';
import streamQueries from './stream_queries.wgsl';
import streamedWgsl from './streamed.wgsl';
import tileWgsl from './tile.wgsl';

/*#__NO_SIDE_EFFECTS__*/
const define = (name: string, ...wgsl: Shader[]): Kernel =>
  defineKernel({ name: `linear_attention.${name}`, wgsl: [sizesWgsl, ...wgsl, streamedWgsl, tileWgsl] });
const keyState = define('key_state', keysWgsl, streamKeys, stateWgsl);
const queryState = define('query_state', queriesWgsl, gradientsWgsl, streamQueries, stateWgsl);
const forward = define('forward', queriesWgsl, keysWgsl, streamKeys, ownQueries, outWgsl, applyWgsl);
const all = [queriesWgsl, keysWgsl, gradientsWgsl] as const;
const backwardQuery = define('backward_query', ...all, streamKeys, ownGradients, dqWgsl, applyWgsl);
const backwardKey = define('backward_key', ...all, streamQueries, ownKeys, dkWgsl, applyWgsl);
const backwardValue = define('backward_value', ...all, streamQueries, ownKeys, dvWgsl, applyWgsl);

interface Pass {
  readonly stream: 'keys' | 'queries';
  readonly swap: boolean;
  /** Columns of the left and of the right streamed operand. */
  readonly x: number;
  readonly y: number;
  /** Also Σ_j owner · left_j. Default false. */
  readonly total?: boolean;
  readonly streamed: Readonly<Record<string, Tensor>>;
  /** Storage types of what is streamed. */
  readonly stored: Constants;
  readonly apply: Kernel;
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly types: Constants;
}

/** Σ_j (owner · left_j) right_j over the rows that `stream` walks through: forward and all three gradients. */
function contract(g: Graph, call: Call, pass: Pass): void {
  const { B, T, S, heads, keyValueHeads, width, valueWidth, causal } = call;
  const { stream, x, y, total = false } = pass;
  const streamsKeys = stream === 'keys';
  const [rows, owned] = streamsKeys ? [S, T] : [T, S];
  const ownerHeads = streamsKeys ? heads : keyValueHeads;
  const { chunk, chunks } = chunksOf(rows, causal, Math.max(width, valueWidth));
  const stride = total ? y + 1 : y;
  const looks: Looks = !causal ? 'every' : streamsKeys ? 'earlier' : 'later';
  const uniforms = {
    ...call.sizes,
    ...{ x, y, stride, chunk, chunks },
    owner_heads: ownerHeads,
    streams: streamsKeys ? 1 : heads / keyValueHeads,
    direction: { earlier: 0, later: 1, every: 2 }[looks],
  };
  const constants = {
    COLUMNS: 2 ** Math.ceil(Math.log2(Math.ceil(y / 32))),
    TOTAL: total,
    SWAP: pass.swap,
  };
  const states = B * keyValueHeads;
  // A single causal chunk has no other to look at.
  const alone = causal && chunks === 1;
  const state = g.value('linear attention state', alone ? [1] : [states, chunks, x, stride], 'f32');
  if (!alone) {
    g.dispatch(
      streamsKeys ? keyState : queryState,
      { ...pass.streamed, state },
      {
        uniforms,
        constants: { ...constants, ...pass.stored },
        grid: [chunks, Math.ceil(x / TILE), states],
        flops: 2 * B * heads * rows * x * y,
      },
    );
    scanStates(g, state, { states, chunks, width: x * stride }, looks);
  }
  const near = causal ? Math.min(rows, chunk) / 2 : 0;
  g.dispatch(
    pass.apply,
    { ...pass.bind, state },
    {
      uniforms,
      constants: { ...constants, ...types(call), ...pass.types },
      grid: [Math.ceil(owned / TILE), B * ownerHeads],
      flops: 2 * B * heads * owned * (x * y + near * (x + y)),
    },
  );
}

const types = ({ q, k, v }: Call): Constants => ({
  Q: elementType(q.dtype, false),
  K: elementType(k.dtype, false),
  V: elementType(v.dtype, false),
});

export const tiled = {
  forward(g: Graph, call: Call): void {
    const { q, k, v, lengths, out, inverse } = call;
    const { K, V } = types(call);
    contract(g, call, {
      stream: 'keys',
      swap: false,
      x: call.width,
      y: call.valueWidth,
      total: true,
      streamed: { k, v, lengths },
      stored: { K, V },
      apply: forward,
      bind: { q, k, v, lengths, out, inverse },
      types: { Y: elementType(out.dtype, false) },
    });
  },

  backward(g: Graph, call: Call, { dout, ratio }: Gradients, sinks: Sinks): void {
    const { q, k, v, lengths, width, valueWidth } = call;
    const { Q, K, V } = types(call);
    const DY = elementType(dout.dtype, false);
    const gradient = (sink: Sink, more: Constants = {}) => ({
      bind: { q, k, v, lengths, dout, ratio, dx: sink.tensor },
      types: { DY, DX: elementType(sink.tensor.dtype, false), ADD: sink.add, ...more },
    });
    const keys = { stream: 'keys', streamed: { k, v, lengths }, stored: { K, V } } as const;
    const queries = { stream: 'queries', streamed: { q, dout, ratio }, stored: { Q, DY } } as const;
    const wide = { swap: true, x: valueWidth + 1, y: width };
    if (sinks.queries) {
      contract(g, call, { ...keys, ...wide, apply: backwardQuery, ...gradient(sinks.queries) });
    }
    if (sinks.keys) {
      contract(g, call, {
        ...queries,
        ...wide,
        apply: backwardKey,
        ...gradient(sinks.keys, { VALUES: true }),
      });
    }
    if (sinks.values) {
      const narrow = { swap: false, x: width, y: valueWidth };
      contract(g, call, {
        ...queries,
        ...narrow,
        apply: backwardValue,
        ...gradient(sinks.values, { VALUES: false }),
      });
    }
  },
};
