/**
 * What the kernel bench times: every op at a representative size, with the arithmetic that counts as its work. Bytes
 * are those of tensors that must be read or written once, whatever a kernel does beyond that.
 */
import {
  activation,
  adamw,
  add,
  addPositions,
  crossEntropy,
  dropout,
  embedding,
  gated,
  globalNorm,
  layernorm,
  matmul,
  rmsnorm,
  rope,
  sample,
  softmax,
  type Graph,
  type MatmulOptions,
  type Shape,
  type Tensor,
} from '../../engine/index';
import { activationRef, activationRefGrad } from '../../engine/shaders/activation/activation.ref';
import { crossEntropyRef, crossEntropyRefGrad } from '../../engine/shaders/cross_entropy/cross_entropy.ref';
import { embeddingRef, embeddingRefGrad } from '../../engine/shaders/embedding/embedding.ref';
import { gatedRef, gatedRefGrad } from '../../engine/shaders/gated/gated.ref';
import { normRef, normRefGrad } from '../../engine/shaders/layernorm/layernorm.ref';
import { addPositionsRef, addPositionsRefGrad } from '../../engine/shaders/positional/positional.ref';
import { ropeFrequenciesRef, ropeRef } from '../../engine/shaders/rope/rope.ref';
import { softmaxRef, softmaxRefGrad } from '../../engine/shaders/softmax/softmax.ref';
import { attentionCases } from './attention-cases';

type Arrays = Readonly<Record<string, Float64Array>>;

export interface KernelCase {
  readonly kernel: string;
  readonly size: string;
  /** `below`: integers, u32, less than that. */
  readonly inputs: Readonly<Record<string, { readonly shape: Shape; readonly below?: number }>>;
  readonly record: (g: Graph, x: Readonly<Record<string, Tensor>>) => Tensor;
  /** What limits it: arithmetic ('flops') or memory ('bytes'). */
  readonly limit: 'flops' | 'bytes';
  /** Operations, or bytes, of the forward and the backward pass; no backward pass where it is left out. */
  readonly forward: number;
  readonly backward?: number;
  /**
   * Float64 values to compare with: `y` and gradients by input, each the whole tensor or its first numbers; or, for
   * what is too much work, [index, value] pairs.
   */
  readonly expected: (
    x: Arrays,
    dy: Float64Array,
  ) => Readonly<Record<string, Float64Array | Map<number, number>>>;
}

const F32 = 4;

export function matmulCase(
  size: string,
  m: number,
  k: number,
  n: number,
  options: MatmulOptions = {},
): KernelCase {
  const { transposeB = false } = options;
  const flops = 2 * m * n * k;
  const picks = (rows: number, columns: number): [number, number][] =>
    Array.from({ length: 600 }, (_, i) => [(i * 7919) % rows, (i * 104729) % columns]);
  const dot = (length: number, term: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += term(i);
    return sum;
  };
  return {
    kernel: transposeB ? 'matmul, b transposed' : 'matmul',
    size,
    inputs: { a: { shape: [m, k] }, b: { shape: transposeB ? [n, k] : [k, n] } },
    record: (g, x) => matmul(g, x['a'], x['b'], options),
    limit: m === 1 ? 'bytes' : 'flops',
    forward: m === 1 ? F32 * (k * n + k + n) : flops,
    backward: m === 1 ? F32 * (2 * k * n + 2 * k + 2 * n) : 2 * flops,
    expected({ a, b }, dy) {
      const at = (i: number, j: number): number => b[transposeB ? j * k + i : i * n + j];
      const y = new Map(picks(m, n).map(([i, j]) => [i * n + j, dot(k, (l) => a[i * k + l] * at(l, j))]));
      const da = new Map(picks(m, k).map(([i, l]) => [i * k + l, dot(n, (j) => dy[i * n + j] * at(l, j))]));
      const db = new Map(
        picks(k, n).map(([l, j]) => [
          transposeB ? j * k + l : l * n + j,
          dot(m, (i) => a[i * k + l] * dy[i * n + j]),
        ]),
      );
      return { y, a: da, b: db };
    },
  };
}

