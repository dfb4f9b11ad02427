/**
 * One op's tests from one description. On the cpu host: the float64 gradient against finite differences, and every
 * kernel that the op records through the race detector. On GPU hosts: outputs and gradients of every case against
 * the float64 reference, in f32 and, where the adapter has it, in f16 storage, within a bound computed from the
 * storage type's epsilon and the length of the longest sum.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capabilities } from '../../engine/runtime/capabilities';
import { Device } from '../../engine/runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../engine/runtime/half';
import { Graph } from '../../engine/graph/graph';
import type { Step } from '../../engine/graph/step';
import { Tensor, type DType, type Shape } from '../../engine/graph/tensor';
import { assertClose, type Bound } from './close';
import { fakeDevice } from './fake-device';
import { compilesSlowly, feature, host, openTestGpu } from './host';
import { findRaces } from './races';

export interface TestArray {
  readonly shape: Shape;
  readonly data: Float64Array | Uint32Array;
  /** Stays f32 under f16 storage: masks, statistics, losses. */
  readonly exact?: boolean;
  /** No gradient is asked for. Integers never have one. */
  readonly fixed?: boolean;
}

type Arrays = Readonly<Record<string, Float64Array>>;
// References see what they put in: integers arrive as Float64Array too, so that one loop type serves all.
type Fields = Readonly<Record<string, number | boolean | string>>;

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
  readonly dtypes?: readonly ('f32' | 'f16')[];
  /** False where the function is not smooth at the tested points. */
  readonly finiteDifferences?: boolean;
  /** False, or names, for kernels that the interpreter of wgsl_reflect cannot run; say why beside it. */
  readonly races?: boolean | { readonly without: RegExp };
  /** Also record as if on a GPU (`software: false`), so that both rungs of the ladder are tested on this adapter. */
  readonly rungs?: readonly Rung[];
  /** Names that carry a gradient into the op; default: every output. */
  readonly differentiable?: readonly string[];
}

/** Deterministic normal and uniform numbers for test data. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
}

let seed = 1;
/** Called before each file where files share modules: data must not depend on which ran before, nor may memory. */
export function beginFile(): void {
  seed = 1;
  // What other files left is native memory, of which the collector knows nothing.
  (globalThis as { gc?: () => void }).gc?.();
}

/** A number of 32 bits for a text (FNV-1a). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Normally distributed test data. */
export function normal(
  shape: Shape,
  { mean = 0, std = 1, ...flags }: { mean?: number; std?: number; exact?: boolean; fixed?: boolean } = {},
): TestArray {
  const random = new Random(seed++);
  const n = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float64Array.from({ length: n }, () => mean + std * random.normal()), ...flags };
}

/** Integers in [0, below). */
export function integers(shape: Shape, below: number): TestArray {
  const random = new Random(seed++);
  const n = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Uint32Array.from({ length: n }, () => random.below(below)) };
}

/** Every combination of the listed values, in order. */
export function grid<T extends Readonly<Record<string, readonly (number | boolean | string)[]>>>(
  axes: T,
): { [K in keyof T]: T[K][number] }[] {
  let out: Record<string, number | boolean | string>[] = [{}];
  for (const [key, values] of Object.entries(axes)) {
    out = out.flatMap((c) => values.map((v) => ({ ...c, [key]: v })));
  }
  return out as { [K in keyof T]: T[K][number] }[];
}

const EPSILON = { f32: 2 ** -23, f16: 2 ** -10 };
const label = (c: Fields): string =>
  Object.entries(c)
    .map(([k, v]) => `${k}=${String(v)}`)
    .join(' ');

/** What a float is after storage. */
function round(data: Float64Array, dtype: 'f32' | 'f16'): Float64Array {
  const single = Float32Array.from(data);
  return Float64Array.from(dtype === 'f32' ? single : float16ToFloat32(float32ToFloat16(single)));
}

