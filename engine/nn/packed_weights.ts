/** Parameters that a store packs (int8, int4): how their numbers come, piece by piece, and how they are read back. */
import { EngineError, ShapeError } from '../errors';
import { isPacked, packedBytes, packedRow, PACKINGS, type Packed } from '../graph/packed';
import { formatShape, type DType, type Shape } from '../graph/tensor';
import { packRows, unpackRows, type PackedRows } from './packing';

/** How a weight may be stored. */
export type WeightStorage = 'f32' | 'f16' | Packed;
/** Every way to store weights, for options and menus. */
export const WEIGHT_STORAGES = ['f32', 'f16', ...Object.keys(PACKINGS)] as readonly WeightStorage[];

/** What is asked of a `Parameter`. */
interface Weight {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  readonly outputs: 0 | 1 | null;
  dtype: DType;
  packed: Packed | null;
  /** (outputs, inputs). */
  readonly packedShape: Shape;
  readonly parts: readonly { readonly shape: Shape }[] | null;
}

/** Matrices of fewer outputs, such as the scores of two classes, save nothing worth their error. */
const FEWEST_OUTPUTS = 16;

/**
 * What a parameter is stored as where all are to be packed: weights of linear layers and tables of tokens are, but for those of
 * fewer than 16 outputs and of rows so short that less than half would be saved; all else stays f32.
 */
export function packedOrNot(parameter: Weight, storage: WeightStorage): WeightStorage {
  if (!isPacked(storage)) return storage;
  const { outputs, shape, size } = parameter;
  if (outputs === null || shape[outputs] < FEWEST_OUTPUTS) return 'f32';
  return packedBytes(storage, shape[outputs], shape[1 - outputs]) > 2 * size ? 'f32' : storage;
}

/** Throws `EngineError` for a parameter that ops do not read packed. */
export function expectPackable(name: string, { outputs, shape }: Weight, storage: Packed): void {
  if (outputs !== null) return;
  const what = `it is ${formatShape(shape)}, and only weights of linear layers and tables of tokens are stored as ${storage}`;
  throw new EngineError(name, what, "Use 'f32' or 'f16'.");
}

/** Has a parameter be stored so, from the next store on. */
export function storeAs(parameter: Weight, storage: WeightStorage): void {
  [parameter.dtype, parameter.packed] = isPacked(storage) ? ['u32', storage] : [storage, null];
}

/** Rows that are ready, from row `first` on. */
export interface ReadyRows extends PackedRows {
  readonly first: number;
}

/** Rows that are packed at a time, at the most: their numbers are there twice meanwhile. */
const SLAB = 1 << 18;

/**
 * Packs a parameter whose numbers come in order, in pieces of any length. It keeps less than a row; of a matrix that comes
 * (in, out), whose rows are complete with its last number, all of it.
 */
export class PackedWriter {
  readonly #parameter: Weight;
  readonly #packed: Packed;
  readonly #outputs: number;
  readonly #inputs: number;
  /** What came and is not packed yet. */
  readonly #kept: Float32Array;
  #held = 0;
  #rows = 0;
  /** Numbers that came. */
  at = 0;

  constructor(parameter: Weight) {
    this.#parameter = parameter;
    this.#packed = parameter.packed!;
    [this.#outputs, this.#inputs] = parameter.packedShape as [number, number];
    this.#kept = new Float32Array(this.#turned ? parameter.size : this.#inputs);
  }

  get #turned(): boolean {
    return this.#parameter.outputs === 1;
  }

  /** Takes the next numbers, and gives the rows that they complete. */
  *add(data: Float32Array): Generator<ReadyRows, void, undefined> {
    this.at += data.length;
    if (this.#turned) {
      this.#kept.set(data, this.#held);
      this.#held += data.length;
      if (this.#held === this.#kept.length) yield* this.#turnedRows();
      return;
    }
    const inputs = this.#inputs;
    let from = 0;
    if (this.#held > 0) {
      from = Math.min(inputs - this.#held, data.length);
      this.#kept.set(data.subarray(0, from), this.#held);
      this.#held += from;
      if (this.#held < inputs) return;
      yield this.#pack(this.#kept);
    }
    const slab = Math.max(1, Math.floor(SLAB / inputs)) * inputs;
    const whole = from + Math.floor((data.length - from) / inputs) * inputs;
    for (; from < whole; from += slab) yield this.#pack(data.subarray(from, Math.min(from + slab, whole)));
    this.#held = data.length - whole;
    this.#kept.set(data.subarray(whole));
  }

  *#turnedRows(): Generator<ReadyRows, void, undefined> {
    const [outputs, inputs] = [this.#outputs, this.#inputs];
    const most = Math.max(1, Math.floor(SLAB / inputs));
    while (this.#rows < outputs) {
      const [first, count] = [this.#rows, Math.min(most, outputs - this.#rows)];
      const slab = new Float32Array(count * inputs);
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < count; o++) slab[o * inputs + i] = this.#kept[i * outputs + first + o];
      yield this.#pack(slab);
    }
  }

  #pack(data: Float32Array): ReadyRows {
    const first = this.#rows;
    const rows = packRows(this.#packed, this.#inputs, data, { name: this.#parameter.name, first });
    this.#rows += data.length / this.#inputs;
    return { ...rows, first };
  }
}

/** Throws `ShapeError` for numbers of a packed parameter that do not follow those before. */
export function expectInOrder(name: string, from: number, writer: PackedWriter | undefined): void {
  const next = writer?.at ?? 0;
  if (from === 0 || from === next) return;
  const what = `numbers from ${from} on are given, but ${next} came before`;
  throw new ShapeError(name, what, 'Write packed weights from the first number to the last, in order.');
}

/** Words of some rows of a packed matrix, which has `rows` in its memory: where codes and scales begin and end. */
export function placesOf(packed: Packed, inputs: number, rows: number, from: number, to: number) {
  const row = packedRow(packed, inputs);
  const scales = rows * row.codes;
  return {
    codes: [from * row.codes, to * row.codes],
    scales: [scales + from * row.scales, scales + to * row.scales],
  } as const;
}

/** The numbers of a packed parameter, in its shape, from the memory of it or of its parts. */
export function numbersOf(parameter: Weight, memories: readonly Uint32Array[]): Float32Array {
  const [outputs, inputs] = parameter.packedShape;
  const packed = parameter.packed!;
  const rowsOf = parameter.parts?.map(({ shape }) => shape[0]) ?? [outputs];
  const all = new Float32Array(parameter.size);
  let first = 0;
  for (const [k, rows] of rowsOf.entries()) {
    const { codes, scales } = placesOf(packed, inputs, rows, 0, rows);
    const own = { codes: memories[k].subarray(...codes), scales: memories[k].subarray(...scales) };
    all.set(unpackRows(packed, inputs, own), first * inputs);
    first += rows;
  }
  if (parameter.outputs === 0) return all;
  const turned = new Float32Array(all.length);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++) turned[i * outputs + o] = all[o * inputs + i];
  return turned;
}
