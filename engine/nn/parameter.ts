import { expectOptions, ShapeError } from '../errors';
import type { Packed } from '../graph/packed';
import {
  formatShape,
  sizeOf,
  type DType,
  type Shape,
  type Stored,
  type StoredPart,
  type Substitute,
} from '../graph/tensor';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { zeros, type Init } from './init';
import type { ParameterStore } from './parameter_store';

/** How a parameter begins, trains and is stored. */
export interface ParameterOptions {
  /** Default zeros. */
  readonly init?: Init;
  /** Whether weight decay applies. Default: only to matrices, as GPT-2 and nanoGPT do. */
  readonly decay?: boolean;
  /** Default true; false freezes it (or makes it state, such as a KV cache). */
  readonly trainable?: boolean;
  readonly dtype?: DType;
  /** See `Parameter.sections`. Default: one. */
  readonly sections?: readonly number[];
  /** See `Parameter.outputs`. Default null. */
  readonly outputs?: 0 | 1 | null;
}

/** A tensor that outlives plans. A `ParameterStore` gives it memory and its name. */
export class Parameter implements Stored {
  /** Dotted path within the module that owns it: 'h.0.attn.c_attn.weight'. Set by the store. */
  name = '';
  readonly shape: Shape;
  /** How it is stored: what it was declared as, or what its store chose for it. */
  dtype: DType;
  readonly init: Init;
  readonly decay: boolean;
  /** Outputs that follow each other, such as those of queries, keys and values: checkpoints may hold each by itself. */
  readonly sections: readonly number[] | null;
  /**
   * Which axis of a matrix its outputs are (rows of a table), so that a store may pack it: ops that read it know how. Null for
   * what is never packed.
   */
  readonly outputs: 0 | 1 | null;
  /** How its store packs it, if it does; `dtype` is then u32. */
  packed: Packed | null = null;
  trainable: boolean;
  /** What owns its memory. */
  store: ParameterStore | null = null;
  storage: Storage | null = null;
  gradient: Storage | null = null;
  /** Instead of `storage` and `gradient`, where the store had to cut it. */
  parts: readonly ParameterPart[] | null = null;
  /** Whether the store has memory for it, but not all of its weights yet. */
  unwritten = false;
  /** See `Stored.additions`. */
  additions: readonly object[] = [];
  /** See `Stored.substitute`. */
  substitute: Substitute | null = null;

  constructor(shape: Shape, options: ParameterOptions = {}) {
    expectOptions('Parameter', options, {
      init: 0,
      decay: 0,
      trainable: 0,
      dtype: 0,
      sections: 0,
      outputs: 0,
    });
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
    this.sections = options.sections ?? null;
    this.outputs = options.outputs ?? null;
    if (this.outputs !== null && shape.length !== 2) {
      throw new ShapeError(
        'Parameter',
        `outputs are told of ${formatShape(shape)}`,
        'Only matrices have them.',
      );
    }
  }

  /** (outputs, inputs), of what may be packed. */
  get packedShape(): Shape {
    return this.packed && this.outputs === 1 ? [this.shape[1], this.shape[0]] : this.shape;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get device(): Device | null {
    return this.store?.device ?? null;
  }
}

/** Rows of a parameter that is larger than a binding; outputs, where it is packed. */
export class ParameterPart implements StoredPart {
  readonly whole: Parameter;
  readonly from: number;
  readonly shape: Shape;
  storage: Storage | null = null;
  gradient: Storage | null = null;

  constructor(whole: Parameter, from: number, rows: number) {
    this.whole = whole;
    this.from = from;
    this.shape = [rows, ...whole.packedShape.slice(1)];
  }

  get name(): string {
    return `${this.whole.name}[${this.from}:${this.from + this.shape[0]}]`;
  }
  get dtype(): DType {
    return this.whole.dtype;
  }
  get packed(): Packed | null {
    return this.whole.packed;
  }
  get packedShape(): Shape {
    return this.shape;
  }
  get trainable(): boolean {
    return this.whole.trainable;
  }
  get unwritten(): boolean {
    return this.whole.unwritten;
  }
  get additions(): readonly object[] {
    return this.whole.additions;
  }
  get device(): Device | null {
    return this.whole.device;
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
