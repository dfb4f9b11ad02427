/**
 * What an op is checked by: a description of its cases, of its float64 reference and of the error that it may make. The
 * tests of all hosts and the page My GPU run these same descriptions, those of checks/ops.
 */
import { Graph } from '../engine/graph/graph';
import { imaginedDevice, LEAST_CAPABILITIES } from '../engine/graph/imagined';
import type { Step } from '../engine/graph/step';
import { Tensor, type DType } from '../engine/graph/tensor';
import type { Device } from '../engine/runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../engine/runtime/half';
import { compare, type Bound, type Comparison } from './bound';
import { Random, seedData, type TestArray } from './data';
import type { Rung } from './rungs';

export { grid, integers, normal, plus, Random, twice, type TestArray } from './data';

export type Arrays = Readonly<Record<string, Float64Array>>;
// References see what they put in: integers arrive as Float64Array too, so that one loop type serves all.
export type Fields = Readonly<Record<string, number | boolean | string>>;
export type Inputs = Readonly<Record<string, TestArray>>;
/** What floats are stored as. */
export type Storage = 'f32' | 'f16';

export interface OpTest<C extends Fields, I extends Record<string, TestArray>> {
  readonly cases: readonly C[];
  readonly inputs: (c: C, random: Random) => I;
  readonly op: (g: Graph, x: { [K in keyof I]: Tensor }, c: C) => Tensor | Readonly<Record<string, Tensor>>;
  readonly reference: (x: { [K in keyof I]: Float64Array }, c: C) => Arrays;
  /** Gradients by input name, from output gradients by output name. */
  readonly gradient?: (x: { [K in keyof I]: Float64Array }, dy: Arrays, c: C) => Arrays;
  /** Terms of the longest sum behind one output number. */
  readonly terms: (c: C) => number;
  /** Where the rounding of intermediate magnitudes is larger than the outputs show, say why beside it. */
  readonly bound?: Partial<Bound>;
  readonly step?: Partial<Step>;
  /** 'either': large kernels, of which a test compiles those of one type: f16 where there is f16. */
  readonly dtypes?: readonly Storage[] | 'either';
  /** False where the function is not smooth at the tested points. */
  readonly finiteDifferences?: boolean;
  /** False, or names, for kernels that the interpreter of wgsl_reflect cannot run; say why beside it. */
  readonly races?: boolean | { readonly without: RegExp };
  /** Also record as if on a GPU (`software: false`), so that both rungs of the ladder are tested on this adapter. */
  readonly rungs?: readonly Rung[];
  /** Names that carry a gradient into the op; default: every output. */
  readonly differentiable?: readonly string[];
}

/** An op with its name, whatever its cases and inputs are. */
export interface DescribedOp {
  readonly name: string;
  readonly spec: OpTest<Fields, Inputs>;
}

export function describeOp<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
): DescribedOp {
  return { name, spec: spec as unknown as OpTest<Fields, Inputs> };
}

/** What of a host decides which cases it is given. */
export interface Where {
  /** False: references and races only. */
  readonly gpu: boolean;
  readonly subgroups: boolean;
  /** Its compiler takes seconds for the largest kernels. */
  readonly slow: boolean;
}

/** What a file of checks/ops exports as `ops`. */
export type OpsOf = readonly DescribedOp[] | ((where: Where) => readonly DescribedOp[]);

const EPSILON = { f32: 2 ** -23, f16: 2 ** -10 };

/** A case in one line. */
export const label = (c: Fields): string =>
  Object.entries(c)
    .map(([k, v]) => `${k}=${String(v)}`)
    .join(' ');

/** A number of 32 bits for a text (FNV-1a). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** What a float is after storage. */
function round(data: Float64Array, dtype: Storage): Float64Array {
  const single = Float32Array.from(data);
  return Float64Array.from(dtype === 'f32' ? single : float16ToFloat32(float32ToFloat16(single)));
}