const ROWS = 4096;
const WIDTH = 768;
const N = ROWS * WIDTH;

function normCase(kind: 'layernorm' | 'rmsnorm'): KernelCase {
  const center = kind === 'layernorm';
  const options = { eps: 1e-5, center };
  const weights = { w: { shape: [WIDTH] }, ...(center && { b: { shape: [WIDTH] } }) };
  return {
    kernel: kind,
    size: `${ROWS}×${WIDTH}`,
    inputs: { x: { shape: [ROWS, WIDTH] }, ...weights },
    record: (g, { x, w, b }) => (center ? layernorm(g, x, w, b, 1e-5) : rmsnorm(g, x, w, 1e-5)),
    limit: 'bytes',
    forward: 2 * F32 * N,
    backward: 3 * F32 * N, // x, dy -> dx
    expected({ x, w, b }, dy) {
      const dx = normRefGrad(x, w, dy, options);
      return { y: normRef(x, w, b ?? null, options), x: dx.x, w: dx.weight, ...(center && { b: dx.bias }) };
    },
  };
}

function activationCase(kind: 'gelu' | 'gelu_tanh' | 'relu' | 'silu'): KernelCase {
  const n = 1 << 22;
  return {
    kernel: kind,
    size: '4 Mi',
    inputs: { x: { shape: [n] } },
    record: (g, { x }) => activation(g, x, kind),
    limit: 'bytes',
    forward: 2 * F32 * n,
    backward: 3 * F32 * n,
    expected: ({ x }, dy) => ({ y: activationRef(x, kind), x: activationRefGrad(x, dy, kind) }),
  };
}

function crossEntropyCase(rows: number, v: number): KernelCase {
  const options = { v, labelSmoothing: 0, ignoreIndex: 0xffff_ffff };
  return {
    kernel: 'cross-entropy',
    size: `${rows}×${v}`,
    inputs: { x: { shape: [rows, v] }, t: { shape: [rows], below: v } },
    record: (g, { x, t }) => crossEntropy(g, x, t),
    limit: 'bytes',
    forward: F32 * rows * v,
    backward: 2 * F32 * rows * v,
    expected: ({ x, t }, dy) => ({
      y: crossEntropyRef(x, t, options).loss,
      x: crossEntropyRefGrad(x, t, dy[0], options),
    }),
  };
}

