import { ShapeError } from '../errors';
import type { Graph } from '../graph/graph';
import { expectShape, formatShape, sameShape, type Tensor } from '../graph/tensor';
import { add } from '../shaders/add/add';
import { dropout } from '../shaders/dropout/dropout';
import { matmul } from '../shaders/matmul/matmul';
import { concat, slice, storeSlice } from '../shaders/rearrange/rearrange';
import { relativeAttention } from '../shaders/relative_attention/relative_attention';
import { normal } from './init';
import { Linear } from './linear';
import { LayerNorm } from './norm';
import { Parameter } from './parameter';
import { relativeSinusoidal } from './positional/sinusoidal';

export interface RelativeAttentionConfig {
  /** C, even: width of the residual stream. */
  readonly width: number;
  /** H. */
  readonly heads: number;
  /** D, `d_head`. Default C / H. */
  readonly headWidth?: number;
  /** Probability of dropping a number of the layer's output while training, before the residual. Default 0. */
  readonly dropout?: number;
  /** Probability of dropping an attention weight while training, `dropatt`. Default 0. */
  readonly attentionDropout?: number;
  /** Normalise what goes into the projections, not the sum with the residual: `pre_lnorm`. Default false. */
  readonly preNorm?: boolean;
  /** Distances beyond this one count as this one: `clamp_len`. Default none. */
  readonly clamp?: number;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
  /** u and v of another layer, for models that share them (`untie_r` false). Default: own ones. */
  readonly biases?: Pick<RelativeAttention, 'r_w_bias' | 'r_r_bias'>;
}

export interface RelativeAttentionInput {
  /**
   * What the layer's input was in earlier segments: a `SegmentMemory`, which each run also moves on, or just rows
   * (B, M, C). Attended to, without a gradient into it. Default: none.
   */
  readonly memory?: SegmentMemory | Tensor;
  /** Encodings of distances (M + T, C), where layers share them. Default: `relativeSinusoidal`. */
  readonly positions?: Tensor;
  /** Keys that a query sees at most, its own among them: with M it is `same_length`. Default: all before it. */
  readonly window?: number;
}

/**
 * Transformer-XL's attention layer (Dai et al. 2019, 3.2 and 3.3) with residual and layer norm, under the names of
 * Hugging Face's checkpoints: scores by content and by distance, over the segment and the memory of those before it.
 * Memory is linear in T and M; see `relativeAttention`.
 */
export class RelativeAttention {
  /** (3·H·D, C): queries, then keys, then values. */
  readonly qkv_net: Linear;
  /** (H·D, C): encodings of distances to R. */
  readonly r_net: Linear;
  readonly o_net: Linear;
  readonly layer_norm: LayerNorm;
  /** u (H, D), added to queries that meet keys. */
  readonly r_w_bias: Parameter;
  /** v (H, D), added to queries that meet distances. */
  readonly r_r_bias: Parameter;
  readonly #c: Required<Omit<RelativeAttentionConfig, 'biases' | 'epsilon' | 'clamp'>> & { clamp?: number };

  constructor(config: RelativeAttentionConfig) {
    const { width, heads, headWidth = width / heads, epsilon = 1e-5, biases } = config;
    if (![width, heads, headWidth].every((n) => Number.isInteger(n) && n > 0) || width % 2 !== 0) {
      throw new ShapeError(
        'RelativeAttention',
        `width ${width} in ${heads} heads of ${headWidth}`,
        'Give whole numbers, an even width, and headWidth where the width is no multiple of the heads.',
      );
    }
    for (const key of ['dropout', 'attentionDropout'] as const) {
      const p = config[key] ?? 0;
      if (!(p >= 0 && p < 1)) {
        throw new ShapeError(
          'RelativeAttention',
          `${key} is ${p}`,
          'A probability of dropping must be in [0, 1).',
        );
      }
    }
    const all = heads * headWidth;
    this.#c = { dropout: 0, attentionDropout: 0, preNorm: false, ...config, headWidth };
    this.qkv_net = new Linear(width, 3 * all, { bias: false });
    this.r_net = new Linear(width, all, { bias: false });
    this.o_net = new Linear(all, width, { bias: false });
    this.layer_norm = new LayerNorm(width, { epsilon });
    const shape = [heads, headWidth];
    this.r_w_bias = biases?.r_w_bias ?? new Parameter(shape, { init: normal(0.02) });
    this.r_r_bias = biases?.r_r_bias ?? new Parameter(shape, { init: normal(0.02) });
    for (const bias of [this.r_w_bias, this.r_r_bias]) {
      if (!sameShape(bias.shape, shape)) {
        throw new ShapeError(
          'RelativeAttention',
          `shared biases are ${formatShape(bias.shape)}`,
          `This layer's must be ${formatShape(shape)}.`,
        );
      }
    }
  }

