import type { AdapterKind, Shape } from '../../engine/index';

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
  /** For each row of ours its row there. */
  readonly order: Uint32Array | null;
  /** Whether a file may lack it: it is then what the base has. */
  readonly optional?: boolean;
}

export interface PeftPlan {
  /** For `adapt`. */
  readonly layers: Readonly<Record<string, AdapterKind>>;
  readonly tensors: readonly PeftTensor[];
}