const isInteger = (a: TestArray): boolean => a.data instanceof Uint32Array;
const named = (y: Tensor | Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> =>
  y instanceof Tensor ? { y } : y;

/** Records the op over inputs, and its backward from given output gradients. */
function record<C extends Fields, I extends Record<string, TestArray>>(
  spec: OpTest<C, I>,
  c: C,
  arrays: I,
  device: Device,
  storage: 'f32' | 'f16',
) {
  const g = new Graph(device, { train: spec.gradient !== undefined, storage, label: 'test' });
  const x: Record<string, Tensor> = {};
  for (const [name, a] of Object.entries(arrays)) {
    const dtype: DType = isInteger(a) ? 'u32' : a.exact ? 'f32' : storage;
    x[name] = g.input(name, a.shape, dtype, { differentiable: !isInteger(a) && !a.fixed });
  }
  const outputs = named(spec.op(g, x as { [K in keyof I]: Tensor }, c));
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

function checkGradient<C extends Fields, I extends Record<string, TestArray>>(
  spec: OpTest<C, I>,
  c: C,
): void {
  const arrays = spec.inputs(c, new Random(1));
  const x: Record<string, Float64Array> = {};
  for (const [name, a] of Object.entries(arrays)) x[name] = Float64Array.from(a.data);
  const at = x as { [K in keyof I]: Float64Array };
  const random = new Random(99);
  const weights: Record<string, Float64Array> = {};
  for (const [name, y] of Object.entries(spec.reference(at, c))) {
    if (spec.differentiable && !spec.differentiable.includes(name)) continue;
    weights[name] = y.map(() => random.normal());
  }
  const loss = (): number => {
    const y = spec.reference(at, c);
    return Object.entries(weights).reduce((sum, [k, w]) => w.reduce((s, v, i) => s + v * y[k][i], sum), 0);
  };
  const gradients = spec.gradient!(at, weights, c);
  const least = Math.max(1, Math.abs(loss()));
  for (const [name, a] of Object.entries(arrays)) {
    if (isInteger(a) || a.fixed) continue;
    const got = gradients[name];
    if (!got) throw new Error(`the reference gives no gradient for ${name}`);
    const data = x[name];
    const picks =
      data.length <= 40 ? [...data.keys()] : Array.from({ length: 40 }, () => random.below(data.length));
    for (const i of picks) {
      const kept = data[i];
      const h = 1e-5 * Math.max(1, Math.abs(kept));
      data[i] = kept + h;
      const up = loss();
      data[i] = kept - h;
      const down = loss();
      data[i] = kept;
      const want = (up - down) / (2 * h);
      if (!(Math.abs(got[i] - want) <= 1e-6 * Math.max(least, Math.abs(want)))) {
        expect.fail(`d${name}[${i}] is ${got[i]}, finite differences say ${want}`);
      }
    }
  }
}

export function testOp<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
): void {
  if (!host.gpu) testOnCpu(name, spec);
  else testOnGpu(name, spec);
}

function testOnCpu<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
): void {
  const differences = spec.gradient && spec.finiteDifferences !== false;
  if (!differences && spec.races === false) return; // nothing to do without a GPU
  describe(name, () => {
    if (differences) {
      it('reference gradient equals finite differences in float64', () => {
        const small = [...spec.cases].sort((a, b) => work(spec, a) - work(spec, b));
        // Every value of every option once, on the smallest case that has it.
        const seen = new Set<string>();
        for (const c of small) {
          const fresh = Object.entries(c).filter(
            ([k, v]) => typeof v !== 'number' && !seen.has(`${k}=${String(v)}`),
          );
          if (seen.size > 0 && fresh.length === 0 && seen.has('done')) continue;
          for (const [k, v] of Object.entries(c)) seen.add(`${k}=${String(v)}`);
          seen.add('done');
          checkGradient(spec, c);
        }
        for (const c of small.slice(0, 6)) checkGradient(spec, c);
      });
    }
    if (spec.races !== false) {
      for (const rung of spec.rungs ?? ['software']) {
        it(`no data race in any kernel (${rung})`, () => {
          const c = smallest(spec);
          const arrays = spec.inputs(c, new Random(1));
          const { g } = record(spec, c, arrays, fakeDevice({ software: rung !== 'hardware' }), 'f32');
          const without = typeof spec.races === 'object' ? spec.races.without : /^$/;
          for (const d of g.dispatches.filter((d) => !without.test(d.variant.kernel)))
            expect(findRaces(d, arrays), `${d.variant.label} ${label(c)}`).toEqual([]);
        });
      }
    }
  });
}

