/** The tensors of a checkpoint as a model's weights: all of them are checked before any of them is read. */
import {
  DataError,
  formatShape,
  piecesOf,
  sameShape,
  ShapeError,
  sizeOf,
  type Shape,
  type WeightReadOptions,
  type WeightSource,
} from '../engine/index';
import { joined } from './joined';

/** One of our parameters, and what it is made of there. */
export interface Entry {
  /** Ours. */
  readonly shape: Shape;
  /** Rows of these follow each other. */
  readonly parts: readonly Part[];
  /** What it is where the file leaves it out; without this it must be there. */
  readonly absent?: () => Float32Array;
  /** For each row of ours its row there. Default: the same. */
  readonly order?: Uint32Array;
}

/** Rows of `data` in another order: row i of the result is row `order[i]`; `back`: the way back. */
export function reordered(data: Float32Array, order: Uint32Array, back = false): Float32Array {
  const width = data.length / order.length;
  const out = new Float32Array(data.length);
  for (const [ours, theirs] of order.entries()) {
    const [from, to] = back ? [ours, theirs] : [theirs, ours];
    out.set(data.subarray(from * width, (from + 1) * width), to * width);
  }
  return out;
}

export interface Part {
  readonly name: string;
  readonly shape: Shape;
  /** Other names of the same tensor, of which a file may have one, or several with equal numbers: it is tied. */
  readonly copies?: readonly string[];
}

/** All names that it may have. */
export const namesOf = ({ name, copies = [] }: Part): readonly string[] => [name, ...copies];

export interface CheckpointLayout {
  /** Of whom, in errors: 'Llama checkpoint'. */
  readonly where: string;
  /** By our names. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Buffers that old versions of Transformers wrote and that Transformers itself skips. */
  readonly buffers?: RegExp;
}

const count = (n: number, verb: [one: string, more: string]): string =>
  n === 1 ? `1 tensor ${verb[0]}` : `${n} tensors ${verb[1]}`;
const some = (names: readonly string[]): string =>
  `(${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`;

/** What wraps a whole model and its names: DataParallel and torch.compile. */
const WRAPPERS = /^((module|_orig_mod)\.)+/;
/** Tensors of quantized layers, by GPTQ, AWQ, bitsandbytes, FP8 and compressed-tensors. */
const QUANTIZED =
  /\.(qweight|qzeros|g_idx|SCB|weight_format|weight_packed|weight_scale(_inv)?|weight\.(absmax|quant_map|quant_state\..*))$/;
/** Tensors of PEFT's adapters. */
const ADAPTER = /(^|\.)(lora_(A|B|embedding_A|embedding_B|magnitude_vector)|ia3_l|prompt_embeddings)(\.|$)/;

/** A checkpoint by the names that it has inside of wrappers; throws `DataError` for what holds no plain weights. */
export function unwrapped(source: WeightSource, where: string): WeightSource {
  const theirs = source.names();
  const adapter = theirs.find((name) => ADAPTER.test(name));
  if (adapter !== undefined) {
    throw new DataError(
      where,
      `${adapter} belongs to an adapter (PEFT), not to a model by itself`,
      'Load its base model, and then the adapter into it: loadPeft of heed/adapters.',
    );
  }
  const quantized = theirs.find((name) => QUANTIZED.test(name));
  if (quantized !== undefined) {
    throw new DataError(where, `${quantized} belongs to a quantized layer`, PLAIN_WEIGHTS);
  }
  const wrapper = WRAPPERS.exec(theirs[0] ?? '')?.[0];
  if (wrapper === undefined || !theirs.every((name) => name.startsWith(wrapper))) return source;
  return {
    names: () => theirs.map((name) => name.slice(wrapper.length)),
    info: (name) => source.info(wrapper + name),
    float32: (name, options) => source.float32(wrapper + name, options),
    pieces: (name, options) => piecesOf(source, wrapper + name, options),
  };
}

/**
 * Our tensors (by our names) under the names of a checkpoint, which had `names`; none where it was made here. What the
 * checkpoint left out because it is computed stays out, and so does what `ours` has not.
 */
export function theirTensors(
  entries: ReadonlyMap<string, Entry>,
  names: ReadonlySet<string>,
  ours: ReadonlyMap<string, Float32Array>,
): { readonly name: string; readonly shape: Shape; readonly data: Float32Array }[] {
  return [...entries].flatMap(([own, { parts, absent, order }]) => {
    const all = ours.get(own);
    if (!all) return [];
    const data = order ? reordered(all, order, true) : all;
    let at = 0;
    return parts.flatMap((part) => {
      const found = namesOf(part).find((name) => names.has(name));
      const rows = data.subarray(at, (at += sizeOf(part.shape)));
      if (found === undefined && absent && names.size > 0) return [];
      return [{ name: found ?? part.name, shape: part.shape, data: rows }];
    });
  });
}

