/** What `adapt` puts into layers: modules, whose parameters are what is learnt. */
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { PromptRows } from '../blocks/prompt_place';
import type { EmbeddingSum } from '../embedding';
import type { Parameter } from '../parameter';
import type { ParameterStore } from '../parameter_store';

/** A linear layer, or columns of a fused one, as what is added to it sees them. */
export interface LinearSite {
  /** Such as 'stack.layers.0.attention.qkv.query'. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** x (…, inputs) -> x Wᵀ (…, outputs), of the layer's own weight. */
  product(g: Graph, x: Tensor): Tensor;
  /** b (outputs), null where the layer has none. */
  bias(g: Graph): Tensor | null;
  /** Whether nothing else was added to the layer. */
  alone(): boolean;
  /** See `ParameterStore.revision`, of the layer's. */
  revision(): number;
}

/** An attention as what stands before its keys and values sees it. */
export interface AttentionSite {
  readonly name: string;
  /** What all places of one pattern have in common: made for the first of them. */
  shared<T extends object>(make: () => T): T;
  /** G·D. */
  readonly keyValueWidth: number;
}

/** A parameter, or those numbers of a bias that columns of a fused layer have. */
export interface ParameterSite {
  /** Such as 'classifier.output.weight', or 'stack.layers.0.attention.qkv.query.bias'. */
  readonly name: string;
  readonly parameter: Parameter;
  /** Of a bias in part: its first number, and how many. */
  readonly part: { readonly from: number; readonly outputs: number } | null;
}

/** The weights of a linear layer, or of columns of one, in float64. Changed in place. */
export interface MergedWeights {
  /** (outputs, inputs), row by row. */
  readonly weight: Float64Array;
  /** (outputs), null where the layer has none. */
  readonly bias: Float64Array | null;
}

/** Makes of `weights` those that do the same by themselves. `read` gives one of the addition's own parameters. */
export type Merge = (weights: MergedWeights, read: (parameter: object) => Float32Array) => void;

/** First values of the addition's own parameters that depend on the layer's weights, which `weights` are. */
export type Begin = (weights: MergedWeights) => ReadonlyMap<Parameter, Float32Array>;

/** Anything that is put into a linear layer. */
interface LinearAdded {
  readonly begin?: Begin;
  /** Is told when the layer's weights are again what they were when it began. */
  unmerged?(): void;
  /** Null where no weights do the same. */
  readonly merge: Merge | null;
}

/** Adds a function of what goes into a layer to what comes out. */
export interface LinearSum extends LinearAdded {
  /** x (…, inputs), y (…, outputs) -> y + f(x), of y's shape; only f(x) where y is null. y may hold more than x Wᵀ + b. */
  add(g: Graph, x: Tensor, y: Tensor | null): Tensor;
}

/** What a trainer does for all that an adapter added, besides minimising. */
export interface AdapterTraining extends Disposable {
  /** What is added to the loss, a scalar. */
  penalty(g: Graph): Tensor;
  /** Records an update, and what is to be remembered of its gradients; -> what `update` gives. */
  observe(g: Graph, store: ParameterStore, update: () => Tensor): Tensor;
  /** Compiles what `after` runs, over a store that trains. */
  compile(store: ParameterStore, signal: AbortSignal | null): Promise<void>;
  /** After update number `step`, 1 for the first. */
  after(step: number): void;
}

/** A `LinearSum` that learns together with the others of its kind in an adapter. */
export interface LinearTogether extends LinearSum {
  /** `all` of them, itself included. Throws `EngineError` where they do not go together. */
  together(all: readonly LinearTogether[]): AdapterTraining;
}

/** Changes what comes out of a layer in any other way. */
export interface LinearChange extends LinearAdded {
  /** x (…, inputs), y = x Wᵀ + b (…, outputs) -> what takes y's place, of its shape. */
  change(g: Graph, x: Tensor, y: Tensor): Tensor;
}

/** Changes what goes into a layer. Only for all of its outputs. */
export interface LinearEntry extends LinearAdded {
  /** x (…, inputs) -> what takes its place, of its shape. */
  enter(g: Graph, x: Tensor): Tensor;
}

/** What an adapter adds to a `Linear`: to what comes out, to the whole of how it is computed, or to what goes in. */
export type LinearAddition = LinearSum | LinearTogether | LinearChange | LinearEntry;

/** A table of embeddings, as what is added to its rows sees it. */
export interface EmbeddingSite {
  readonly name: string;
  /** V. */
  readonly vocabulary: number;
  /** C. */
  readonly width: number;
}

/** What is added to rows of a table. */
export interface EmbeddingAddition extends EmbeddingSum {
  /** Adds what the addition does to a table (V, C) in float64, in place. */
  merge(table: Float64Array, read: (parameter: object) => Float32Array): void;
}

/** Rows of keys and values that stand before those of every sequence. */
export interface KeyValueAddition {
  /** P. */
  readonly rows: number;
  /** -> (P, 2·G·D): keys, then values. */
  forward(g: Graph): Tensor;
}

/** Where virtual tokens stand before those of every text. */
export interface PromptSite {
  readonly name: string;
  /** E, numbers of an embedding. */
  readonly width: number;
  /** V. */
  readonly vocabulary: number;
}

/** Virtual tokens before every text. */
export type PromptAddition = PromptRows;

/** Numbers that are learnt in the place of a parameter's own. They begin as these are. */
export interface ParameterCopy {
  readonly values: Parameter;
}

/** A way of adapting, with its options: what `lora` and `prefix` return. */
export interface AdapterKind {
  /** One word, which its parameters have in their names. */
  readonly kind: string;
  /** What checkpoints keep of it: to go on, a trainer's must be the same. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** What it adds to a linear layer. Without it, it is not for these. */
  readonly linear?: (site: LinearSite) => LinearAddition;
  /** The same of a table of embeddings. */
  readonly embedding?: (site: EmbeddingSite) => EmbeddingAddition;
  /** The same of an attention. */
  readonly attention?: (site: AttentionSite) => KeyValueAddition;
  /** What stands before every text. */
  readonly prompt?: (site: PromptSite) => PromptAddition;
  /** What takes the place of a parameter. */
  readonly parameter?: (site: ParameterSite) => ParameterCopy;
}