const work = <C extends Fields, I extends Record<string, TestArray>>(spec: OpTest<C, I>, c: C): number =>
  Object.values(spec.inputs(c, new Random(1))).reduce((sum, a) => sum + a.data.length, 0);

/** The smallest case of more than a few numbers. */
function smallest<C extends Fields, I extends Record<string, TestArray>>(spec: OpTest<C, I>): C {
  const sorted = [...spec.cases].sort((a, b) => work(spec, a) - work(spec, b));
  return sorted.find((c) => work(spec, c) > 4) ?? sorted[0];
}

/** Every value of every option that is no number, each in the smallest case that has it, and the largest case. */
function few<C extends Fields, I extends Record<string, TestArray>>(spec: OpTest<C, I>): C[] {
  const sorted = [...spec.cases].sort((a, b) => work(spec, a) - work(spec, b));
  const seen = new Set<string>();
  return sorted.filter((c, i) => {
    const options = Object.entries(c).filter(([, value]) => typeof value !== 'number');
    const fresh = options.map(([key, value]) => `${key}=${String(value)}`).filter((one) => !seen.has(one));
    for (const one of fresh) seen.add(one);
    return fresh.length > 0 || i === sorted.length - 1;
  });
}

function testOnGpu<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
): void {
  const rungs = spec.rungs ?? [undefined];
  const dtypes = spec.dtypes ?? (['f32', 'f16'] as const);
  if (rungs.every((rung) => dtypes.every((dtype) => isElsewhere(dtype, rung, dtypes)))) return;
  describe(name, () => {
    let device: Device;
    beforeAll(async () => {
      device = await Device.open({ gpu: openTestGpu() });
      device.buffers.poison = 0x7fff7fff; // NaN as f32 and as a pair of f16
    });
    afterAll(() => device[Symbol.dispose]());
    if (host.name === 'firefox') return testOnceOnGpu(name, spec, () => device);
    // Chromium runs all of them, in f32.
    const cases = compilesSlowly ? few(spec) : spec.cases;
    /** Of each type's cases, until the last rung took them. */
    const expected = { f32: new Map<C, Expected<I>>(), f16: new Map<C, Expected<I>>() };
    for (const rung of rungs) {
      for (const dtype of dtypes) {
        if (isElsewhere(dtype, rung, dtypes)) continue;
        const title = `${dtype}${rung ? ` ${rung}` : ''}`;
        const missing = dtype === 'f16' && !feature('shader-f16');
        it.skipIf(missing)(
          missing ? `${title} (needs shader-f16)` : title,
          { timeout: 1_200_000 },
          async () => {
            const used = rung ? as(device, rung) : device;
            for (const c of cases) {
              const known = expected[dtype].get(c) ?? expectedOf(spec, c, dtype);
              if (rung === rungs.at(-1)) expected[dtype].delete(c);
              else expected[dtype].set(c, known);
              await runCase(name, spec, c, used, dtype, known);
            }
          },
        );
      }
    }
  });
}

/**
 * On lavapipe an op leaves out what another host has: Dawn takes f32 in Chromium, where there is f16 to take, too, and software rungs; on
 * wgpu, f16 is for GPUs.
 */
function isElsewhere(
  dtype: 'f32' | 'f16',
  rung: Rung | undefined,
  dtypes: readonly ('f32' | 'f16')[],
): boolean {
  if (!compilesSlowly) return false;
  if (host.name !== 'dawn') return dtype === 'f16' && rung === 'software';
  return dtype === 'f32' && (dtypes.includes('f16') || (rung !== undefined && rung !== 'hardware'));
}