export const isInteger = (a: TestArray): boolean => a.data instanceof Uint32Array;
const named = (y: Tensor | Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> =>
  y instanceof Tensor ? { y } : y;

/** Records the op over inputs, and its backward from given output gradients. */
export function record({ spec }: DescribedOp, c: Fields, arrays: Inputs, device: Device, storage: Storage) {
  const g = new Graph(device, { train: spec.gradient !== undefined, storage, label: 'test' });
  const x: Record<string, Tensor> = {};
  for (const [name, a] of Object.entries(arrays)) {
    const dtype: DType = isInteger(a) ? 'u32' : a.exact ? 'f32' : storage;
    x[name] = g.input(name, a.shape, dtype, { differentiable: !isInteger(a) && !a.fixed });
  }
  const outputs = named(spec.op(g, x, c));
  const upstream: Record<string, Tensor> = {};
  const gradients: Record<string, Tensor> = {};
  if (spec.gradient) {
    const from = new Map<Tensor, Tensor>();
    for (const [name, y] of Object.entries(outputs)) {
      if (spec.differentiable && !spec.differentiable.includes(name)) continue;
      upstream[name] = g.input(`d${name}`, y.shape, y.dtype);
      from.set(y, upstream[name]);
    }
    g.backpropFrom(from);
    for (const name of Object.keys(arrays)) {
      if (g.reached(x[name])) gradients[name] = g.grad(x[name]);
    }
  }
  return { g, outputs, upstream, gradients };
}

/** Cases from the least numbers to the most. */
export function bySize({ spec }: DescribedOp): Fields[] {
  const work = (c: Fields): number =>
    Object.values(spec.inputs(c, new Random(1))).reduce((sum, a) => sum + a.data.length, 0);
  const sized = spec.cases.map((c) => [work(c), c] as const).sort(([a], [b]) => a - b);
  return sized.map(([, c]) => c);
}

/** The smallest case of more than a few numbers. */
export function smallest(op: DescribedOp): Fields {
  const sorted = bySize(op);
  const size = (c: Fields): number =>
    Object.values(op.spec.inputs(c, new Random(1))).reduce((sum, a) => sum + a.data.length, 0);
  return sorted.find((c) => size(c) > 4) ?? sorted[0];
}

/** What a case feeds, and what is to come out. Equal for every rung, and so evaluated once for all of them. */
export interface Expected {
  readonly arrays: Inputs;
  readonly feed: Readonly<Record<string, ArrayBufferView>>;
  readonly outputs: Arrays;
  readonly gradients: Arrays;
}

/** For recording without a device: only which outputs carry gradients, and in which type, is asked of it. */
const IMAGINED = imaginedDevice({ ...LEAST_CAPABILITIES, f16: true });

export function expectedOf(op: DescribedOp, c: Fields, dtype: Storage): Expected {
  const { spec } = op;
  seedData(hash(label(c))); // data of a case, whatever ran before
  const arrays = spec.inputs(c, new Random(1));
  const x: Record<string, Float64Array> = {};
  const feed: Record<string, ArrayBufferView> = {};
  const put = (key: string, data: Float64Array, type: Storage): Float64Array => {
    const single = Float32Array.from(data);
    feed[key] = type === 'f16' ? float32ToFloat16(single) : single;
    return round(data, type);
  };
  for (const [key, a] of Object.entries(arrays)) {
    if (a.data instanceof Uint32Array) {
      feed[key] = a.data;
      x[key] = Float64Array.from(a.data);
    } else x[key] = put(key, a.data, a.exact ? 'f32' : dtype);
  }
  const outputs = spec.reference(x, c);
  const { upstream } = record(op, c, arrays, IMAGINED, dtype);
  const random = new Random(5);
  const dy: Record<string, Float64Array> = {};
  for (const [key, t] of Object.entries(upstream)) {
    const data = Float64Array.from({ length: t.size }, () => random.normal());
    dy[key] = put(`d${key}`, data, t.dtype as Storage);
  }
  return { arrays, feed, outputs, gradients: spec.gradient?.(x, dy, c) ?? {} };
}

/** One output or gradient beside its reference. */
export interface Compared extends Comparison {
  /** The output's name, or the name of the input whose gradient it is. */
  readonly key: string;
  readonly backward: boolean;
}

/**
 * Runs a case and compares all outputs, and then all gradients. Throws where the op, or the reference, does not give what
 * the other gives, and what compiling and running throw.
 */
export async function runCase(
  op: DescribedOp,
  c: Fields,
  device: Device,
  dtype: Storage,
  { arrays, feed, outputs: want, gradients: wantGradients } = expectedOf(op, c, dtype),
): Promise<Compared[]> {
  const { name, spec } = op;
  const { g, outputs, gradients } = record(op, c, arrays, device, dtype);
  const all: Record<string, Tensor> = { ...outputs };
  for (const [key, t] of Object.entries(gradients)) all[`grad ${key}`] = t;
  using plan = await g.compile(all);
  plan.run(feed, spec.step);
  const results: Compared[] = [];
  const add = async (key: string, backward: boolean, reference: Float64Array | undefined, tensor: Tensor) => {
    const output = backward ? `grad ${key}` : key;
    if (!reference) throw new Error(`${name}: the reference gives no ${output}`);
    const integer = tensor.dtype === 'u32' || tensor.dtype === 'i32';
    const got = integer ? await plan.readIntegers(output) : await plan.read(output);
    if (got.length !== reference.length) {
      throw new Error(
        `${name} ${label(c)}: ${output} has ${got.length} numbers, the reference ${reference.length}`,
      );
    }
    const bound = {
      epsilon: integer ? 0 : EPSILON[tensor.dtype === 'f16' || dtype === 'f16' ? 'f16' : 'f32'],
      terms: spec.terms(c),
      ...spec.bound,
    };
    results.push({ key, backward, ...compare(got, reference, tensor.shape, bound) });
  };
  for (const [key, tensor] of Object.entries(outputs)) await add(key, false, want[key], tensor);
  if (spec.gradient) {
    for (const [key, a] of Object.entries(arrays)) {
      if (isInteger(a) || a.fixed) continue;
      const tensor = gradients[key];
      if (!tensor) throw new Error(`${name} ${label(c)}: no gradient reached input ${key}`);
      await add(key, true, wantGradients[key], tensor);
    }
  }
  return results;
}
