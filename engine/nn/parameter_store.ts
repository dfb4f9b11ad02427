import {
  DataError,
  DeviceError,
  EngineError,
  expectOneOf,
  expectOptions,
  KernelError,
  ShapeError,
  throwIfAborted,
} from '../errors';
import { isPacked, packedRow } from '../graph/packed';
import {
  bytesOf,
  bytesOfAll,
  formatShape,
  kindOf,
  expectWritten,
  sameShape,
  sizeOf,
  type DType,
  type Stored,
} from '../graph/tensor';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../runtime/half';
import { allRead, upload } from '../runtime/transfer';
import { inTodaysNames } from './former_names';
import { RandomStream, zeros } from './init';
import {
  expectInOrder,
  expectPackable,
  numbersOf,
  packedOrNot,
  PackedWriter,
  placesOf,
  storeAs,
  WEIGHT_STORAGES,
  type WeightStorage,
} from './packed_weights';
import { noteChange } from './changes';
import { parameters, type Parameter, type ParameterPart } from './parameter';
import { weightRanges, type Member } from './weight_layout';
import { piecesOf, type WeightPiece, type WeightSource } from './weight_source';

/** Parameters of one kind in one flat range of memory, so that an optimizer is one dispatch. */
export interface Block {
  readonly decay: boolean;
  /** All weights of the block as one vector; its gradient likewise. */
  readonly weights: Stored;
  /**
   * Those that the optimizer has: AdamW both, SGD the first or none; and how much each number matters, where somebody wants to
   * know. Null in a store that does not train.
   */
  readonly moments: Readonly<Record<MomentName, Stored | null>> | null;
  readonly members: readonly Member[];
}

/** What training remembers of each number: the moments of an optimizer, and how much it matters. */
export const MOMENTS = ['first', 'second', 'importance', 'uncertainty'] as const;
export type MomentName = (typeof MOMENTS)[number];

/** What memory a store gives to parameters, and what it writes there first. */
export interface ParameterStoreOptions {
  /** Allocate gradients and moments. Default false. */
  readonly train?: boolean;
  /**
   * 'none' draws no initial weights, for parameters that are loaded or written next: until all numbers of one were
   * written, reading it and running a plan over it throw `DataError`. Default 'random': what each parameter's `init` says.
   */
  readonly init?: 'random' | 'none';
  /**
   * How parameters are stored that are f32 by themselves, all alike or each by itself. f16 halves their memory and reads
   * files of F16 as they are; it needs `shader-f16`. int8 (a scale for each output), int4 and int4-64 (a scale for each 32 or 64
   * inputs) take 8, 4.5 and 4.25 bits a number: weights of linear layers of 16 outputs or more and tables of tokens are
   * rounded to them while they are written, all else stays f32. Sums, activations and whatever else is computed stay what
   * they are without it. Weights that are trained are f32. Default 'f32'.
   */
  readonly storage?: WeightStorage | ((name: string, parameter: Parameter) => WeightStorage);
  /** Seed of the initial weights. Default 0. */
  readonly seed?: number;
  /** Name in the memory ledger. Default 'parameters'. */
  readonly owner?: string;
}

