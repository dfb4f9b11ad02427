/** What is kept of an attention so that it can be shown. */
import type { Graph } from '../../../graph/graph';
import type { LookPart, RunInfo } from '../../../graph/probe';
import type { Place } from '../../../graph/slice';
import type { Tensor } from '../../../graph/tensor';
import type { Constants, Shader } from '../../../runtime/shader';
import type { Form } from '../tile/form';

/** `lookAt` on the device of the call: handed on, or what is loaded on demand would share the graph with the rest. */
export type Look = (
  place: Place,
  record: (g: Graph, last: RunInfo) => Readonly<Record<string, Tensor>>,
) => LookPart;

/** One call of the op, as its kernels see it. */
export interface Shown {
  readonly look: Look;
  /** Which pairs see each other, in words. */
  readonly kind: string;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  /** D. */
  readonly width: number;
  readonly form: Form;
  readonly q: Tensor;
  readonly kv: Tensor;
  /** See `AttentionProbe`; of q and kv as they were given. */
  readonly oneSequence: boolean;
  readonly lse: Tensor;
  /** lengths, bias and tiles, as far as the form binds them. */
  readonly masks: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  /** Those of score.wgsl and of the storage. */
  readonly constants: Constants;
}

/** Where gradients can be shown, and dL/dout there. */
export interface ShownGradient {
  readonly place: Place;
  readonly dout: Tensor;
}

/** One call of decode attention, as its kernel sees it. */
export interface ShownDecode {
  readonly look: Look;
  readonly kind: string;
  readonly B: number;
  readonly T: number;
  /** S, rows of the caches. */
  readonly capacity: number;
  readonly heads: number;
  /** D. */
  readonly width: number;
  readonly wide: boolean;
  readonly causal: boolean;
  readonly slides: boolean;
  /** turn*.wgsl with what it needs, and decode_bias_*.wgsl; `form` tells these apart. */
  readonly linked: readonly Shader[];
  readonly form: string;
  readonly q: Tensor;
  readonly keys: Tensor;
  /** starts, and what the linked files bind. */
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants: Constants;
}
