import type { Shader } from '../../../runtime/shader';
import type { Mapping } from '../layout';

/** A file that declares bias_of, and its name in those of kernels. */
export interface BiasForm {
  readonly name: string;
  readonly wgsl: Shader;
}

/** Which of the linked files a kernel takes; what else varies are constants. */
export interface Form {
  readonly mapping: Mapping;
  readonly bias: BiasForm;
  /** walk_tiles.wgsl for a sparse pattern; null: walk_range.wgsl. */
  readonly walk: Shader | null;
  /** Queries and keys turn on load; workgroup tiles only. */
  readonly turns: boolean;
}