/** How `ParameterStore.load` takes weights from a source. */
export interface LoadWeightsOptions {
  /** The source's name of one of our parameters. Default: the same. */
  readonly rename?: (name: string) => string;
  /** Of what, in errors. Default 'weights'. */
  readonly where?: string;
  /** Names in the source that are left out without an error. */
  readonly ignore?: (name: string) => boolean;
  readonly signal?: AbortSignal;
  /** Bytes of weights that are on the GPU, and all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export type { WeightStorage } from './packed_weights';

/** A parameter's memory on the CPU: see `ParameterStore.keep`. */
export interface KeptWeights {
  readonly name: string;
  readonly memories: readonly ArrayBuffer[];
  /** Of a packed one: its first numbers as they came. */
  readonly first: Float32Array | null;
}

/** Written bytes that may wait for the GPU while a model is loaded. */
const DRAIN_BYTES = 8 << 20;

/** Numbers of a packed parameter that are kept as they came, for `readFirst`. */
const FIRST = 64;

/** Elements from the first to before the second. */
type Run = readonly [from: number, to: number];

/** Memory of a block, which is gone once it is null. */
type Memory = { -readonly [K in keyof Stored]: Stored[K] };

/** Parameters of one kind that follow each other in one buffer. */
interface Range {
  readonly storage: Storage;
  /** With room for alignment. */
  readonly elements: number;
  readonly members: Block['members'];
}

/**
 * Owns the memory of a module's parameters: weights, gradients and moments in flat blocks under the binding limit.
 * Parameters that decay and those that do not go to different blocks, so that AdamW's decay is one number a block.
 *
 * A parameter belongs to one store at a time: a second one over it throws an `EngineError`, until the first is disposed of
 * or its device is gone. A trainer takes the store that its model has and trains those weights.
 */
export class ParameterStore implements Disposable {
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #module: object;
  readonly #owner: string;
  /** Has gradients and moments without a trainer, too. */
  readonly #train: boolean;
  /** Those whose storage the store chose. They are f32 again without it. */
  readonly #chosen: readonly Parameter[];
  #device: Device;
  #ranges: readonly Range[] = [];
  #blocks: readonly Block[] = [];
  /** Gradients and moments. */
  #training: Storage[] = [];
  #memories: Memory[] = [];
  #trained = false;
  /** Of parameters that lack weights: the runs of elements that were never written. */
  readonly #gaps = new Map<string, readonly Run[]>();
  /** Packed parameters that came in part. */
  readonly #writers = new Map<string, PackedWriter>();
  /** The first numbers of packed parameters, as they came. */
  readonly #firsts = new Map<string, Float32Array>();
  #revision = 0;
  /** What WebGPU says to the first writes of what was allocated. */
  #written: Promise<GPUError | null>[] = [];
  #filling = false;
  /** Bytes written since the last `drain`. */
  #waiting = 0;
  #disposed = false;

  constructor(device: Device, module: object, options: ParameterStoreOptions = {}) {
    const { train = false, init = 'random', storage = 'f32', seed = 0, owner = 'parameters' } = options;
    expectOptions('ParameterStore', options, { train, init, storage, seed, owner });
    if (init !== 'random' && init !== 'none') {
      throw new EngineError('ParameterStore', `init is ${String(init)}`, "Use 'random' or 'none'.");
    }
    this.#device = device;
    this.#module = module;
    this.#owner = owner;
    this.#train = train;
    this.parameters = parameters(module);
    for (const [name, { store }] of this.parameters) {
      if (!store?.living) continue;
      throw new EngineError(
        name,
        `it already belongs to a store (${store.#owner})`,
        'Dispose of that one first, or pass the model to Run.create, which trains the weights that it has.',
      );
    }
    const chosen = new Map<Parameter, WeightStorage>();
    for (const [name, parameter] of this.parameters) {
      if (parameter.dtype !== 'f32') continue;
      const own = typeof storage === 'function' ? storage(name, parameter) : packedOrNot(parameter, storage);
      chosen.set(parameter, this.#storageOf(name, parameter, own));
    }
    this.#chosen = [...chosen.keys()];
    for (const [name, parameter] of this.parameters) {
      parameter.name = name;
      parameter.store = this;
    }
    for (const [parameter, own] of chosen) storeAs(parameter, own);
    try {
      this.#allocating(() => {
        this.#allocate();
        if (train) this.#addTraining();
        for (const [name, parameter] of this.parameters) {
          if (init === 'none') this.#forget(name);
          else if (parameter.init !== zeros) {
            this.write(name, parameter.init(parameter.size, new RandomStream(seed, name)));
          } // else its memory is cleared already
        }
      });
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #storageOf(name: string, parameter: Parameter, own: WeightStorage, { can } = this.#device): WeightStorage {
    expectOneOf(name, 'storage', own, WEIGHT_STORAGES);
    if (isPacked(own)) expectPackable(name, parameter, own);
    if (own === 'f16' && !can.f16) {
      throw new DeviceError(name, 'this device has no shader-f16', "Use storage: 'f32'.");
    }
    return own;
  }

