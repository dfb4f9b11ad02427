/**
 * Attentions for tests: a flat description of numbers, booleans and words that prints as one line, and from it the
 * inputs, the op's options and the float64 reference, in agreement.
 */
import { integers, normal, type TestArray } from './op';
import type { Graph } from '../engine/graph/graph';
import type { Tensor } from '../engine/graph/tensor';
import { attention } from '../engine/shaders/attention/attention';
import {
  attentionRef,
  attentionRefGrad,
  keptRef,
  type AttentionSizes,
  type Pairwise,
} from '../engine/shaders/attention/attention.ref';
import type { AttentionBias } from '../engine/shaders/attention/bias/bias';
import { bucketBias } from '../engine/shaders/attention/bias/bias_buckets';
import { denseBias, relativeBias } from '../engine/shaders/attention/bias/bias_dense';
import { slopeBias } from '../engine/shaders/attention/bias/bias_slopes';
import { ropeFrequenciesRef, ropeRef } from '../engine/shaders/rope/rope.ref';
import {
  fixedPattern,
  globalPattern,
  localPattern,
  randomPattern,
  stridedPattern,
  unionPattern,
  type AttentionPattern,
} from '../engine/shaders/attention/pattern/pattern';

export interface Specimen {
  readonly [key: string]: number | boolean | string;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly H: number;
  readonly G: number;
  readonly D: number;
  readonly causal: boolean;
  /** Keys before and after; -1: none. */
  readonly left: number;
  readonly right: number;
  readonly keys: 'all' | 'lengths' | 'mask';
  /** dense followed by the axes that are not broadcast, of b h t; the axis of keys always is its own. */
  readonly bias:
    'none' | 'dense' | 'dense h' | 'dense bht' | 'dense ht' | 'dense bh' | 'buckets' | 'slopes' | 'relative';
  readonly softcap: number;
  readonly scale: number;
  readonly dropout: number;
  readonly pattern: keyof typeof PATTERNS;
  /** Which columns turn together by position. */
  readonly rope: 'none' | 'halves' | 'adjacent';
  /** How many columns of a head turn; 0: all. */
  readonly rotary: number;
}

const PATTERNS = {
  all: null,
  'sparse transformer': unionPattern(localPattern(5, 0), stridedPattern(6)),
  fixed: unionPattern(localPattern(4, 0), fixedPattern(8, 2)),
  longformer: unionPattern(localPattern(6), globalPattern([0, 9])),
  bigbird: unionPattern(localPattern(4), globalPattern([0]), randomPattern(8, 1, 3)),
} satisfies Record<string, AttentionPattern | null>;

export const PLAIN: Specimen = {
  B: 1,
  T: 5,
  S: 5,
  H: 2,
  G: 2,
  D: 4,
  causal: false,
  left: -1,
  right: -1,
  keys: 'all',
  bias: 'none',
  softcap: 0,
  scale: 0,
  dropout: 0,
  pattern: 'all',
  rope: 'none',
  rotary: 0,
};

const BUCKETS = 6;
/** Any rule will do here: far distances share buckets, and the two directions differ. */
const bucketOf = (distance: number): number => Math.min(2, Math.abs(distance)) + (distance > 0 ? 3 : 0);
const slopes = (H: number): number[] => Array.from({ length: H }, (_, h) => 2 ** -(h + 1));

/** Shape of a bias tensor, if there is one. */
function biasShape({ bias, B, T, S, H, causal }: Specimen): number[] | null {
  if (bias === 'buckets') return [BUCKETS, H];
  if (bias === 'relative') return [H, B, T, causal ? S : S + T - 1];
  if (!bias.startsWith('dense')) return null;
  const own = bias.slice(6);
  return [own.includes('b') ? B : 1, own.includes('h') ? H : 1, own.includes('t') ? T : 1, S];
}

