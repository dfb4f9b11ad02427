/** A mixture of experts: who gets which token, in which row, what each makes of it, and their sum. */
import { embedding } from '../../engine/shaders/embedding/embedding';
import { expertMatmul } from '../../engine/shaders/expert_matmul/expert_matmul';
import { expertMatmulRef, expertMatmulRefGrad } from '../../engine/shaders/expert_matmul/expert_matmul.ref';
import { expertRows, mostTiles } from '../../engine/shaders/expert_rows/expert_rows';
import { expertRowsRef } from '../../engine/shaders/expert_rows/expert_rows.ref';
import { expertSum } from '../../engine/shaders/expert_sum/expert_sum';
import { expertSumRef, expertSumRefGrad } from '../../engine/shaders/expert_sum/expert_sum.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { topExperts } from '../../engine/shaders/top_experts/top_experts';
import { topExpertsRef, topExpertsRefGrad } from '../../engine/shaders/top_experts/top_experts.ref';
import { describeOp, grid, normal, plus, Random, twice, type TestArray } from '../op';

interface Sizes extends Record<string, number> {
  tokens: number;
  choices: number;
  experts: number;
}

/** Experts of tokens, a token's all different; one expert has a third of all, and the last but one nothing. */
function idsOf({ tokens, choices, experts }: Sizes): TestArray {
  const random = new Random(31 * tokens + experts);
  const data = new Uint32Array(tokens * choices);
  for (let t = 0; t < tokens; t++) {
    const free = Array.from({ length: experts }, (_, e) => e).filter((e) => e !== experts - 2);
    for (let j = 0; j < choices; j++) {
      const at = j === 0 && random.below(3) === 0 ? 0 : random.below(free.length);
      data[t * choices + j] = free.splice(at, 1)[0];
    }
  }
  return { shape: [tokens, choices], data };
}

/** Rows of C numbers, those of `at` in its order. */
const picked = (x: Float64Array, at: ArrayLike<number>, c: number): Float64Array =>
  Float64Array.from({ length: at.length * c }, (_, i) => x[at[Math.floor(i / c)] * c + (i % c)]);

/** The reverse, with 0 where none of them is. */
function placed(x: Float64Array, at: ArrayLike<number>, c: number, rows: number): Float64Array {
  const y = new Float64Array(rows * c);
  for (let i = 0; i < at.length; i++) y.set(x.subarray(i * c, (i + 1) * c), at[i] * c);
  return y;
}

/** The interpreter gives `place` no counts, by which the rows of experts part. */
const RACES = { without: /expert_rows\.place/ };

interface Product extends Sizes {
  n: number;
  c: number;
  /** Of a tile: a multiple of what all rungs step by. */
  height: number;
}
const HEIGHT = 32;

/** Few tokens, several tiles of an expert, widths that vectors do and do not divide. */
const products: Product[] = [
  { tokens: 3, choices: 2, experts: 4, n: 3, c: 5, height: HEIGHT },
  { tokens: 40, choices: 2, experts: 5, n: 8, c: 12, height: HEIGHT },
  { tokens: 150, choices: 3, experts: 6, n: 20, c: 7, height: HEIGHT },
];