/** The smallest case that is one, on the rung that the device takes by itself: tests/firefox says why. */
function testOnceOnGpu<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
  device: () => Device,
): void {
  for (const dtype of spec.dtypes ?? (['f32', 'f16'] as const)) {
    const missing = dtype === 'f16' && !feature('shader-f16');
    const title = `${dtype}, one case${missing ? ' (needs shader-f16)' : ''}`;
    it.skipIf(missing)(title, () => runCase(name, spec, smallest(spec), device(), dtype));
  }
}

/** Whose kernels are taken; 'no subgroups': a software adapter's in Firefox. */
export type Rung = 'software' | 'hardware' | 'no subgroups';

/** The same device, as if it were (or were not) a software adapter. */
export function as(device: Device, rung: Rung): Device {
  const can: Capabilities = {
    ...device.can,
    software: rung !== 'hardware',
    ...(rung === 'hardware' && { manyRegisters: true }),
    ...(rung === 'no subgroups' && { subgroups: null }),
  };
  return new Proxy(device, {
    get(target, key) {
      if (key === 'can') return can;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What a case feeds, and what is to come out. Equal for every rung, and so evaluated once for all of them. */
interface Expected<I> {
  readonly arrays: I;
  readonly feed: Readonly<Record<string, ArrayBufferView>>;
  readonly outputs: Arrays;
  readonly gradients: Arrays;
}

function expectedOf<C extends Fields, I extends Record<string, TestArray>>(
  spec: OpTest<C, I>,
  c: C,
  dtype: 'f32' | 'f16',
): Expected<I> {
  seed = hash(label(c)); // data of a case, whatever ran before
  const arrays = spec.inputs(c, new Random(1));
  const x: Record<string, Float64Array> = {};
  const feed: Record<string, ArrayBufferView> = {};
  const put = (key: string, data: Float64Array, type: 'f32' | 'f16'): Float64Array => {
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
  const at = x as { [K in keyof I]: Float64Array };
  const outputs = spec.reference(at, c);
  // Recorded without a device, to see which outputs carry gradients, and in which type.
  const { upstream } = record(spec, c, arrays, fakeDevice(), dtype);
  const random = new Random(5);
  const dy: Record<string, Float64Array> = {};
  for (const [key, t] of Object.entries(upstream)) {
    const data = Float64Array.from({ length: t.size }, () => random.normal());
    dy[key] = put(`d${key}`, data, t.dtype as 'f32' | 'f16');
  }
  return { arrays, feed, outputs, gradients: spec.gradient?.(at, dy, c) ?? {} };
}

async function runCase<C extends Fields, I extends Record<string, TestArray>>(
  name: string,
  spec: OpTest<C, I>,
  c: C,
  device: Device,
  dtype: 'f32' | 'f16',
  { arrays, feed, outputs: want, gradients: wantGradients } = expectedOf(spec, c, dtype),
): Promise<void> {
  const { g, outputs, gradients } = record(spec, c, arrays, device, dtype);
  const all: Record<string, Tensor> = { ...outputs };
  for (const [key, t] of Object.entries(gradients)) all[`grad ${key}`] = t;
  using plan = await g.compile(all);
  plan.run(feed, spec.step);
  const compare = async (key: string, reference: Float64Array | undefined, tensor: Tensor): Promise<void> => {
    if (!reference) throw new Error(`${name}: the reference gives no ${key}`);
    const integer = tensor.dtype === 'u32' || tensor.dtype === 'i32';
    const got = integer ? await plan.readIntegers(key) : await plan.read(key);
    assertClose(`${name} ${dtype} ${label(c)}: ${key}`, got, reference, tensor.shape, {
      epsilon: integer ? 0 : EPSILON[tensor.dtype === 'f16' ? 'f16' : dtype === 'f16' ? 'f16' : 'f32'],
      terms: spec.terms(c),
      ...spec.bound,
    });
  };
  for (const [key, tensor] of Object.entries(outputs)) await compare(key, want[key], tensor);
  if (spec.gradient) {
    for (const [key, a] of Object.entries(arrays)) {
      if (isInteger(a) || a.fixed) continue;
      const tensor = gradients[key];
      if (!tensor) throw new Error(`${name} ${label(c)}: no gradient reached input ${key}`);
      await compare(`grad ${key}`, wantGradients[key], tensor);
    }
  }
}