/** Element of the bias tensor that a pair uses. */
function biasPlace(c: Specimen): ((b: number, h: number, t: number, j: number) => number) | null {
  const shape = biasShape(c);
  if (!shape) return null;
  const { B, T, S, H } = c;
  if (c.bias === 'buckets') return (_, h, t, j) => bucketOf(j - t - (S - T)) * H + h;
  if (c.bias === 'relative') return (b, h, t, j) => ((h * B + b) * T + t) * shape[3] + (j - t + T - 1);
  const own = (n: number, i: number): number => (n === 1 ? 0 : i);
  return (b, h, t, j) =>
    ((own(shape[0], b) * shape[1] + own(shape[1], h)) * shape[2] + own(shape[2], t)) * S + j;
}

export function inputsOf(c: Specimen, std = 1): Record<string, TestArray> {
  const { B, T, S, H, G, D, keys } = c;
  const shape = biasShape(c);
  const hidden = integers([B, S], 3);
  const counts = [Math.ceil((2 * S) / 3), 0, S];
  return {
    q: normal([B, T, H * D], { std }),
    kv: normal([B, S, 2 * G * D], { std }),
    ...(shape ? { bias: normal(shape, { exact: c.bias === 'buckets' }) } : {}),
    // The second sequence has no key at all: zeros, and no gradient.
    ...(keys === 'lengths'
      ? { lengths: { shape: [B], data: Uint32Array.from({ length: B }, (_, b) => counts[b % 3]) } }
      : {}),
    ...(keys === 'mask' ? { mask: { ...hidden, data: hidden.data.map((x) => Math.min(x, 1)) } } : {}),
  };
}

export function opOf(g: Graph, x: Readonly<Record<string, Tensor>>, c: Specimen): Tensor {
  const bias: AttentionBias | undefined =
    c.bias === 'none'
      ? undefined
      : c.bias === 'slopes'
        ? slopeBias(slopes(c.H))
        : c.bias === 'buckets'
          ? bucketBias(x['bias'], bucketOf)
          : (c.bias === 'relative' ? relativeBias : denseBias)(x['bias']);
  return attention(g, {
    q: x['q'],
    kv: x['kv'],
    heads: c.H,
    keyValueHeads: c.G,
    width: c.D,
    causal: c.causal,
    dropout: c.dropout,
    ...(c.left >= 0 ? { window: { left: c.left, right: c.right } } : {}),
    ...(c.scale > 0 ? { scale: c.scale } : {}),
    ...(c.softcap > 0 ? { softcap: c.softcap } : {}),
    ...(bias ? { bias } : {}),
    ...(turns(c) ? { rope: { pairing: c.rope, rotary: c.rotary || c.D, theta: THETA } } : {}),
    ...(PATTERNS[c.pattern] ? { pattern: PATTERNS[c.pattern]! } : {}),
    ...(x['lengths'] ? { lengths: x['lengths'] } : {}),
    ...(x['mask'] ? { keyMask: x['mask'] } : {}),
  });
}

export const STEP = { seed: 7, index: 3, position: 70 };
const THETA = 100;

const turns = (c: Specimen): c is Specimen & { rope: 'halves' | 'adjacent' } =>
  c.rope === 'halves' || c.rope === 'adjacent';

/** Queries and keys at their positions; with `sign` -1, gradients before they turned. */
function turned(
  q: Float64Array,
  k: Float64Array,
  c: Specimen,
  { round, store }: Rounding,
  sign = 1,
): { q: Float64Array; k: Float64Array } {
  if (!turns(c)) return { q, k };
  const { T, S, H, G, D } = c;
  const common = {
    ...{ width: D, offset: 0, frequencies: ropeFrequenciesRef(c.rotary || D, THETA) },
    ...{ adjacent: c.rope === 'adjacent', ...(round ? { round } : {}) },
  };
  const start = STEP.position;
  const stored = (y: Float64Array): Float64Array => (store ? y.map(store) : y);
  return {
    q: stored(ropeRef(q, { ...common, T, C: H * D, heads: H, start: start + S - T }, sign)),
    k: stored(ropeRef(k, { ...common, T: S, C: G * D, heads: G, start }, sign)),
  };
}