export const ops = [
  describeOp('topExperts', {
    cases: [
      ...grid({ tokens: [3], experts: [5], count: [1, 3, 5], normalize: [false, true] }),
      ...grid({ tokens: [70], experts: [130], count: [8], normalize: [false, true] }),
    ],
    rungs: ['software', 'hardware'],
    // No two logits of a row are close: neither rounding nor a finite difference changes who is chosen.
    inputs: ({ tokens, experts }) => {
      const random = new Random(tokens + experts);
      const data = new Float64Array(tokens * experts);
      for (let t = 0; t < tokens; t++) {
        const order = Array.from({ length: experts }, (_, e) => e);
        for (let e = 0; e < experts; e++) {
          data[t * experts + e] = (order.splice(random.below(order.length), 1)[0] * 5) / experts - 2;
        }
      }
      return { logits: { shape: [tokens, experts], data } };
    },
    // Reading logits twice has their gradient added to.
    op: (g, { logits }, { count, normalize }) => ({
      z: scale(g, logits, 2),
      ...topExperts(g, logits, { count, normalize }),
    }),
    differentiable: ['z', 'weights'],
    reference: ({ logits }, c) => ({ z: twice(logits), ...topExpertsRef(logits, c) }),
    gradient: ({ logits }, { z, weights }, c) => ({
      logits: plus(twice(z), topExpertsRefGrad(logits, weights, c)),
    }),
    terms: ({ experts }) => experts,
  }),
  describeOp('expertRows', {
    cases: [
      { tokens: 1, choices: 1, experts: 1, height: 4 },
      { tokens: 5, choices: 2, experts: 4, height: 4 },
      { tokens: 7, choices: 3, experts: 300, height: 1 },
      { tokens: 130, choices: 4, experts: 9, height: 16 },
    ],
    races: RACES,
    inputs: (c) => ({ ids: c.experts === 1 ? { shape: [1, 1], data: Uint32Array.of(7) } : idsOf(c) }),
    op: (g, { ids }, { experts, height }) => {
      const { starts, tileOf, pairOf, rowOf } = expertRows(g, ids, { experts, height });
      return { starts: starts!, tileOf, pairOf, rowOf };
    },
    reference: ({ ids }, c) => expertRowsRef(ids, c),
    terms: () => 1,
    dtypes: ['f32'],
  }),
  describeOp<Product, { x: TestArray; w: TestArray; ids: TestArray }>('expertMatmul of tokens', {
    cases: products,
    races: RACES,
    rungs: ['software', 'hardware'],
    inputs: (c) => ({
      x: normal([c.tokens, c.c]),
      w: normal([c.experts * c.n, c.c]),
      ids: idsOf(c),
    }),
    op: (g, { x, w, ids }, { experts, height }) => {
      const rows = expertRows(g, ids, { experts, height });
      return {
        zx: scale(g, x, 2),
        zw: scale(g, w, 2),
        y: embedding(g, rows.rowOf, expertMatmul(g, x, w, rows, { tokens: true })),
      };
    },
    reference: ({ x, w, ids }, c) => ({
      zx: twice(x),
      zw: twice(w),
      y: expertMatmulRef(x, w, { ids, ...c }),
    }),
    gradient: ({ x, w, ids }, { zx, zw, y }, c) => {
      const d = expertMatmulRefGrad(x, w, y, { ids, ...c });
      return {
        x: plus(twice(zx), d.x),
        w: plus(twice(zw), d.weight),
      };
    },
    terms: ({ tokens, n, c }) => Math.max(tokens, n, c),
    bound: { scale: 8 }, // products as large as this; what they add up to may be less
  }),
  describeOp<Product, { x: TestArray; w: TestArray; ids: TestArray }>('expertMatmul of rows', {
    cases: [...products, { tokens: 40, choices: 2, experts: 3, n: 68, c: 64, height: 64 }],
    races: RACES,
    rungs: ['software', 'hardware'],
    inputs: (c) => ({
      x: normal([mostTiles(c.tokens * c.choices, c.experts, c.height) * c.height, c.c]),
      w: normal([c.experts * c.n, c.c]),
      ids: idsOf(c),
    }),
    op: (g, { x, w, ids }, { experts, height }) => {
      const rows = expertRows(g, ids, { experts, height });
      return { y: embedding(g, rows.rowOf, expertMatmul(g, x, w, rows)) };
    },
    reference: ({ x, w, ids }, c) => ({
      y: expertMatmulRef(picked(x, expertRowsRef(ids, c).rowOf, c.c), w, { ids, ...c, choices: 1 }),
    }),
    gradient: ({ x, w, ids }, { y }, c) => {
      const { rowOf, pairOf } = expertRowsRef(ids, c);
      const d = expertMatmulRefGrad(picked(x, rowOf, c.c), w, y, { ids, ...c, choices: 1 });
      return { x: placed(d.x, rowOf, c.c, pairOf.length), w: d.weight };
    },
    terms: ({ tokens, n, c }) => Math.max(tokens, n, c),
    bound: { scale: 8 },
  }),
  describeOp('expertSum', {
    cases: [
      { tokens: 2, choices: 2, experts: 3, c: 3, height: 4 },
      { tokens: 33, choices: 4, experts: 9, c: 20, height: 16 },
      { tokens: 70, choices: 1, experts: 3, c: 6, height: 32 },
    ],
    races: RACES,
    rungs: ['software', 'hardware'],
    inputs: (c) => ({
      x: normal([mostTiles(c.tokens * c.choices, c.experts, c.height) * c.height, c.c]),
      w: { ...normal([c.tokens, c.choices]), exact: true },
      ids: idsOf(c),
    }),
    op: (g, { x, w, ids }, { experts, height }) => ({
      zx: scale(g, x, 2),
      zw: scale(g, w, 2),
      y: expertSum(g, x, w, expertRows(g, ids, { experts, height })),
    }),
    reference: ({ x, w, ids }, c) => ({
      zx: twice(x),
      zw: twice(w),
      y: expertSumRef(picked(x, expertRowsRef(ids, c).rowOf, c.c), w, c.choices),
    }),
    gradient: ({ x, w, ids }, { zx, zw, y }, c) => {
      const { rowOf } = expertRowsRef(ids, c);
      const d = expertSumRefGrad(picked(x, rowOf, c.c), w, y, c.choices);
      return {
        x: plus(twice(zx), placed(d.x, rowOf, c.c, x.length / c.c)),
        w: plus(twice(zw), d.weights),
      };
    },
    terms: ({ c, choices }) => Math.max(c, choices),
    bound: { scale: 6 },
  }),
];
