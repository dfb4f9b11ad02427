import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import { expectAxes, expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { expectCounts } from '../lib/counts';
import { elementType } from '../lib/elementwise';
import { matmul } from '../matmul/matmul';
import { softmax } from '../softmax/softmax';
import backwardWgsl from './backward.wgsl';
import scoreWgsl from './score.wgsl';
import tanhWgsl from './tanh.wgsl';

const score = defineKernel({ name: 'additive_attention.score', wgsl: [tanhWgsl, scoreWgsl] });
const backward = defineKernel({ name: 'additive_attention.backward', wgsl: [tanhWgsl, backwardWgsl] });
const LANES = 64;

/** What `additiveAttention` reads (Bahdanau et al. 2015). */
export interface AdditiveAttentionInputs {
  /** (B, T, A): the queries, projected: W s_t in the paper. */
  readonly q: Tensor;
  /** (B, S, A): the keys, projected: U h_j. */
  readonly k: Tensor;
  /** (A): what weighs the hidden units. */
  readonly vector: Tensor;
  /** (B, S, C): what is averaged. */
  readonly values: Tensor;
  /** Keys that exist in each sequence, u32 (B): later ones are padding. Counts above S are refused. Default S for all. */
  readonly lengths?: Tensor;
}

/** What an attention that keeps its weights gives. */
export interface AttendedValues {
  /** (B, T, C). */
  readonly out: Tensor;
  /** (B, T, S): how much each query takes from each key; rows sum to 1, or are 0 where no key exists. */
  readonly weights: Tensor;
}

/**
 * Additive attention, Bahdanau, Cho and Bengio 2015: score_tj = vector · tanh(q_t + k_j), weights = softmax over j,
 * out_t = Σ_j weights_tj values_j. Weights are kept, and may have readers of their own: for teaching and small
 * sequence-to-sequence models. T = 1 is a decoder's step. Throws `ShapeError` where shapes do not fit.
 */
export function additiveAttention(g: Graph, x: AdditiveAttentionInputs): AttendedValues {
  const where = g.where('additiveAttention');
  const { q, k, vector, values, lengths } = x;
  expectOptions(where, x, { q, k, vector, values, lengths });
  for (const t of [q, k, vector, values]) expectDType(where, t, 'f32', 'f16');
  const [B, , A] = q.shape;
  const S = k.shape[1];
  if (q.shape.length !== 3 || k.shape.length !== 3 || k.shape[0] !== B || k.shape[2] !== A) {
    throw new ShapeError(
      where,
      `queries are ${q.toString()} and keys ${k.toString()}`,
      'Give (B, T, A) and (B, S, A).',
    );
  }
  expectShape(where, vector, [A]);
  expectAxes(where, values, 'B, S, E');
  expectShape(where, values, [B, S, values.shape[2]]);
  if (lengths) expectCounts(g, where, lengths, { sequences: B, most: S });
  const weights = softmax(g, additiveScores(g, q, k, vector), lengths ? { lengths } : {});
  return { out: matmul(g, weights, values), weights };
}

/** score_tj = vector · tanh(q_t + k_j): (B, T, S) in the graph's storage. */
function additiveScores(g: Graph, q: Tensor, k: Tensor, vector: Tensor): Tensor {
  const [B, T, A] = q.shape as [number, number, number];
  const S = k.shape[1];
  const scores = g.value('scores', [B, T, S]);
  const W = elementType(vector.dtype, false);
  const Y = elementType(scores.dtype, false);
  const grid = (n: number) => linearGrid(Math.ceil(n / LANES));
  g.dispatch(
    score,
    { q, k, vector, scores },
    {
      uniforms: { n: scores.size, t: T, s: S, width: A },
      constants: { Q: elementType(q.dtype, false), K: elementType(k.dtype, false), W, Y },
      grid: grid(scores.size),
      flops: 8 * scores.size * A,
    },
  );

  g.backward(scores, () => {
    const ds = g.grad(scores);
    const [dq, dvector, dk] = [g.sink(q), g.sink(vector), g.sink(k)];
    const terms = dvector && g.value('d vector terms', q.shape, 'f32');
    /** `steps`: how far apart the scores of neighbouring rows of `own` and of `other` stand. */
    const side = (
      own: Tensor,
      other: Tensor,
      steps: { readonly row_step: number; readonly other_step: number },
      down: Sink | null,
      sums: Tensor | null,
    ): void => {
      const target = down?.tensor ?? g.value('unused', [1], 'f32');
      g.dispatch(
        backward,
        { own, other, vector, ds, down: target, terms: sums ?? g.value('unused', [1], 'f32') },
        {
          uniforms: { n: own.size, rows: own.shape[1], others: other.shape[1], width: A, ...steps },
          constants: {
            OWN: elementType(own.dtype, false),
            OTHER: elementType(other.dtype, false),
            ...{ W, Y, DX: elementType(target.dtype, false) },
            ...{ GRADIENT: down !== null, ADD: down?.add ?? false, TERMS: sums !== null },
          },
          grid: grid(own.size),
          flops: (sums ? 12 : 10) * scores.size * A,
        },
      );
    };
    if (dq || terms) side(q, k, { row_step: S, other_step: 1 }, dq, terms);
    if (dvector && terms) columnSum(g, terms, dvector);
    if (dk) side(k, q, { row_step: 1, other_step: S }, dk, null);
  });
  return scores;
}
