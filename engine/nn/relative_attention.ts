import { EngineError, expectOptions, ShapeError } from '../errors';
import type { Graph } from '../graph/graph';
import { expectAxes, expectShape, formatShape, sameShape, type Tensor } from '../graph/tensor';
import { concat, slice, storeSlice } from '../shaders/rearrange/rearrange';
import { relativeAttention } from '../shaders/relative_attention/relative_attention';
import { addTo } from './blocks/residual';
import { normal, type Init } from './init';
import { Linear } from './linear';
import { Parameter } from './parameter';
import { relativeSinusoidal } from './positional/sinusoidal';

/** What `RelativeAttention` is made of (Dai et al. 2019). */
export interface RelativeAttentionConfig {
  /** C, even: width of the residual stream. */
  readonly width: number;
  /** H. */
  readonly heads: number;
  /** D, `d_head`. Default C / H. */
  readonly headWidth?: number;
  /** Probability of dropping a number of the result while training. Default 0. */
  readonly dropout?: number;
  /** Probability of dropping an attention weight while training, `dropatt`. Default 0. */
  readonly attentionDropout?: number;
  /** Distances beyond this one count as this one: `clamp_len`. Default none. */
  readonly clamp?: number;
  /** u and v of another layer, for models that share them (`untie_r` false). Default: own ones. */
  readonly biases?: Pick<RelativeAttention, 'contentBias' | 'positionBias'>;
  /** First values of all weights. Default N(0, 0.02), as Transformers'. */
  readonly init?: Init;
}

/** What `RelativeAttention` sees besides its rows. */
export interface RelativeAttentionInput {
  /** (B, T, C), added to the result. */
  readonly residual?: Tensor | undefined;
  /** T: how many rows, the last ones, ask; those before are of earlier segments. Default all. */
  readonly queries?: number | undefined;
  /** Encodings of distances (S, C), where layers share them. Default: `relativeSinusoidal`. */
  readonly positions?: Tensor | undefined;
  /** Keys that a query sees at most, its own among them: with M it is `same_length`. Default: all before it. */
  readonly window?: number | undefined;
}

/**
 * Transformer-XL's attention with its projections (Dai et al. 2019, 3.3): scores by content and by distance, over a segment and
 * the rows of those before it. Memory is linear in T and S; see `relativeAttention`.
 */
export class RelativeAttention {
  /** (H·D, C). */
  readonly q: Linear;
  /** (2·H·D, C): keys, then values. */
  readonly kv: Linear;
  /** (H·D, C): encodings of distances to R. */
  readonly distances: Linear;
  /** (C, H·D). */
  readonly output: Linear;
  /** u (H, D), added to queries that meet keys. */
  readonly contentBias: Parameter;
  /** v (H, D), added to queries that meet distances. */
  readonly positionBias: Parameter;
  readonly #c: { width: number; heads: number; dropout: number; attentionDropout: number; clamp?: number };

  /** Throws `ShapeError` for widths and heads that do not fit, and for probabilities that are none. */
  constructor(config: RelativeAttentionConfig) {
    const { width, heads, headWidth = width / heads, dropout = 0, attentionDropout = 0 } = config;
    const { clamp, biases, init = normal(0.02) } = config;
    const known = { width, heads, headWidth, dropout, attentionDropout, clamp, biases, init };
    const where = 'RelativeAttention';
    expectOptions(where, config, known);
    if (![width, heads, headWidth].every((n) => Number.isInteger(n) && n > 0) || width % 2 !== 0) {
      throw new ShapeError(
        where,
        `width ${width} in ${heads} heads of ${headWidth}`,
        'Give whole numbers, an even width, and headWidth where the width is no multiple of the heads.',
      );
    }
    for (const [key, p] of Object.entries({ dropout, attentionDropout })) {
      if (p >= 0 && p < 1) continue;
      throw new ShapeError(where, `${key} is ${p}`, 'A probability of dropping must be in [0, 1).');
    }
    const all = heads * headWidth;
    this.#c = { width, heads, dropout, attentionDropout, ...(clamp !== undefined && { clamp }) };
    const start = { bias: false, init };
    this.q = new Linear(width, all, start);
    this.kv = new Linear(width, { key: all, value: all }, start);
    this.distances = new Linear(width, all, start);
    this.output = new Linear(all, width, start);
    const shape = [heads, headWidth];
    this.contentBias = biases?.contentBias ?? new Parameter(shape, { init });
    this.positionBias = biases?.positionBias ?? new Parameter(shape, { init });
    for (const bias of [this.contentBias, this.positionBias]) {
      if (sameShape(bias.shape, shape)) continue;
      const what = `shared biases are ${formatShape(bias.shape)}`;
      throw new ShapeError(where, what, `This layer's must be ${formatShape(shape)}.`);
    }
  }

