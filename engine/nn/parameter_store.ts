import { DataError, DeviceError, formatBytes, ShapeError } from '../errors';
import { bytesOf, formatShape, sameShape, type DType, type Shape, type Stored } from '../graph/tensor';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../runtime/half';
import { upload } from '../runtime/transfer';
import { RandomStream } from './init';
import { parameters, type Parameter } from './parameter';

/** Parameters of one kind in one flat range of memory, so that an optimizer is one dispatch. */
export interface Block {
  readonly decay: boolean;
  /** All weights of the block as one vector; its gradient likewise. */
  readonly weights: Stored;
  /** AdamW's moments; null in a store that does not train. */
  readonly moments: { readonly first: Stored; readonly second: Stored } | null;
  readonly members: readonly {
    readonly name: string;
    readonly parameter: Parameter;
    readonly offset: number;
  }[];
}

export interface ParameterStoreOptions {
  /** Allocate gradients and moments. Default false. */
  readonly train?: boolean;
  /** Seed of the initial weights. Default 0. */
  readonly seed?: number;
  /** Name in the memory ledger. Default 'parameters'. */
  readonly owner?: string;
}

/** Named tensors from anywhere: a safetensors file, a fixture, another store. */
export interface WeightSource {
  names(): readonly string[];
  info(name: string): { readonly shape: Shape };
  float32(name: string): Promise<Float32Array>;
}

/** Bytes between the starts of two parameters are a multiple of this: WebGPU's binding alignment. */
const ALIGN = 256;

/**
 * Owns the memory of a module's parameters: weights, gradients and moments in flat blocks under the binding limit.
 * Parameters that decay and those that do not go to different blocks, so that AdamW's decay is one number a block.
 */
export class ParameterStore implements Disposable {
  readonly device: Device;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly blocks: readonly Block[];
  readonly #owned: Storage[] = [];
  #disposed = false;