export const kernelCases: readonly KernelCase[] = [
  matmulCase('256×256×256', 256, 256, 256),
  matmulCase('512×512×512', 512, 512, 512),
  matmulCase('1024×1024×1024', 1024, 1024, 1024),
  matmulCase('128×3072×768', 128, 768, 3072),
  matmulCase('128×3072×768', 128, 768, 3072, { transposeB: true }),
  matmulCase('1×3072×768', 1, 768, 3072),
  ...attentionCases,
  {
    kernel: 'softmax',
    size: '4096×1024',
    inputs: { x: { shape: [4096, 1024] } },
    record: (g, { x }) => softmax(g, x),
    limit: 'bytes',
    forward: 2 * F32 * 4096 * 1024,
    backward: 3 * F32 * 4096 * 1024,
    expected({ x }, dy) {
      const y = softmaxRef(x, 1024, 1, () => true);
      return { y, x: softmaxRefGrad(y, dy, 1024, 1) };
    },
  },
  normCase('layernorm'),
  normCase('rmsnorm'),
  activationCase('gelu_tanh'),
  activationCase('gelu'),
  activationCase('relu'),
  activationCase('silu'),
  {
    kernel: 'gated (SwiGLU)',
    size: `${ROWS}×2·${WIDTH}`,
    inputs: { x: { shape: [ROWS, 2 * WIDTH] } },
    record: (g, { x }) => gated(g, x, 'silu'),
    limit: 'bytes',
    forward: 3 * F32 * N,
    backward: 5 * F32 * N,
    expected: ({ x }, dy) => ({ y: gatedRef(x, WIDTH, 'silu'), x: gatedRefGrad(x, dy, WIDTH, 'silu') }),
  },
  {
    kernel: 'add',
    size: `${ROWS}×${WIDTH}`,
    inputs: { a: { shape: [ROWS, WIDTH] }, b: { shape: [ROWS, WIDTH] } },
    record: (g, { a, b }) => add(g, a, b),
    limit: 'bytes',
    forward: 3 * F32 * N,
    expected: ({ a, b }) => ({ y: a.map((v, i) => v + b[i]) }),
  },
  {
    kernel: 'dropout',
    size: `${ROWS}×${WIDTH}, p 0.1`,
    inputs: { x: { shape: [ROWS, WIDTH] } },
    record: (g, { x }) => dropout(g, x, 0.1),
    limit: 'bytes',
    forward: 2 * F32 * N,
    backward: 2 * F32 * N,
    expected: () => ({}), // which numbers stay is the test's business
  },
  {
    kernel: 'embedding',
    size: `${ROWS} of 5000×${WIDTH}`,
    inputs: { ids: { shape: [ROWS], below: 5000 }, table: { shape: [5000, WIDTH] } },
    record: (g, { ids, table }) => embedding(g, ids, table),
    limit: 'bytes',
    forward: 2 * F32 * N,
    backward: F32 * N + 2 * F32 * 5000 * WIDTH,
    expected: ({ ids, table }, dy) => ({
      y: embeddingRef(ids, table, WIDTH),
      table: embeddingRefGrad(ids, dy, 5000 * WIDTH, WIDTH),
    }),
  },
  {
    kernel: 'positions, learned',
    size: `32×128×${WIDTH}`,
    inputs: { x: { shape: [32, 128, WIDTH] }, table: { shape: [1024, WIDTH] } },
    record: (g, { x, table }) => addPositions(g, x, table),
    limit: 'bytes',
    forward: 2 * F32 * N,
    backward: 2 * F32 * N,
    expected({ x, table }, dy) {
      const grad = addPositionsRefGrad(dy, table.length, 128, WIDTH, 0);
      return { y: addPositionsRef(x, table, 128, WIDTH, 0), ...grad };
    },
  },
  {
    kernel: 'RoPE',
    size: '8×512×768, H 4, D 64',
    inputs: { x: { shape: [8, 512, WIDTH] } },
    record: (g, { x }) => rope(g, x, { heads: 4 }),
    limit: 'bytes',
    forward: 2 * F32 * N,
    backward: 2 * F32 * N,
    expected({ x }, dy) {
      const frequencies = ropeFrequenciesRef(64, 10_000);
      const sizes = { T: 512, C: WIDTH, heads: 8, width: 64, frequencies, start: 0, offset: 0 };
      return { y: ropeRef(x, sizes), x: ropeRef(dy, sizes, -1) };
    },
  },
  crossEntropyCase(512, 1000),
  crossEntropyCase(64, 50257),
  {
    kernel: 'AdamW',
    size: '4 Mi',
    inputs: Object.fromEntries(['p', 'd', 'm', 'v'].map((name) => [name, { shape: [1 << 22] }])),
    record(g, { p, d, m, v }) {
      adamw(g, { weights: p, gradients: d, first: m, second: v });
      return m;
    },
    limit: 'bytes',
    forward: 8 * F32 * (1 << 22), // all four read and written
    expected: ({ d, m }) => ({ y: m.map((mean, i) => 0.9 * mean + 0.1 * d[i]) }),
  },
  {
    kernel: 'gradient norm',
    size: '4 Mi',
    inputs: { d: { shape: [1 << 22] } },
    record: (g, { d }) => globalNorm(g, [d]),
    limit: 'bytes',
    forward: F32 * (1 << 22),
    expected: ({ d }) => ({ y: Float64Array.of(Math.sqrt(d.reduce((sum, x) => sum + x * x, 0))) }),
  },
  {
    kernel: 'sampling',
    size: '8×50257',
    inputs: { x: { shape: [8, 50257] } },
    record: (g, { x }) => sample(g, x),
    limit: 'bytes',
    forward: F32 * 8 * 50257,
    expected: () => ({}), // its tests compare whole distributions
  },
];