  /** H. */
  get heads(): number {
    return this.#c.heads;
  }

  /** Nothing stands before the rows. */
  get prefix(): number {
    return 0;
  }

  /** Keys of each row are needed at every distance: throws `EngineError`. */
  cache(): never {
    throw new EngineError('RelativeAttention', 'it has no caches', 'Go on with a SegmentMemory.');
  }

  /** x (B, S, C) -> (B, T, C), of the last T rows. Throws `ShapeError` where x or positions do not fit. */
  forward(g: Graph, x: Tensor, input: RelativeAttentionInput = {}): Tensor {
    const { residual = null, positions, window } = input;
    const where = g.where('RelativeAttention');
    expectAxes(where, x, 'B, S, C');
    const [B, S] = x.shape;
    const { queries: T = S } = input;
    expectOptions('RelativeAttention.forward', input, { residual, queries: T, positions, window });
    const { width: C, heads, attentionDropout, dropout, clamp } = this.#c;
    expectShape(where, x, [B, S, C]);
    const table = positions ?? relativeSinusoidal(g, S, C, clamp === undefined ? {} : { clamp });
    if (!sameShape(table.shape, [S, C])) {
      throw new ShapeError(
        where,
        `positions (${table.name}) are ${formatShape(table.shape)} for ${S} keys of width ${C}`,
        `Give (${S}, ${C}): relativeSinusoidal(g, ${S}, ${C}).`,
      );
    }
    const q = g.call(this, 'q', T < S ? slice(g, x, 1, S - T, T) : x);
    const kv = g.call(this, 'kv', x);
    const distances = g.call(this, 'distances', table);
    const biases = { contentBias: g.use(this.contentBias), positionBias: g.use(this.positionBias) };
    const y = relativeAttention(
      g,
      { q, kv, distances, ...biases },
      { heads, dropout: attentionDropout, ...(window !== undefined && { window }) },
    );
    return g.scope('output', () => addTo(g, residual, this.output, y, dropout));
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
    options: { readonly dtype?: 'f32' | 'f16' } = {},
  ) {
    const { dtype } = options;
    expectOptions('SegmentMemory', options, { dtype });
    this.rows = new Parameter([batch, length, width], {
      trainable: false,
      decay: false,
      ...(dtype && { dtype }),
    });
  }

  /**
   * x (B, T, C) -> memory and segment (B, M + T, C), whose last M rows are the memory of the next run. `past` (B, M, C) takes
   * the memory's place: zeros where other texts begin.
   */
  extend(g: Graph, x: Tensor, past: Tensor = g.use(this.rows)): Tensor {
    const [B, , C] = this.rows.shape;
    const T = x.shape[1] ?? 0;
    if (x.shape.length !== 3 || x.shape[0] !== B || x.shape[2] !== C) {
      throw new ShapeError(
        g.where('SegmentMemory'),
        `${x.toString()} cannot follow a memory ${formatShape(this.rows.shape)}`,
        `Give (${B}, T, ${C}), or make a memory for this batch and width.`,
      );
    }
    expectShape(g.where('SegmentMemory past'), past, this.rows.shape);
    const rows = concat(g, [past, x], 1);
    storeSlice(g, rows, 1, T, g.use(this.rows));
    return rows;
  }
}
