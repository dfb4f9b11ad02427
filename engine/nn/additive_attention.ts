import { expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { additiveAttention, type AttendedValues } from '../shaders/additive_attention/additive_attention';
import { normal } from './init';
import { Linear } from './linear';
import { Parameter } from './parameter';

/** Widths of `AdditiveAttention`. */
export interface AdditiveAttentionWidths {
  /** Columns of the queries: a decoder's state. */
  readonly queries: number;
  /** Columns of the keys: an encoder's outputs. */
  readonly keys: number;
  /** A, hidden units that compare them. */
  readonly hidden: number;
}

/**
 * Additive attention with its weights: score_tj = v · tanh(W s_t + U h_j + b) (Bahdanau, Cho and Bengio 2015). The
 * vector starts with a spread of 1/√A, so that scores start about 1.
 */
export class AdditiveAttention {
  /** W: (hidden, queries), without bias. */
  readonly query: Linear;
  /** U and b: (hidden, keys) and (hidden). */
  readonly key: Linear;
  /** v: (hidden). */
  readonly vector: Parameter;

  constructor(widths: AdditiveAttentionWidths) {
    const { queries, keys, hidden } = widths;
    expectOptions('AdditiveAttention', widths, { queries, keys, hidden });
    this.query = new Linear(queries, hidden, { bias: false });
    this.key = new Linear(keys, hidden);
    this.vector = new Parameter([hidden], { init: normal(1 / Math.sqrt(hidden)), decay: false });
  }

  /** U h + b, (B, S, A): the same for all of a decoder's steps, so compute it once where they are separate. */
  project(g: Graph, keys: Tensor): Tensor {
    return g.scope('key', () => this.key.forward(g, keys));
  }

  /**
   * queries (B, T, ·), values (B, S, C), which are also the keys unless `projected` holds their projection; `lengths`
   * u32 (B) tells padding -> out (B, T, C), weights (B, T, S). Throws `ShapeError` where shapes do not fit.
   */
  forward(
    g: Graph,
    input: { queries: Tensor; values: Tensor; projected?: Tensor; lengths?: Tensor },
  ): AttendedValues {
    const { queries, values, projected = this.project(g, values), lengths } = input;
    expectOptions('AdditiveAttention.forward', input, { queries, values, projected, lengths });
    const q = g.scope('query', () => this.query.forward(g, queries));
    return additiveAttention(g, {
      q,
      k: projected,
      vector: g.use(this.vector),
      values,
      ...(lengths && { lengths }),
    });
  }
}
