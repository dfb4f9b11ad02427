import type { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import { attention } from '../../engine/shaders/attention/attention';
import {
  attentionRef,
  attentionRefGrad,
  keptRef,
  type AttentionSizes,
} from '../../engine/shaders/attention/attention.ref';
import { denseBias } from '../../engine/shaders/attention/bias/bias_dense';
import { ropeFrequenciesRef, ropeRef } from '../../engine/shaders/rope/rope.ref';
import { STEP } from '../specimen';
import { type DescribedOp, describeOp, normal, type OpTest, type TestArray, type Where } from '../op';

interface Case {
  readonly [key: string]: number | boolean | string;
  readonly B: number;
  readonly T: number;
  readonly H: number;
  readonly G: number;
  readonly D: number;
  /** Bias (1, H, T, T), or (1, H, 1, T) that queries share. */
  readonly bias: 'none' | 'pairs' | 'keys';
  readonly dropout: number;
  readonly rope: boolean;
}

const THETA = 100;
const has = ({ bias }: Case): boolean => bias !== 'none';
const rowsOf = ({ bias, T }: Case): number => (bias === 'pairs' ? T : 1);
/** Rows hold values, queries, keys, in this order: none begins where it would by default. */
const offsets = ({ H, G, D }: Case) => ({
  ...{ valueOffset: 0, queryOffset: G * D, keyOffset: (G + H) * D },
  widths: [G * D, H * D, G * D] as const,
});

function op(g: Graph, x: Readonly<Record<string, Tensor>>, c: Case): Record<string, Tensor> {
  const { widths: _widths, ...columns } = offsets(c);
  const one = (causal: boolean): Tensor =>
    attention(g, {
      ...{ q: x['rows'], kv: x['rows'], heads: c.H, keyValueHeads: c.G, width: c.D, causal, ...columns },
      dropout: c.dropout,
      ...(has(c) && { bias: denseBias(x['bias']) }),
      ...(c.rope && { rope: { theta: THETA } }),
    });
  return { causal: one(true), full: one(false) };
}

type Arrays = Readonly<Record<string, Float64Array>>;

function parts(x: Float64Array, c: Case): Float64Array[] {
  const { widths } = offsets(c);
  const C = widths.reduce((a, b) => a + b, 0);
  return widths.map((w, n) => {
    const from = widths.slice(0, n).reduce((a, b) => a + b, 0);
    return Float64Array.from({ length: c.B * c.T * w }, (_, i) => x[Math.floor(i / w) * C + from + (i % w)]);
  });
}

/** Columns of `heads` heads turned by their positions, or back with `sign` -1. */
const turned = (x: Float64Array, heads: number, { T, D, rope }: Case, sign = 1): Float64Array =>
  rope
    ? ropeRef(
        x,
        {
          ...{ T, C: heads * D, heads, width: D, start: 0, offset: 0 },
          frequencies: ropeFrequenciesRef(D, THETA),
        },
        sign,
      )
    : x;

const sizes = (x: Arrays, c: Case, stream: 0 | 1): AttentionSizes => ({
  ...{ B: c.B, T: c.T, S: c.T, heads: c.H, keyValueHeads: c.G, D: c.D, causal: stream === 0 },
  ...(has(c) && { bias: (_: number, h: number, t: number, j: number) => x['bias'][place(c, h, t, j)] }),
  ...(c.dropout > 0 && { kept: keptRef(STEP, { heads: c.H, S: c.T, rate: c.dropout, stream }) }),
});
const place = (c: Case, h: number, t: number, j: number): number =>
  (h * rowsOf(c) + (c.bias === 'pairs' ? t : 0)) * c.T + j;

function operands(x: Arrays, c: Case): readonly [q: Float64Array, k: Float64Array, v: Float64Array] {
  const [v, q, k] = parts(x['rows'], c);
  return [turned(q, c.H, c), turned(k, c.G, c), v];
}

function gradient(x: Arrays, dy: Arrays, c: Case): Record<string, Float64Array> {
  const { widths } = offsets(c);
  const C = widths.reduce((a, b) => a + b, 0);
  const rows = new Float64Array(x['rows'].length);
  const bias = has(c) ? new Float64Array(x['bias'].length) : null;
  for (const [stream, name] of (['causal', 'full'] as const).entries()) {
    const d = attentionRefGrad(
      ...operands(x, c),
      dy[name],
      sizes(x, c, stream as 0 | 1),
      (_, h, t, j, ds) => bias && (bias[place(c, h, t, j)] += ds),
    );
    const own = [d.v, turned(d.q, c.H, c, -1), turned(d.k, c.G, c, -1)];
    for (const [n, part] of own.entries()) {
      const from = widths.slice(0, n).reduce((a, b) => a + b, 0);
      for (const [i, y] of part.entries()) rows[Math.floor(i / widths[n]) * C + from + (i % widths[n])] += y;
    }
  }
  return { rows, ...(bias && { bias }) };
}

const base = { B: 2, T: 19, H: 4, G: 2, D: 4, bias: 'none', dropout: 0, rope: false } as const;
const shared: readonly Case[] = [
  { ...base, bias: 'keys', dropout: 0.2 },
  { ...base, bias: 'pairs' },
];
// Software adapters take ten seconds and more to compile all these kernels: there, the first of each.
const light: readonly Case[] = [{ ...base, B: 1, dropout: 0.2 }];

const spec: Omit<OpTest<Case, Record<string, TestArray>>, 'cases'> = {
  dtypes: 'either',
  // See INTERPRETER in ../attentions.ts, and rope.test.ts.
  races: { without: /^rope\.|backward_(key_)?bias(?!.*software)/ },
  inputs: (c) => ({
    rows: normal([c.B, c.T, (c.H + 2 * c.G) * c.D]),
    // A parameter's storage: f32 beside rows in f16.
    ...(has(c) && { bias: normal([1, c.H, rowsOf(c), c.T], { exact: true }) }),
  }),
  op,
  reference: (x, c) => ({
    causal: attentionRef(...operands(x, c), sizes(x, c, 0)),
    full: attentionRef(...operands(x, c), sizes(x, c, 1)),
  }),
  gradient,
  step: STEP,
  terms: ({ B, T, H, G, D }) => D + 2 * B * T * (H / G),
};

const turning = describeOp('attentions of the same rows, which turn as tiles load', {
  ...spec,
  cases: [{ ...base, B: 1, T: 9, H: 2, G: 1, D: 8, rope: true }],
  rungs: ['hardware'],
});

export const ops = ({ gpu, slow }: Where): readonly DescribedOp[] => [
  describeOp('attentions of the same rows and bias', {
    ...spec,
    cases: slow ? light : gpu ? shared.slice(0, 1) : shared,
    rungs: ['software'],
  }),
  ...(slow ? [] : [turning]),
];