  /** First writes to memory that the device then refuses are invalid: `ready` tells of both. */
  #allocating(work: () => void): void {
    const { gpu } = this.#device;
    gpu.pushErrorScope('validation');
    try {
      work();
    } finally {
      this.#written.push(gpu.popErrorScope().catch(() => null)); // device lost
    }
  }

  /**
   * Resolves when the device has said that there is memory for all of it; plans, `load` and `read` ask, too.
   *
   * @throws DeviceError if there is not: what for, and how much. Dispose of the store then, or of the training.
   */
  async ready(): Promise<void> {
    const written = this.#written.splice(0);
    await this.#device.buffers.accepted([...this.#ranges.map(({ storage }) => storage), ...this.#training]);
    const invalid = (await Promise.all(written)).find((error) => error !== null);
    if (invalid) throw new KernelError('ParameterStore', `WebGPU refused it: ${invalid.message}`);
  }

  /**
   * The living store of a module's parameters, null where they have none. Throws `EngineError` where some have one and
   * some have not, where it is on another device, or where it has other parameters too or under other names.
   */
  static of(device: Device, module: object): ParameterStore | null {
    const own = parameters(module);
    let [first, found] = ['', null as ParameterStore | null];
    for (const [name, { store }] of own) {
      const living = store?.living ? store : null;
      if (first === '') [first, found] = [name, living];
      if (living === found) continue;
      const what = living
        ? found
          ? 'is in another store than'
          : 'has memory, unlike'
        : 'has no memory, unlike';
      throw new EngineError(
        name,
        `it ${what} ${first}`,
        'Make one ParameterStore over the whole model, or none.',
      );
    }
    if (!found) return null;
    if (found.#device.gpu !== device.gpu) {
      throw new EngineError(
        first,
        'its store is on another device',
        'Dispose of that one, or use its device.',
      );
    }
    for (const [name, parameter] of found.parameters) {
      if (own.get(name) === parameter) continue;
      const what = `its store (${found.#owner}) has ${name}, which this model has not`;
      throw new EngineError(first, what, 'Make the store over the object that is trained.');
    }
    return found;
  }

  get device(): Device {
    return this.#device;
  }

  /** Runs of parameters of one kind; those that train have moments while there is training. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Whether its memory is there: it was not disposed of, and its device was not lost. */
  get living(): boolean {
    return !this.#disposed && this.#device.alive;
  }

  /** Grows with each write from outside, and not with what plans do: to tell whether weights are still as they were. */
  get revision(): number {
    return this.#revision;
  }

  #changed(): void {
    this.#revision++;
    noteChange(this.#device);
  }

  #allocate(): void {
    const ranges: Range[] = [];
    this.#ranges = ranges;
    for (const { dtype, elements, members } of weightRanges(this.parameters, this.#device.can.maxBinding)) {
      const storage = this.#zeros(elements * bytesOf(dtype), 'weights');
      ranges.push({ storage, elements, members });
      for (const { held, offset } of members) {
        const bytes = bytesOfAll(held.packedShape, dtype, held.packed);
        held.storage = slice(storage, offset, bytes, dtype);
      }
    }
    this.#blocks = ranges.map((range) => this.#block(range, null, null));
  }