  constructor(device: Device, module: object, options: ParameterStoreOptions = {}) {
    const { train = false, seed = 0, owner = 'parameters' } = options;
    this.device = device;
    this.parameters = parameters(module);
    const blocks: Block[] = [];
    const groups = new Map<string, [string, Parameter][]>();
    for (const [name, parameter] of this.parameters) {
      parameter.name = name;
      const key = `${train && parameter.trainable} ${parameter.decay} ${parameter.dtype}`;
      groups.set(key, [...(groups.get(key) ?? []), [name, parameter]]);
    }
    for (const group of groups.values()) {
      for (const part of this.#split(group)) blocks.push(this.#allocate(part, train, owner));
    }
    this.blocks = blocks;
    for (const block of blocks) {
      for (const { name, parameter } of block.members) {
        this.write(name, parameter.init(parameter.size, new RandomStream(seed, name)));
      }
    }
  }

  /** Cuts a group into runs that fit a binding. */
  #split(group: [string, Parameter][]): [string, Parameter][][] {
    const limit = Math.min(this.device.can.maxBinding, this.device.gpu.limits.maxBufferSize);
    const parts: [string, Parameter][][] = [[]];
    let bytes = 0;
    for (const entry of group) {
      const size = room(entry[1]);
      if (size > limit) {
        throw new DeviceError(
          entry[0],
          `${formatShape(entry[1].shape)} takes ${formatBytes(size)}, more than a binding's ${formatBytes(limit)}`,
          'Use a smaller vocabulary or width, or f16 weights.',
        );
      }
      if (bytes > 0 && bytes + size > limit) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)!.push(entry);
      bytes += size;
    }
    return parts;
  }

  #allocate(part: [string, Parameter][], train: boolean, owner: string): Block {
    const { dtype, decay } = part[0][1];
    const trainable = train && part[0][1].trainable;
    let elements = 0;
    const members = part.map(([name, parameter]) => {
      const offset = elements;
      elements += room(parameter) / bytesOf(dtype);
      return { name, parameter, offset };
    });
    const vector = (what: string, type: DType): Storage => {
      const storage = this.device.buffers.acquire(elements * bytesOf(type), `${owner}: ${what}`);
      this.#owned.push(storage);
      const encoder = this.device.gpu.createCommandEncoder();
      encoder.clearBuffer(storage.buffer, storage.offset, storage.size);
      this.device.gpu.queue.submit([encoder.finish()]);
      return storage;
    };
    const storage = vector('weights', dtype);
    const gradient = trainable ? vector('gradients', 'f32') : null;
    for (const { parameter, offset } of members) {
      parameter.storage = slice(storage, offset, parameter.size, dtype);
      parameter.gradient = gradient && slice(gradient, offset, parameter.size, 'f32');
    }
    const stored = (name: string, memory: Storage, type: DType, grad: Storage | null): Stored => ({
      name,
      shape: [elements],
      dtype: type,
      trainable: grad !== null,
      storage: memory,
      gradient: grad,
    });
    return {
      decay,
      weights: stored('weights', storage, dtype, gradient),
      moments: gradient && {
        first: stored('first moment', vector('moments', 'f32'), 'f32', null),
        second: stored('second moment', vector('moments', 'f32'), 'f32', null),
      },
      members,
    };
  }

  #parameter(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) throw new DataError('ParameterStore', `there is no parameter "${name}"`);
    return parameter;
  }

  /** Overwrites one parameter; `data` is row-major f32, converted where the parameter is f16. */
  write(name: string, data: Float32Array): void {
    const parameter = this.#parameter(name);
    if (data.length !== parameter.size) {
      throw new ShapeError(
        name,
        `${data.length} numbers do not fill ${formatShape(parameter.shape)}, which takes ${parameter.size}`,
      );
    }
    if (parameter.dtype === 'u32') upload(this.device.gpu, parameter.storage!, Uint32Array.from(data));
    else
      upload(this.device.gpu, parameter.storage!, parameter.dtype === 'f16' ? float32ToFloat16(data) : data);
  }

  /** One parameter's weights (or gradient) on the CPU, as f32. */
  async read(name: string, part: 'storage' | 'gradient' = 'storage'): Promise<Float32Array> {
    const parameter = this.#parameter(name);
    const storage = parameter[part];
    if (!storage) throw new DataError(name, 'it has no gradient', 'Create the store with { train: true }.');
    const dtype = part === 'gradient' ? 'f32' : parameter.dtype;
    const data = await this.device.readback.read(storage, parameter.size * bytesOf(dtype));
    return dtype === 'f16' ? float16ToFloat32(new Uint16Array(data)) : new Float32Array(data);
  }

  /** Every tensor of one kind, by parameter name: one readback a block. Moments exist for trained parameters only. */
  async readAll(part: 'weights' | 'first' | 'second'): Promise<Map<string, Float32Array>> {
    const out = new Map<string, Float32Array>();
    // All are asked for before any is awaited, so that they belong to one moment.
    await Promise.all(
      this.blocks.map(async ({ weights, moments, members }) => {
        const from = part === 'weights' ? weights : moments?.[part];
        if (!from) return;
        const bytes = await this.device.readback.read(from.storage!);
        const all = from.dtype === 'f16' ? float16ToFloat32(new Uint16Array(bytes)) : new Float32Array(bytes);
        for (const { name, parameter, offset } of members)
          out.set(name, all.slice(offset, offset + parameter.size));
      }),
    );
    return out;
  }

  /** Overwrites the moments of trained parameters; names that do not train are left out. */
  writeMoments(part: 'first' | 'second', data: ReadonlyMap<string, Float32Array>): void {
    for (const { moments, members } of this.blocks) {
      if (!moments) continue;
      for (const { name, parameter, offset } of members) {
        const values = data.get(name);
        if (!values || values.length !== parameter.size) {
          throw new DataError(
            name,
            `the ${part} moment is missing or has the wrong size`,
            'Load another checkpoint.',
          );
        }
        upload(this.device.gpu, slice(moments[part].storage!, offset, parameter.size, 'f32'), values);
      }
    }
  }

  /**
   * Fills every parameter from `source`. `rename` maps our names to the source's. Nothing is written unless every
   * name and shape fits; the error lists what is missing and, by `strict`, what was not expected.
   */
  async load(
    source: WeightSource,
    { rename = (name: string) => name, where = 'weights', ignore = (_name: string) => false } = {},
  ): Promise<void> {
    const available = new Set(source.names());
    const wanted = [...this.parameters].map(([name, p]) => ({ name, from: rename(name), shape: p.shape }));
    const missing = wanted.filter((w) => !available.has(w.from)).map((w) => w.from);
    const used = new Set(wanted.map((w) => w.from));
    const unexpected = [...available].filter((name) => !used.has(name) && !ignore(name));
    if (missing.length + unexpected.length > 0) {
      throw new DataError(
        where,
        `${list(missing, 'missing')}, ${list(unexpected, 'unexpected')}`,
        'This checkpoint is of another model; pass rename to map names.',
      );
    }
    for (const { name, from, shape } of wanted) {
      const found = source.info(from).shape;
      if (!sameShape(found, shape)) {
        throw new ShapeError(
          where,
          `${from} is ${formatShape(found)} there but ${name} is ${formatShape(shape)} here`,
          'Create the model with the configuration of the checkpoint.',
        );
      }
    }
    const all = await Promise.all(wanted.map(async (w) => [w.name, await source.float32(w.from)] as const));
    for (const [name, data] of all) this.write(name, data);
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return this.#owned.reduce((sum, s) => sum + s.size, 0);
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const storage of this.#owned) this.device.buffers.release(storage);
    for (const parameter of this.parameters.values()) parameter.storage = parameter.gradient = null;
  }
}

/** Bytes that a parameter takes in its block. */
function room({ size, dtype }: Parameter): number {
  return Math.ceil((size * bytesOf(dtype)) / ALIGN) * ALIGN;
}

function slice(block: Storage, offset: number, size: number, dtype: DType): Storage {
  return {
    buffer: block.buffer,
    offset: block.offset + offset * bytesOf(dtype),
    size: Math.ceil((size * bytesOf(dtype)) / 4) * 4,
  };
}

function list(names: readonly string[], what: string): string {
  if (names.length === 0) return `0 ${what}`;
  const shown = names.slice(0, 3).join(', ');
  return `${names.length} ${what} (${shown}${names.length > 3 ? ', …' : ''})`;
}
