import { expectOptions, ShapeError } from '../../errors';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { expectColumns } from '../attention/layout';
import type { Range } from '../linear_attention/layout';

/** Heads, gates and columns of `gatedLinearAttention`. */
export interface GatedLinearAttentionOptions {
  /** H, query heads. */
  readonly heads: number;
  /** Key heads; each serves the value heads that follow it in order. Default H. */
  readonly keyHeads?: number;
  /** N, value heads, each with a state of its own. A multiple of the key heads, and a multiple or a divisor of H. Default: the key heads. */
  readonly valueHeads?: number;
  /** D, numbers in a head of queries and keys. */
  readonly width: number;
  /** E, numbers in a head of values. Default D. */
  readonly valueWidth?: number;
  /** First column of the queries in rows of `q`. Default 0. */
  readonly queryOffset?: number;
  /** First column of the keys in rows of `k`. Default 0. */
  readonly keyOffset?: number;
  /** First column of the values in rows of `v`. Default 0. */
  readonly valueOffset?: number;
  /** What queries are multiplied by. Default 1 / √D. */
  readonly scale?: number;
  /**
   * Logarithms of what is left of the state before a row is written, 0 or below and finite: (B, T, N), one a head (RetNet,
   * Mamba-2, Gated DeltaNet), or (B, T, N·D), one a number of the key (GLA, Kimi Delta Attention). Default: all is left.
   */
  readonly decay?: Tensor;
  /** β, (B, T, N): the delta rule, how much of what the state holds for a key its new value replaces, 0 to 1. Default: values are added. */
  readonly beta?: Tensor;
}

/** A checked call. */
export interface Call {
  readonly q: Range;
  readonly k: Range;
  readonly v: Range;
  readonly decay: Tensor | null;
  readonly beta: Tensor | null;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyHeads: number;
  /** N, heads that have a state. */
  readonly states: number;
  /** Heads of the result. */
  readonly outs: number;
  readonly width: number;
  readonly valueWidth: number;
  readonly scale: number;
  /** Whether each number of a key fades by itself. */
  readonly each: boolean;
}

/** Checks a call. Throws `ShapeError`. */
export function prepare(
  where: string,
  { q, k, v, ...options }: { q: Tensor; k: Tensor; v: Tensor } & GatedLinearAttentionOptions,
): Call {
  const { heads, keyHeads = heads, valueHeads: states = keyHeads, width, valueWidth = width } = options;
  const { queryOffset = 0, keyOffset = 0, valueOffset = 0, decay = null, beta = null } = options;
  expectOptions(where, options, {
    ...{ heads, keyHeads, valueHeads: states, width, valueWidth, decay, beta },
    ...{ queryOffset, keyOffset, valueOffset, scale: 0 },
  });
  const whole = Object.entries({ heads, keyHeads, valueHeads: states, width, valueWidth });
  const wrong = whole.find(([, n]) => !Number.isInteger(n) || n < 1);
  if (wrong) throw new ShapeError(where, `${wrong[0]} is ${wrong[1]}`, 'It is a whole number from 1 on.');
  if (states % keyHeads !== 0) {
    throw new ShapeError(
      where,
      `${keyHeads} key heads do not divide ${states} value heads`,
      'Give a multiple.',
    );
  }
  if (states % heads !== 0 && heads % states !== 0) {
    throw new ShapeError(
      where,
      `${heads} query heads and ${states} value heads`,
      'One number must be a multiple of the other.',
    );
  }
  const { scale = 1 / Math.sqrt(width) } = options;
  if (!Number.isFinite(scale)) throw new ShapeError(where, `scale is ${scale}`, 'It must be finite.');
  const ranges = {
    q: { tensor: q, offset: queryOffset, columns: heads * width },
    k: { tensor: k, offset: keyOffset, columns: keyHeads * width },
    v: { tensor: v, offset: valueOffset, columns: states * valueWidth },
  };
  for (const [what, range] of Object.entries(ranges)) {
    expectColumns(where, what, range, range.columns);
    expectDType(where, range.tensor, 'f32', 'f16');
  }
  const [B, T] = q.shape as [number, number, number];
  for (const x of [k, v]) {
    if (x.shape[0] !== B || x.shape[1] !== T) {
      throw new ShapeError(
        where,
        `q is ${q.toString()} and ${x.name} ${x.toString()}`,
        'All need one B and one T.',
      );
    }
  }
  const each = decay !== null && decay.shape.at(-1) === states * width && width > 1;
  for (const [x, columns] of [
    [decay, each ? states * width : states],
    [beta, states],
  ] as const) {
    if (!x) continue;
    expectShape(where, x, [B, T, columns]);
    expectDType(where, x, 'f32', 'f16');
  }
  const outs = Math.max(heads, states);
  return { ...ranges, decay, beta, B, T, heads, keyHeads, states, outs, width, valueWidth, scale, each };
}