  #zeros(bytes: number, what: string): Storage {
    const storage = this.#device.buffers.acquire(bytes, `${this.#owner}: ${what}`);
    const encoder = this.#device.gpu.createCommandEncoder();
    encoder.clearBuffer(storage.buffer, storage.offset, storage.size);
    this.#device.gpu.queue.submit([encoder.finish()]);
    return storage;
  }

  #block(
    { storage, elements, members }: Range,
    gradient: Storage | null,
    moments: Readonly<Partial<Record<MomentName, Storage>>> | null,
  ): Block {
    const { dtype, decay } = members[0].parameter;
    const stored = (name: string, memory: Storage, type: DType, grad: Storage | null): Stored => {
      const [shape, trainable] = [[elements], grad !== null];
      const made: Memory = {
        name,
        shape,
        dtype: type,
        trainable,
        storage: memory,
        gradient: grad,
        device: this.#device,
      };
      this.#memories.push(made);
      return made;
    };
    return {
      decay,
      weights: stored('weights', storage, dtype, gradient),
      moments: moments && {
        first: moments.first ? stored('first moment', moments.first, 'f32', null) : null,
        second: moments.second ? stored('second moment', moments.second, 'f32', null) : null,
        importance: moments.importance ? stored('importance', moments.importance, 'f32', null) : null,
        uncertainty: moments.uncertainty ? stored('uncertainty', moments.uncertainty, 'f32', null) : null,
      },
      members,
    };
  }

  /** Gradients and moments, zeros, for what is trainable now. */
  #addTraining(moments: readonly MomentName[] = ['first', 'second']): void {
    this.#dropTraining();
    for (const [name, { trainable, dtype, packed }] of this.parameters) {
      if (!trainable || dtype === 'f32') continue;
      const todo = packed
        ? "Train an adapter beside it (adapt), or load the model with storage: 'f32'."
        : 'Store it as f32, or freeze it with trainable = false.';
      throw new EngineError(name, `it is stored as ${packed ?? dtype}, and weights are trained in f32`, todo);
    }
    const vector = (elements: number, what: string): Storage => {
      const storage = this.#zeros(elements * 4, what);
      this.#training.push(storage);
      return storage;
    };
    this.#blocks = this.#ranges.flatMap(byTrainable).map((range) => {
      if (!range.members[0].parameter.trainable) return this.#block(range, null, null);
      const gradient = vector(range.elements, 'gradients');
      for (const { held, offset, size } of range.members)
        held.gradient = slice(gradient, offset, 4 * size, 'f32');
      const own = moments.map((name) => [name, vector(range.elements, 'moments')] as const);
      return this.#block(range, gradient, Object.fromEntries(own));
    });
  }

  #dropTraining(): void {
    for (const storage of this.#training.splice(0)) this.#device.buffers.release(storage);
    for (const parameter of this.parameters.values()) {
      if (parameter.store === this) for (const { held } of heldBy(parameter)) held.gradient = null;
    }
    // Plans that were compiled over them see that they are gone.
    for (const memory of this.#memories.splice(0)) memory.storage = memory.gradient = null;
    this.#blocks = this.#ranges.map((range) => this.#block(range, null, null));
  }

  /**
   * For a trainer: takes the store for one training, with gradients and as many moments as the optimizer has, which begin
   * at zero, until what it returns is disposed of; `importance`: also how much each number matters (`RankBudget`). The weights
   * stay. Throws `EngineError` while another trainer has it.
   */
  train(moments: 0 | 1 | 2 = 2, options: { readonly importance?: boolean } = {}): Disposable {
    const { importance = false } = options;
    expectOptions('ParameterStore.train', options, { importance });
    const names = MOMENTS.filter((_, i) => (i < 2 ? i < moments : importance));
    const [first = this.#owner] = this.parameters.keys();
    if (this.#disposed) throw new EngineError(first, 'its store was disposed of', 'Create a new one.');
    if (this.#trained) {
      throw new EngineError(first, 'it is being trained already', 'Dispose of the other trainer first.');
    }
    try {
      this.#allocating(() => this.#addTraining(names));
    } catch (error) {
      this.#dropTraining();
      throw error;
    }
    this.#trained = true;
    return {
      [Symbol.dispose]: () => {
        this.#trained = false;
        if (!this.#train) this.#dropTraining();
      },
    };
  }

  /** Moves to another device, its own being lost: for what loads the weights next, because there are none there. */
  moveTo(device: Device): void {
    for (const name of this.parameters.keys()) this.#assertOwned(name);
    for (const parameter of this.#chosen) {
      this.#storageOf(
        parameter.name,
        parameter,
        parameter.packed ?? (parameter.dtype as 'f32' | 'f16'),
        device,
      );
    }
    this.#release();
    this.#device = device;
    this.#allocating(() => {
      this.#allocate();
      if (this.#train) this.#addTraining();
    });
    for (const name of this.parameters.keys()) this.#forget(name);
  }

  /** From now on a parameter has no weights, until all of them are written. */
  #forget(name: string): void {
    const parameter = this.parameters.get(name)!;
    this.#gaps.set(name, [[0, parameter.size]]);
    this.#writers.delete(name);
    this.#firsts.delete(name);
    parameter.unwritten = true;
  }

  /** What was written needs no more writing. */
  #cover(name: string, from: number, to: number): void {
    const gaps = this.#gaps
      .get(name)
      ?.flatMap(([start, end]): Run[] => [
        [start, Math.min(end, from)],
        [Math.max(start, to), end],
      ])
      .filter(([start, end]) => start < end);
    if (!gaps) return;
    if (gaps.length > 0) this.#gaps.set(name, gaps);
    else {
      this.#gaps.delete(name);
      this.parameters.get(name)!.unwritten = false;
    }
  }

  #release(): void {
    this.#dropTraining();
    for (const { storage } of this.#ranges) this.#device.buffers.release(storage);
    for (const memory of this.#memories.splice(0)) memory.storage = memory.gradient = null;
    [this.#ranges, this.#blocks] = [[], []];
    this.#writers.clear();
  }

  #parameter(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) throw new DataError('ParameterStore', `there is no parameter "${name}"`);
    this.#assertOwned(name, parameter);
    return parameter;
  }

  #assertOwned(name: string, { store } = this.parameters.get(name)!): void {
    if (store === this) return;
    const what = this.#disposed ? 'its store was disposed of' : 'it belongs to another store by now';
    throw new EngineError(name, what, 'Keep one store alive as long as it is used.');
  }

  /**
   * Overwrites one parameter, or with `offset` the elements from there on, as many as there are; `data` is row-major f32,
   * bits of f16 (`Uint16Array`) or, for integers, u32, converted to what the parameter is. Parts of f16 parameters begin and end at even
   * elements, or with the parameter. Parts of packed ones come in order, from the first number on, and once the first came there
   * are no weights until the last did; what int8 or int4 cannot hold is a `DataError`.
   */
  write(name: string, data: WeightPiece | Uint32Array, offset?: number): void {
    const parameter = this.#parameter(name);
    const { shape, size, dtype } = parameter;
    const from = offset ?? 0;
    const to = from + data.length;
    const refuse = (what: string, todo = ''): never => {
      throw new ShapeError(name, what, todo);
    };
    const half = kindOf(data) === 'Uint16Array';
    const whole = kindOf(data) === 'Uint32Array' && dtype === 'u32' && !parameter.packed;
    if (!half && !whole && kindOf(data) !== 'Float32Array') {
      refuse(`it is given as ${kindOf(data)}, not as Float32Array`);
    }
    if (offset === undefined && to !== size) {
      refuse(`${to} numbers do not fill ${formatShape(shape)}, which takes ${size}`);
    }
    if (!Number.isInteger(from) || from < 0 || to > size) {
      refuse(`${data.length} numbers from ${from} on do not fit ${formatShape(shape)}, which takes ${size}`);
    }
    if (dtype === 'f16' && (from % 2 > 0 || (to % 2 > 0 && to < size))) {
      refuse(`numbers ${from} to ${to} share words with others`, 'Write f16 from and to even elements.');
    }
    if (parameter.packed) return this.#writePacked(parameter, data as WeightPiece, from);
    this.#changed();
    let bits = data;
    if (dtype !== 'f16') {
      const values = half ? float16ToFloat32(data as Uint16Array) : data;
      bits = dtype === 'u32' && !whole ? Uint32Array.from(values) : values;
    } else if (!half) bits = float32ToFloat16(data as Float32Array);
    for (const { held, first, end } of heldBy(parameter)) {
      const [start, stop] = [Math.max(from, first), Math.min(to, end)];
      if (start >= stop) continue;
      const part = bits.subarray(start - from, stop - from);
      upload(this.#device.gpu, held.storage!, part, (start - first) * bytesOf(dtype));
    }
    this.#waiting += bits.byteLength;
    this.#cover(name, from, to);
  }

  #writePacked(parameter: Parameter, data: WeightPiece, from: number): void {
    const { name, packedShape, size } = parameter;
    const inputs = packedShape[1];
    const values =
      kindOf(data) === 'Uint16Array' ? float16ToFloat32(data as Uint16Array) : (data as Float32Array);
    expectInOrder(name, from, this.#writers.get(name));
    if (from === 0) {
      this.#forget(name);
      this.#writers.set(name, new PackedWriter(parameter));
    }
    this.#changed();
    if (from < FIRST) {
      const [first, more] = [this.#firsts.get(name) ?? [], values.subarray(0, FIRST - from)];
      this.#firsts.set(name, Float32Array.of(...first, ...more));
    }
    const writer = this.#writers.get(name)!;
    for (const { codes, scales, first } of writer.add(values)) {
      const row = packedRow(parameter.packed!, inputs);
      const end = first + scales.length / row.scales;
      for (const { held, first: start, end: stop } of heldBy(parameter)) {
        const [own, rows] = [start / inputs, (stop - start) / inputs];
        const [a, b] = [Math.max(first, own), Math.min(end, own + rows)];
        if (a >= b) continue;
        const at = placesOf(parameter.packed!, inputs, rows, a - own, b - own);
        const put = (words: Uint32Array, each: number, word: number): void => {
          const own = words.subarray((a - first) * each, (b - first) * each);
          upload(this.#device.gpu, held.storage!, own, 4 * word);
        };
        put(codes, row.codes, at.codes[0]);
        put(scales, row.scales, at.scales[0]);
      }
      this.#waiting += codes.byteLength + scales.byteLength;
    }
    this.#cover(name, from, writer.at);
    if (writer.at === size) this.#writers.delete(name);
  }

  /**
   * For loaders, after each piece: resolves when the GPU has taken over what was written, once that is 8 MiB, so that no
   * more waits in memory.
   */
  async drain(): Promise<void> {
    if (this.#waiting < DRAIN_BYTES) return;
    this.#waiting = 0;
    await this.#device.idle();
  }

  /**
   * Has `work` write every parameter, piece by piece. Until it is done there are no weights: plans refuse to run. Where it
   * throws or leaves a part out, the store is disposed of, because half-loaded models do not exist; where the device is lost
   * meanwhile, it stays, without weights: see `moveTo`.
   */
  async fill(work: () => Promise<void>): Promise<void> {
    for (const name of this.parameters.keys()) this.#assertOwned(name);
    if (this.#filling) {
      throw new EngineError(this.#owner, 'it is being loaded already', 'Await that first.');
    }
    this.#filling = true;
    try {
      await this.ready();
      for (const name of this.parameters.keys()) this.#forget(name);
      await work();
      await this.#device.idle();
      for (const name of this.parameters.keys()) this.#assertOwned(name);
      this.#device.assertAlive(this.#owner);
      const [gap] = this.#gaps;
      if (gap) {
        const [name, missing] = gap;
        const numbers = missing.reduce((sum, [from, to]) => sum + to - from, 0);
        throw new DataError(name, `${numbers} of its ${this.#parameter(name).size} numbers did not come`);
      }
    } catch (error) {
      const loss = await this.#device.loss();
      if (!loss) this[Symbol.dispose](); // else it may move to another device
      throw error;
    } finally {
      this.#filling = false;
    }
  }

  /** One parameter's memory as it is, for `restore`: a way back to the same bits, rounded ones too. */
  async keep(name: string): Promise<KeptWeights> {
    const parameter = this.#parameter(name);
    expectWritten(parameter);
    const memories = heldBy(parameter).map(({ held }) => this.#device.readback.read(held.storage!));
    return { name, memories: await allRead(memories), first: this.#firsts.get(name) ?? null };
  }

  /** Writes back what `keep` gave. */
  restore({ name, memories, first }: KeptWeights): void {
    const parameter = this.#parameter(name);
    this.#changed();
    this.#writers.delete(name);
    for (const [i, { held }] of heldBy(parameter).entries()) {
      upload(this.#device.gpu, held.storage!, new Uint8Array(memories[i]));
      this.#waiting += memories[i].byteLength;
    }
    if (first) this.#firsts.set(name, first);
    this.#cover(name, 0, parameter.size);
  }

  /** One parameter's weights (or gradient) on the CPU, as f32. */
  async read(name: string, part: 'storage' | 'gradient' = 'storage'): Promise<Float32Array> {
    const parameter = this.#parameter(name);
    if (part === 'storage') expectWritten(parameter);
    if (part === 'storage' && parameter.packed) {
      const memories = heldBy(parameter).map(({ held }) => this.#device.readback.read(held.storage!));
      return numbersOf(
        parameter,
        (await allRead(memories)).map((data) => new Uint32Array(data)),
      );
    }
    const dtype = part === 'gradient' ? 'f32' : parameter.dtype;
    const all = await Promise.all(
      heldBy(parameter).map(async ({ held, first, end }) => {
        const storage = held[part];
        if (!storage) {
          throw new DataError(name, 'it has no gradient', 'Create the store with { train: true }.');
        }
        return floatsOf(await this.#device.readback.read(storage, (end - first) * bytesOf(dtype)), dtype);
      }),
    );
    if (all.length === 1) return all[0];
    const whole = new Float32Array(parameter.size);
    for (const [i, { first }] of heldBy(parameter).entries()) whole.set(all[i], first);
    return whole;
  }

  /**
   * The first numbers of every parameter, at most `count` (and 64 of packed ones: as they came, before they were rounded): to tell
   * models apart, however they are stored, without reading all of them.
   */
  async readFirst(count: number): Promise<Map<string, Float32Array>> {
    const all = [...this.parameters].map(async ([name, parameter]) => {
      this.#assertOwned(name);
      expectWritten(parameter);
      if (parameter.packed) {
        const first = this.#firsts.get(name) ?? new Float32Array(Math.min(FIRST, parameter.size)); // zeros at first
        return [name, first.subarray(0, count)] as const;
      }
      const [{ held, end }] = heldBy(parameter);
      const bytes = Math.min(count, end) * bytesOf(parameter.dtype);
      const data = await this.#device.readback.read(held.storage!, bytes);
      return [name, floatsOf(data, parameter.dtype)] as const;
    });
    return new Map(await allRead(all));
  }

  /** Every tensor of one kind, by parameter name: one readback a block. Moments exist for trained parameters only. */
  async readAll(part: 'weights' | MomentName): Promise<Map<string, Float32Array>> {
    for (const [name, parameter] of this.parameters) {
      this.#assertOwned(name);
      if (part === 'weights') expectWritten(parameter);
    }
    const out = new Map<string, Float32Array>();
    // All are asked for before any is awaited, so that they belong to one moment.
    const packed = [...this.parameters].filter(([, own]) => own.packed && part === 'weights');
    await allRead([
      ...packed.map(async ([name]) => void out.set(name, await this.read(name))),
      ...this.blocks.map(async ({ weights, moments, members }) => {
        if (members[0].parameter.packed) return;
        const from = part === 'weights' ? weights : moments?.[part];
        if (!from) return;
        const all = floatsOf(await this.#device.readback.read(from.storage!), from.dtype);
        for (const { name, parameter, first, size, offset } of members) {
          const values = all.slice(offset, offset + size);
          if (size === parameter.size) out.set(name, values);
          else {
            const whole = out.get(name) ?? new Float32Array(parameter.size);
            whole.set(values, first);
            out.set(name, whole);
          }
        }
      }),
    ]);
    return out;
  }

  /** Overwrites elements of a trained parameter's moment, from `at` on. */
  writeMoment(part: MomentName, name: string, data: WeightPiece, at: number): void {
    const values = data instanceof Uint16Array ? float16ToFloat32(data) : data;
    let left = values.length;
    for (const { moments, members } of this.blocks) {
      for (const { first, size, offset } of members.filter((member) => member.name === name)) {
        const [start, stop] = [Math.max(at, first), Math.min(at + values.length, first + size)];
        const moment = moments?.[part];
        if (start >= stop || !moment) continue;
        const own = values.subarray(start - at, stop - at);
        upload(this.#device.gpu, moment.storage!, own, 4 * (offset + start - first));
        left -= own.length;
      }
    }
    if (left > 0) {
      throw new DataError(name, `there is no place for its ${part} moment`, 'Load another checkpoint.');
    }
    this.#changed();
    this.#waiting += values.byteLength;
  }

  /**
   * Fills every parameter from `file`, which may be of an earlier version, piece by piece: memory holds one at a time, whatever the file's size. Nothing is
   * written unless every name and shape fits; the error lists what is missing and what was not expected. A load that fails
   * later, or is aborted, disposes of the store: see `fill`.
   */
  async load(file: WeightSource, options: LoadWeightsOptions = {}): Promise<void> {
    const { rename = (name) => name, where = 'weights', ignore = () => false, signal, onProgress } = options;
    expectOptions('ParameterStore.load', options, { rename, where, ignore, signal, onProgress });
    throwIfAborted(signal);
    const source = inTodaysNames(file, this.#module);
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
    const places = new Map(source.names().map((name, i) => [name, i]));
    wanted.sort((a, b) => places.get(a.from)! - places.get(b.from)!);
    const bytes = (name: string): number => {
      const { packedShape, dtype, packed } = this.parameters.get(name)!;
      return bytesOfAll(packedShape, dtype, packed);
    };
    const total = wanted.reduce((sum, { name }) => sum + bytes(name), 0);
    await this.fill(async () => {
      let done = 0;
      for (const { name, from, shape } of wanted) {
        const [all, size] = [bytes(name), sizeOf(shape)];
        let at = 0;
        for await (const piece of piecesOf(source, from, signal ? { signal } : {})) {
          throwIfAborted(signal);
          this.write(name, piece, at);
          at += piece.length;
          await this.drain();
          onProgress?.(done + Math.floor((all * at) / size), total);
        }
        done += all;
      }
    });
  }

  /** Bytes on the GPU. */
  get bytes(): number {
    return [...this.#training, ...this.#ranges.map((range) => range.storage)].reduce(
      (sum, s) => sum + s.size,
      0,
    );
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
    for (const parameter of this.parameters.values()) {
      if (parameter.store !== this) continue;
      for (const { held } of heldBy(parameter)) held.storage = null;
      parameter.store = parameter.parts = null;
      parameter.unwritten = false;
      if (this.#chosen.includes(parameter)) storeAs(parameter, 'f32');
    }
  }
}

/** A range cut where parameters that train and those that do not meet. */
function byTrainable({ storage, elements, members }: Range): Range[] {
  const starts = members.flatMap(({ parameter: { trainable } }, i) =>
    i === 0 || trainable !== members[i - 1].parameter.trainable ? [i] : [],
  );
  return starts.map((start, k): Range => {
    const own = members.slice(start, starts[k + 1]);
    const { offset, parameter } = own[0];
    const size = (members[starts[k + 1]]?.offset ?? elements) - offset;
    return {
      storage: slice(storage, offset, size * bytesOf(parameter.dtype), parameter.dtype),
      elements: size,
      members: own.map((member) => ({ ...member, offset: member.offset - offset })),
    };
  });
}

/** What has a parameter's memory, and which of its elements; of a packed one in its `packedShape`. */
function heldBy(parameter: Parameter): { held: Parameter | ParameterPart; first: number; end: number }[] {
  const { parts, size, packedShape } = parameter;
  if (!parts) return [{ held: parameter, first: 0, end: size }];
  const row = size / packedShape[0];
  return parts.map((held) => ({
    held,
    first: held.from * row,
    end: (held.from + held.shape[0]) * row,
  }));
}

/** Numbers of memory; integers above 2^24 are rounded. */
function floatsOf(data: ArrayBuffer, dtype: DType): Float32Array {
  if (dtype === 'u32') return Float32Array.from(new Uint32Array(data));
  return dtype === 'f16' ? float16ToFloat32(new Uint16Array(data)) : new Float32Array(data);
}

/** `bytes` of a block, from element `offset` on. */
function slice(block: Storage, offset: number, bytes: number, dtype: DType): Storage {
  return {
    buffer: block.buffer,
    offset: block.offset + offset * bytesOf(dtype),
    size: Math.ceil(bytes / 4) * 4,
  };
}

function list(names: readonly string[], what: string): string {
  if (names.length === 0) return `0 ${what}`;
  const shown = names.slice(0, 3).join(', ');
  return `${names.length} ${what} (${shown}${names.length > 3 ? ', …' : ''})`;
}