  /**
   * x (B, T, C) -> (B, T, C). Throws ShapeError where x, memory or positions do not fit. To look at attention maps of a
   * plan with a `SegmentMemory`, compile it with `repeatable: true`: its runs overwrite what they read.
   */
  forward(g: Graph, x: Tensor, { memory, positions, window }: RelativeAttentionInput = {}): Tensor {
    const { width: C, heads, headWidth, attentionDropout, preNorm, clamp } = this.#c;
    const where = g.where('RelativeAttention');
    const [B = 0, T = 0] = x.shape;
    expectShape(where, x, [B, T, C]);
    let rows = x;
    if (memory instanceof SegmentMemory) rows = memory.extend(g, x);
    else if (memory) {
      expectShape(`${where} memory`, memory, [B, memory.shape[1] ?? 0, C]);
      rows = concat(g, [memory, x], 1);
    }
    const S = rows.shape[1];
    const table = positions ?? relativeSinusoidal(g, S, C, clamp === undefined ? {} : { clamp });
    if (!sameShape(table.shape, [S, C])) {
      throw new ShapeError(
        where,
        `positions (${table.name}) are ${formatShape(table.shape)} for ${S} keys of width ${C}`,
        `Give (${S}, ${C}): relativeSinusoidal(g, ${S}, ${C}).`,
      );
    }

    let own = x;
    if (preNorm) {
      rows = g.scope('layer_norm', () => this.layer_norm.forward(g, rows));
      own = S > T ? slice(g, rows, 1, S - T, T) : rows;
    }
    // The memory has no queries, so the weight is used in parts.
    const weight = g.use(this.qkv_net.weight);
    const all = heads * headWidth;
    const [q, kv] = g.scope('qkv_net', () => [
      matmul(g, own, slice(g, weight, 0, 0, all), { transposeB: true }),
      matmul(g, rows, slice(g, weight, 0, all, 2 * all), { transposeB: true }),
    ]);
    const distances = g.scope('r_net', () => this.r_net.forward(g, table));
    const biases = { contentBias: g.use(this.r_w_bias), positionBias: g.use(this.r_r_bias) };
    const y = relativeAttention(
      g,
      { q, kv, distances, ...biases },
      { heads, dropout: attentionDropout, ...(window !== undefined && { window }) },
    );
    const sum = g.scope('o_net', () => this.#project(g, y, x));
    return preNorm ? sum : g.scope('layer_norm', () => this.layer_norm.forward(g, sum));
  }

  /** residual + dropout(o_net(y)); without dropout the sum is part of the matmul. */
  #project(g: Graph, y: Tensor, residual: Tensor): Tensor {
    const p = this.#c.dropout;
    if (!g.train || p === 0) return this.o_net.forward(g, y, { residual });
    return add(g, residual, dropout(g, this.o_net.forward(g, y), p));
  }
}

/**
 * The last M rows that a layer was given, of each of B sequences: state that outlives runs, zeros at first. As a field
 * of the model it is part of checkpoints; in a `ParameterStore` of its own it is not, and another one (for evaluation,
 * say) can take its place. Every layer has its own, and segments must follow each other within each sequence.
 */
export class SegmentMemory {
  /** (B, M, C). Write zeros to begin other texts. */
  readonly rows: Parameter;

  constructor(
    batch: number,
    length: number,
    width: number,
    { dtype }: { readonly dtype?: 'f32' | 'f16' } = {},
  ) {
    this.rows = new Parameter([batch, length, width], {
      trainable: false,
      decay: false,
      ...(dtype && { dtype }),
    });
  }

  /** x (B, T, C) -> memory and segment (B, M + T, C), whose last M rows are the memory of the next run. */
  extend(g: Graph, x: Tensor): Tensor {
    const [B, , C] = this.rows.shape;
    const T = x.shape[1] ?? 0;
    if (x.shape.length !== 3 || x.shape[0] !== B || x.shape[2] !== C) {
      throw new ShapeError(
        g.where('SegmentMemory'),
        `${x.toString()} cannot follow a memory ${formatShape(this.rows.shape)}`,
        `Give (${B}, T, ${C}), or make a memory for this batch and width.`,
      );
    }
    const memory = g.use(this.rows);
    const rows = concat(g, [memory, x], 1);
    storeSlice(g, rows, 1, T, memory);
    return rows;
  }
}