/** Which pairs (T, S) a pattern has. */
function marksOf(pattern: AttentionPattern | null, T: number, S: number): Uint8Array | null {
  if (!pattern) return null;
  const marks = new Uint8Array(T * S);
  for (let t = 0; t < T; t++) {
    for (const [first, last] of pattern.keys(t + S - T, S)) {
      for (let j = Math.max(0, first); j <= Math.min(S - 1, last); j++) marks[t * S + j] = 1;
    }
  }
  return marks;
}

export function sizesOf(c: Specimen, x: Readonly<Record<string, Float64Array>>): AttentionSizes {
  const { B, T, S, H, G, D, causal } = c;
  const place = biasPlace(c);
  const marks = marksOf(PATTERNS[c.pattern], T, S);
  const mask = x['mask'];
  const bias: Pairwise | undefined = place
    ? (b, h, t, j) => x['bias'][place(b, h, t, j)]
    : c.bias === 'slopes'
      ? (_, h, t, j) => -slopes(H)[h] * Math.abs(j - t - (S - T))
      : undefined;
  return {
    B,
    T,
    S,
    heads: H,
    keyValueHeads: G,
    D,
    causal,
    ...(c.scale > 0 ? { scale: c.scale } : {}),
    ...(c.softcap > 0 ? { softcap: c.softcap } : {}),
    ...(c.left >= 0 ? { window: { left: c.left, right: c.right } } : {}),
    ...(x['lengths'] ? { lengths: x['lengths'] } : {}),
    ...(bias ? { bias } : {}),
    ...(c.dropout > 0 ? { kept: keptRef(STEP, { heads: H, S, rate: c.dropout }) } : {}),
    sees: (b, t, j) => (!mask || mask[b * S + j] !== 0) && (!marks || marks[t * S + j] !== 0),
  };
}

const halves = (kv: Float64Array, c: Specimen): [Float64Array, Float64Array] => {
  const w = c.G * c.D;
  const part = (offset: number) =>
    Float64Array.from(
      { length: kv.length / 2 },
      (_, at) => kv[Math.floor(at / w) * 2 * w + offset + (at % w)],
    );
  return [part(0), part(w)];
};

/** Of plain attention: what is done after every operation, and to what goes to memory. */
export type Rounding = Pick<AttentionSizes, 'round' | 'store'>;

/** Output by the reference, or by plain attention with `rounding`. */
export function referenceOf(
  x: Readonly<Record<string, Float64Array>>,
  c: Specimen,
  rounding: Rounding = {},
): Record<string, Float64Array> {
  const z = { ...sizesOf(c, x), ...rounding };
  const [rows, v] = halves(x['kv'], c);
  const { q, k } = turned(x['q'], rows, c, rounding);
  return { y: attentionRef(q, k, v, z) };
}

/** Gradients by the reference, by input name. */
export function gradientOf(
  x: Readonly<Record<string, Float64Array>>,
  dy: Readonly<Record<string, Float64Array>>,
  c: Specimen,
  rounding: Rounding = {},
): Record<string, Float64Array> {
  const z = { ...sizesOf(c, x), ...rounding };
  const place = biasPlace(c);
  const { round: f = (n: number) => n, store = (n: number) => n } = rounding;
  const dbias = x['bias'] ? new Float64Array(x['bias'].length) : null;
  const [rows, v] = halves(x['kv'], c);
  const { q, k } = turned(x['q'], rows, c, rounding);
  const d = attentionRefGrad(q, k, v, dy['y'], z, (b, h, t, j, ds) => {
    if (!dbias || !place || ds === 0) return;
    const to = place(b, h, t, j);
    dbias[to] = f(dbias[to] + ds);
  });
  const before = turned(d.q, d.k, c, rounding, -1);
  const w = c.G * c.D;
  const kv = Float64Array.from({ length: x['kv'].length }, (_, at) => {
    const [row, column] = [Math.floor(at / (2 * w)), at % (2 * w)];
    return column < w ? before.k[row * w + column] : d.v[row * w + column - w];
  });
  return { q: before.q, kv, ...(dbias ? { bias: c.bias === 'buckets' ? dbias : dbias.map(store) } : {}) };
}
