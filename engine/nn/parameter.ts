import { ShapeError } from '../errors';
import { formatShape, sizeOf, type DType, type Shape, type Stored } from '../graph/tensor';
import type { Storage } from '../runtime/buffers';
import { zeros, type Init } from './init';

export interface ParameterOptions {
  /** Default zeros. */
  readonly init?: Init;
  /** Whether weight decay applies. Default: only to matrices, as GPT-2 and nanoGPT do. */
  readonly decay?: boolean;
  /** Default true; false freezes it (or makes it state, such as a KV cache). */
  readonly trainable?: boolean;
  readonly dtype?: DType;
}

/** A tensor that outlives plans. A `ParameterStore` gives it memory and its name. */
export class Parameter implements Stored {
  /** Dotted path within the module that owns it: 'h.0.attn.c_attn.weight'. Set by the store. */
  name = '';
  readonly shape: Shape;
  readonly dtype: DType;
  readonly init: Init;
  readonly decay: boolean;
  trainable: boolean;
  storage: Storage | null = null;
  gradient: Storage | null = null;

  constructor(shape: Shape, options: ParameterOptions = {}) {
    if (shape.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(
        'Parameter',
        `shape ${formatShape(shape)} has an axis that is not a positive integer`,
      );
    }
    this.shape = shape;
    this.dtype = options.dtype ?? 'f32';
    this.init = options.init ?? zeros;
    this.decay = options.decay ?? shape.length >= 2;
    this.trainable = options.trainable ?? true;
  }

  get size(): number {
    return sizeOf(this.shape);
  }
}

/**
 * Every parameter of a module, by dotted path, in declaration order. A module is any object whose own fields are
 * parameters, modules, or arrays of them; no base class. One parameter in two places is listed once, first path.
 */
export function parameters(module: object): Map<string, Parameter> {
  const found = new Map<string, Parameter>();
  const seen = new Set<object>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    if (value instanceof Parameter) {
      found.set(path, value);
      return;
    }
    for (const [key, child] of Object.entries(value)) walk(child, path ? `${path}.${key}` : key);
  };
  walk(module, '');
  return found;
}

/** Number of scalars in a module's trainable parameters. */
export function countParameters(module: object): number {
  return [...parameters(module).values()].reduce((n, p) => n + (p.trainable ? p.size : 0), 0);
}
