import { ShapeError } from '../errors';
import type { Storage } from '../runtime/buffers';

export type DType = 'f32' | 'f16' | 'u32' | 'i32';
/** Sizes of the axes, outermost first; row-major. `[]` is a scalar. */
export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function bytesOf(dtype: DType): number {
  return dtype === 'f16' ? 2 : 4;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

export function formatShape(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

/** Memory that outlives plans: a weight with its gradient, or state such as a KV cache. `nn/` implements it. */
export interface Stored {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** A gradient is wanted and has storage. */
  readonly trainable: boolean;
  readonly storage: Storage | null;
  readonly gradient: Storage | null;
}

/** Where a tensor's bytes come from. */
export type Source =
  | { readonly kind: 'input'; readonly below: number | null }
  | { readonly kind: 'constant'; readonly data: ArrayBufferView }
  | { readonly kind: 'stored'; readonly stored: Stored; readonly part: 'storage' | 'gradient' }
  | { readonly kind: 'value' }
  | { readonly kind: 'view'; readonly of: Tensor };

/** A symbol in a graph: a shape, a dtype and where its bytes will be. Holds no GPU object. */
export class Tensor<D extends DType = DType> {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: D;
  readonly source: Source;
  /** Whether a gradient flows into it. */
  readonly differentiable: boolean;

  constructor(name: string, shape: Shape, dtype: D, source: Source, differentiable: boolean) {
    if (shape.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(name, `shape ${formatShape(shape)} has an axis that is not a positive integer`);
    }
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
    this.source = source;
    this.differentiable = differentiable;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get bytes(): number {
    return this.size * bytesOf(this.dtype);
  }

  /** The tensor whose memory this one is (itself unless it is a view). */
  get root(): Tensor {
    return this.source.kind === 'view' ? this.source.of.root : this;
  }

  toString(): string {
    return `${this.name} ${formatShape(this.shape)} ${this.dtype}`;
  }
}

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

/** Throws unless `x` has one of these dtypes. */
export function expectDType(where: string, x: Tensor, ...allowed: readonly DType[]): void {
  if (!allowed.includes(x.dtype)) {
    throw new ShapeError(where, `${x.name} holds ${x.dtype}`, `It must hold ${allowed.join(' or ')}.`);
  }
}
