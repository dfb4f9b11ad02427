import type { AdapterKind, Shape } from '../../engine/index';
import type { TheirTensor } from './modules';

/** A tensor of PEFT's file, without `base_model.model.`, and where its numbers are in a parameter of the adapter. */
export interface PeftTensor {
  /** The first is written; the others are read, too. */
  readonly names: readonly string[];
  readonly shape: Shape;
  /** The adapter's parameter, and the tensor's first number in it. */
  readonly ours: string;
  readonly from: number;
  /** Of a table whose columns are several parameters: the first column, and how many. */
  readonly columns?: readonly [from: number, count: number];
  /** How many of its first rows are the parameter's, where nobody reads the others. Default all. */
  readonly rows?: number;
  /** Which rows (axis 0) or columns (axis 1) of the parameter it has, in order: the others are zeros. Default all. */
  readonly picked?: { readonly axis: 0 | 1; readonly at: readonly number[] };
  /** Whether the parameter is its transpose. */
  readonly turned?: boolean;
  /** For each row of ours its row there. */
  readonly order: Uint32Array | null;
  /** Whether a file may lack it: it is then what the base has. */
  readonly optional?: boolean;
}

export interface PeftPlan {
  /** For `adapt`. */
  readonly layers: Readonly<Record<string, AdapterKind>>;
  readonly tensors: readonly PeftTensor[];
  /** What a file may have of the base besides, by its names there: tables and heads that adapters are beside. Default none. */
  readonly unchanged?: ReadonlyMap<string, TheirTensor>;
}

/** A matrix (N, M) as (M, N). */
export function transposed(data: Float32Array, [n, m]: Shape): Float32Array {
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % n) * m + Math.floor(i / n)]);
}