export const PLAIN_WEIGHTS =
  'Heed reads weights in F32, F16 or BF16: take the checkpoint that it was made from, or save it again dequantized.';

/**
 * The weights under our names. Throws `DataError` for tensors that are missing, left over or of dtypes that are no
 * weights, and `ShapeError` where one has another shape than the configuration wants.
 */
export function checkpoint(
  source: WeightSource,
  { where, entries, buffers }: CheckpointLayout,
): WeightSource {
  const theirs = source.names();
  const available = new Set(theirs);
  const found = (part: Part): readonly string[] => namesOf(part).filter((name) => available.has(name));
  const used = new Set<string>();
  const missing: string[] = [];
  for (const { parts, absent } of entries.values()) {
    if (absent && parts.every((part) => found(part).length === 0)) continue;
    for (const part of parts) {
      if (found(part).length === 0) missing.push(part.name);
      for (const name of found(part)) used.add(name);
    }
  }
  const left = theirs.filter((name) => !used.has(name) && !buffers?.test(name));
  if (missing.length > 0) {
    const inner = theirs.find((name) => name.endsWith(`.${missing[0]}`));
    const prefix = inner?.slice(0, -missing[0].length);
    throw new DataError(
      where,
      `${count(missing.length, ['is', 'are'])} missing ${some(missing)}` +
        (left.length > 0 ? `, ${left.length} left over ${some(left)}` : ''),
      prefix === undefined
        ? 'Give every shard (openSharded), and the config.json that belongs to them.'
        : `The model lies under "${prefix}" there: save it by itself, or give a source whose names begin after it.`,
    );
  }
  if (left.length > 0) {
    throw new DataError(
      where,
      `${count(left.length, ['has', 'have'])} no place in this model ${some(left)}`,
      'The checkpoint is of another model: nothing of it may be dropped.',
    );
  }
  for (const { parts } of entries.values()) {
    for (const part of parts)
      for (const name of found(part)) check(where, name, source.info(name), part.shape);
  }

  const read = async (part: Part, options?: WeightReadOptions): Promise<Float32Array> => {
    const [name, ...copies] = found(part);
    const data = await source.float32(name, options);
    if (data.length !== sizeOf(part.shape)) {
      throw new DataError(
        where,
        `${name} holds ${data.length} numbers, not those of ${formatShape(part.shape)}`,
      );
    }
    for (const copy of copies) {
      const other = await source.float32(copy, options);
      if (other.some((x, i) => x !== data[i] && !(x !== x && data[i] !== data[i]))) {
        throw new DataError(
          where,
          `${copy} differs from ${name}, though config.json ties them`,
          'Set tie_word_embeddings to false if the model has both, or save it again.',
        );
      }
    }
    return data;
  };
  const whole = async (name: string, options?: WeightReadOptions): Promise<Float32Array> => {
    const { parts, absent, order } = entries.get(name)!;
    if (absent && parts.every((part) => found(part).length === 0)) return absent();
    const data = await Promise.all(parts.map((part) => read(part, options)));
    const rows = data.length === 1 ? data[0] : joined(Float32Array, data);
    return order ? reordered(rows, order) : rows;
  };
  // In the order of the file, as far as there is one for what is made of several of its tensors.
  const at = new Map(theirs.map((name, i) => [name, i]));
  const place = ({ parts }: Entry): number => at.get(found(parts[0])[0] ?? '') ?? 0;
  return {
    names: () => [...entries].sort(([, a], [, b]) => place(a) - place(b)).map(([name]) => name),
    info: (name) => ({ shape: entries.get(name)!.shape }),
    float32: whole,
    async *pieces(name, options) {
      const { parts, order } = entries.get(name)!;
      if (order || parts.some((part) => found(part).length !== 1)) yield await whole(name, options);
      else for (const part of parts) yield* piecesOf(source, found(part)[0], options);
    },
  };
}

function check(
  where: string,
  name: string,
  { shape, dtype }: { readonly shape: Shape; readonly dtype?: string },
  want: Shape,
): void {
  if (!sameShape(shape, want)) {
    throw new ShapeError(
      where,
      `${name} is ${formatShape(shape)} there, but config.json makes it ${formatShape(want)}`,
      'Give the config.json that belongs to these weights, with all of its settings.',
    );
  }
  if (dtype !== undefined && !['F32', 'F16', 'BF16', 'F64'].includes(dtype)) {
    throw new DataError(where, `${name} holds ${dtype}`, PLAIN_WEIGHTS);
  }
}
