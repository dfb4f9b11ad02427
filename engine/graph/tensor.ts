import { DataError, expectOneOf, ShapeError } from '../errors';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { packedBytes, type Packed } from './packed';

/** Types of a tensor's elements. Sums, statistics and losses are f32, whatever values are stored as. */
export type DType = 'f32' | 'f16' | 'u32' | 'i32';
/** Sizes of the axes, outermost first; row-major. `[]` is a scalar. */
export type Shape = readonly number[];

/** How many elements a shape has: 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function bytesOf(dtype: DType): number {
  return dtype === 'f16' ? 2 : 4;
}

/** Whether two shapes have the same sizes in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** A shape as messages and names write it: `(2, 3)`. */
export function formatShape(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

/** Bytes of a tensor's memory; a packed matrix is (outputs, inputs). */
export function bytesOfAll(shape: Shape, dtype: DType, packed: Packed | null = null): number {
  return packed ? packedBytes(packed, shape[0], shape[1]) : sizeOf(shape) * bytesOf(dtype);
}

/** Memory that outlives plans: a weight with its gradient, or state such as a KV cache. `nn/` implements it. */
export interface Stored {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** How its numbers are packed into words, where they are: `dtype` is then u32. */
  readonly packed?: Packed | null;
  /** The shape of a packed matrix in memory, (outputs, inputs), where it is another. */
  readonly packedShape?: Shape;
  /** A gradient is wanted and has storage. */
  readonly trainable: boolean;
  readonly storage: Storage | null;
  readonly gradient: Storage | null;
  /** Where that memory is, if it is told. */
  readonly device?: Device | null;
  /** Its memory is there, but not all of its weights: nothing may read it. */
  readonly unwritten?: boolean;
  /** What holds it where it is larger than a binding: its rows (entries of the first axis), in order. */
  readonly parts?: readonly StoredPart[] | null;
  /** What its layer adds to what it does with it, see `adapt`: plans that were recorded with others are out of date. */
  readonly additions?: readonly object[];
  /** What is read in its place, see `adapt`. */
  readonly substitute?: Substitute | null;
}

/** A tensor that a graph reads in place of a stored one. */
export interface Substitute {
  /** -> a tensor of the same shape. `g` is the graph; `g.own` gives the stored tensor itself. */
  record(g: { use(stored: Stored): Tensor; own(stored: Stored): Tensor }): Tensor;
}

/** Some rows of a tensor that is larger than a binding. */
export interface StoredPart extends Stored {
  /** Its first row in the whole. */
  readonly from: number;
}

/** Throws `DataError` for a tensor whose weights have not been loaded. */
export function expectWritten(stored: Stored, where = stored.name): void {
  if (!stored.unwritten) return;
  throw new DataError(where, 'its weights were not loaded', 'Load or write all of them first.');
}

/** Where a tensor's bytes come from. */
export type Source =
  | { readonly kind: 'input'; below: number | null }
  | { readonly kind: 'constant'; readonly data: ArrayBufferView }
  | {
      readonly kind: 'stored';
      readonly stored: Stored;
      readonly part: 'storage' | 'gradient';
      /** Those of `stored` when it was recorded. */
      readonly additions?: readonly object[] | undefined;
    }
  | { readonly kind: 'value' }
  | { readonly kind: 'view'; readonly of: Tensor }
  | { readonly kind: 'parts'; readonly parts: readonly Part[] };

/** Rows of a tensor that is larger than a binding, from row `from` on. */
export interface Part {
  readonly tensor: Tensor;
  readonly from: number;
}

/** A symbol in a graph: a shape, a dtype and where its bytes will be. Holds no GPU object. */
export class Tensor<D extends DType = DType> {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: D;
  readonly source: Source;
  /** Whether a gradient flows into it. */
  readonly differentiable: boolean;
  /** How the numbers of a weight are packed into words (`dtype` u32), where they are: only ops that say so take it. */
  readonly packed: Packed | null;

  constructor(
    name: string,
    shape: Shape,
    dtype: D,
    source: Source,
    differentiable: boolean,
    packed: Packed | null = null,
  ) {
    if (shape.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(name, `shape ${formatShape(shape)} has an axis that is not a positive integer`);
    }
    expectOneOf(name, 'dtype', dtype, ['f32', 'f16', 'u32', 'i32']);
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
    this.source = source;
    this.differentiable = differentiable;
    this.packed = packed;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get bytes(): number {
    return bytesOfAll(this.shape, this.dtype, this.packed);
  }

  /** The tensor whose memory this one is (itself unless it is a view). */
  get root(): Tensor {
    return this.source.kind === 'view' ? this.source.of.root : this;
  }

  toString(): string {
    return `${this.name} ${formatShape(this.shape)} ${this.packed ?? this.dtype}`;
  }
}

/** What an array is, whatever window or context it is from: 'Float32Array'. */
export function kindOf(data: unknown): string {
  return Object.prototype.toString.call(data).slice(8, -1);
}

/** What typed arrays hold, by kind. */
export const DTYPES: Readonly<Record<string, DType | undefined>> = {
  Float32Array: 'f32',
  Float16Array: 'f16',
  Uint16Array: 'f16',
  Uint32Array: 'u32',
  Int32Array: 'i32',
};

/** Rows and columns of a tensor seen as a matrix over its last axis: (…, C) -> [N, C]. */
export function rows(x: Tensor): [n: number, c: number] {
  const c = x.shape.at(-1) ?? 1;
  return [x.size / c, c];
}

/** Throws unless `x` has exactly this shape. */
export function expectShape(where: string, x: Tensor, shape: Shape): void {
  if (!sameShape(x.shape, shape)) {
    throw new ShapeError(where, `${x.name} is ${formatShape(x.shape)}`, `It must be ${formatShape(shape)}.`);
  }
}

/** Throws unless `x` has as many axes as there are names, such as 'B, T, C': before sizes are taken from them. */
export function expectAxes(where: string, x: Tensor, names: string): void {
  if (x.shape.length === names.split(',').length) return;
  throw new ShapeError(where, `${x.name} is ${formatShape(x.shape)}`, `Give (${names}).`);
}

/** Throws unless `x` has one of these dtypes. */
export function expectDType(where: string, x: Tensor, ...allowed: readonly DType[]): void {
  if (x.packed || !allowed.includes(x.dtype)) {
    throw new ShapeError(
      where,
      `${x.name} holds ${x.packed ?? x.dtype}`,
      `It must hold ${allowed.join(' or ')}.`,
    );
  }
}
