/** Where the weights of a model lie: which follow each other in one buffer, and which are cut to fit a binding. */
import { DeviceError, formatBytes } from '../errors';
import { packedBytes, type Packed } from '../graph/packed';
import { bytesOf, bytesOfAll, formatShape, sizeOf, type DType } from '../graph/tensor';
import { ParameterPart, type Parameter } from './parameter';

/** A parameter in a buffer, or one of its parts. */
export interface Member {
  readonly name: string;
  readonly parameter: Parameter;
  /** What has this memory. */
  readonly held: Parameter | ParameterPart;
  /** Its first element in the parameter, and how many there are; of one that is packed in its `packedShape`. */
  readonly first: number;
  readonly size: number;
  /** Its first element in the buffer; of one that is packed, the first word. */
  readonly offset: number;
}

/** Parameters of one kind that follow each other in one buffer. */
export interface WeightRange {
  readonly dtype: DType;
  /** See `Parameter.packed`. */
  readonly packed: Packed | null;
  /** With room for alignment; words, where they are packed. */
  readonly elements: number;
  readonly members: readonly Member[];
}

/** Bytes between the starts of two parameters are a multiple of this: WebGPU's binding alignment. */
const ALIGN = 256;

/**
 * The buffers of a module's parameters, each within a binding of `limit` bytes. Parameters that are larger are given
 * their `parts`, without memory. Throws `DeviceError` for one whose rows do not fit.
 */
export function weightRanges(parameters: ReadonlyMap<string, Parameter>, limit: number): WeightRange[] {
  const groups = new Map<string, Member[]>();
  for (const [name, parameter] of parameters) {
    const key = `${parameter.trainable} ${parameter.decay} ${parameter.packed ?? parameter.dtype}`;
    groups.set(key, [...(groups.get(key) ?? []), ...cut(name, parameter, limit)]);
  }
  const runs = [...groups.values()].flatMap((group) => split(group, limit));
  return runs.map((run) => {
    const { dtype, packed } = run[0].parameter;
    let elements = 0;
    const members = run.map((member) => {
      const offset = elements;
      elements += room(member) / bytesOf(dtype);
      return { ...member, offset };
    });
    return { dtype, packed, elements, members };
  });
}

/** A parameter as what fits a binding each: itself, or runs of its rows. */
function cut(name: string, parameter: Parameter, limit: number): Member[] {
  const { size, packedShape: shape, dtype, packed } = parameter;
  const most = Math.floor(limit / ALIGN) * ALIGN;
  for (const old of parameter.parts ?? []) old.storage = old.gradient = null;
  parameter.parts = null;
  const all = bytesOfAll(shape, dtype, packed);
  if (all <= most) return [{ name, parameter, held: parameter, first: 0, size, offset: 0 }];
  const row = size / shape[0];
  // Bytes of a packed row are a fraction, and all of them are rounded up to a vector.
  const fit = packed
    ? Math.floor((most - 16) / (packedBytes(packed, 64, row) / 64))
    : Math.floor(most / (row * bytesOf(dtype)));
  // By fours where there are as many, so that neither rows nor columns of a product lose their alignment.
  const rows = fit - (fit % (fit >= 64 ? 64 : fit >= 4 ? 4 : 1));
  const bytes = rows < 1 ? 0 : bytesOfAll([rows, ...shape.slice(1)], dtype, packed);
  if (bytes < 1 || bytes % 4 !== 0) {
    throw new DeviceError(
      name,
      `${formatShape(shape)} takes ${formatBytes(all)}, and its rows do not fit a binding's ${formatBytes(limit)}`,
      'Use a smaller width.',
    );
  }
  const count = Math.ceil(shape[0] / rows);
  parameter.parts = Array.from(
    { length: count },
    (_, k) => new ParameterPart(parameter, k * rows, Math.min(rows, shape[0] - k * rows)),
  );
  return parameter.parts.map((held) => {
    return { name, parameter, held, first: held.from * row, size: sizeOf(held.shape), offset: 0 };
  });
}

/** Cuts a group into runs that fit a binding. */
function split(group: readonly Member[], limit: number): Member[][] {
  const parts: Member[][] = [[]];
  let bytes = 0;
  for (const member of group) {
    const size = room(member);
    if (bytes > 0 && bytes + size > limit) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(member);
    bytes += size;
  }
  return parts;
}

/** Bytes that it takes in its buffer. */
function room({ held: { packedShape, dtype, packed } }: Member): number {
  return Math.ceil(bytesOfAll(packedShape, dtype, packed) / ALIGN) * ALIGN;
}
