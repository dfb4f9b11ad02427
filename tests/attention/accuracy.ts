import { expect } from 'vitest';
import { Graph } from '../../engine/graph/graph';
import type { Device } from '../../engine/runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../engine/runtime/half';
import { eachRow } from '../../engine/shaders/attention/attention.ref';
import { normal, type TestArray } from '../harness/op';
import { half } from './half';
import {
  gradientOf,
  inputsOf,
  opOf,
  referenceOf,
  sizesOf,
  STEP,
  type Rounding,
  type Specimen,
} from '../../checks/specimen';

/** Of queries and of keys: one, few, about and beyond a tile, many tiles and a rest. */
export const LENGTHS = [1, 2, 7, 63, 64, 65, 127, 256, 1000] as const;
/** Of heads; the last three have kernels that take software adapters longest to compile. */
export const NARROW = [8, 20, 32, 64] as const;
export const WIDTHS = [...NARROW, 80, 128, 256] as const;

/** Sequences that make enough rows: the error of a handful is luck, ours and plain attention's. */
export const sequences = (T: number, S: number): number => Math.ceil(32 / Math.min(T, S));

type Arrays = Readonly<Record<string, Float64Array>>;

/** Root mean square of what `got` errs by; without it, of the numbers themselves. */
const rms = (want: Float64Array, got?: ArrayLike<number>): number =>
  Math.sqrt(want.reduce((sum, w, i) => sum + (got ? got[i] - w : w) ** 2, 0) / want.length);

/** Rows (b, t) that see one key or two, the second kind for half. */
function loneRows(c: Specimen, x: Arrays): number {
  const none = new Float64Array(0);
  let count = 0;
  const sizes = { ...sizesOf(c, x), D: 0, scale: 1, heads: 1, keyValueHeads: 1 };
  eachRow(none, none, sizes, ({ p }) => {
    let most = 0;
    for (let j = 0; j < p.length; j++) most = Math.max(most, p[j]);
    if (most >= 0.5) count += most;
  });
  return count;
}

/**
 * Plain attention is exact in rows that see one key, and nearly so where they see two: dp - Σ p dp cancels there. Ours
 * takes Σ p dp for dout·out (Dao et al. 2022), another sum of D products, and its rounding stays in the gradients: their
 * mean squares.
 */
function cancelled(c: Specimen, x: Arrays): Readonly<Record<string, number>> {
  const lone = loneRows(c, x);
  if (lone === 0) return {};
  const { B, T, S, H, G, D } = c;
  const ds = (2 ** -24 * D) ** 2; // of numbers about 1; q and k are multiplied by the scale then
  const square = ds * (c.scale > 0 ? c.scale ** 2 : 1 / D);
  return {
    'd q': (square * lone) / (B * T),
    'd kv': (square * lone * H) / (2 * G * B * S),
    ...(x['bias'] && { 'd bias': (ds * lone * H) / x['bias'].length }),
  };
}

type Storage = 'f32' | 'f16';

/** Plain attention: f32 within an operation, what it gives stored as f32 or f16; and half an ulp of that. */
const PRECISION: Readonly<Record<Storage, Rounding & { readonly ulp: number }>> = {
  f32: { round: Math.fround, ulp: 2 ** -25 },
  f16: { round: Math.fround, store: half, ulp: 2 ** -12 },
};

/**
 * Holds the output and every gradient of an attention against float64: their errors (root mean square) may be 2.5 times
 * those of plain attention, or of half an ulp where plain attention happens to be nearer. Plain attention is the same
 * formulas with every operation rounded to f32; in f16, what each operation gives (turned rows, scores, probabilities,
 * their gradients …) besides is stored in f16, as by matrix products and softmax one by one. Both start from the same
 * stored inputs. Fails with one line that repeats the case; returns the largest error there was, as a multiple of plain
 * attention's.
 */
export async function expectAccurate(
  c: Specimen,
  devices: readonly Device[],
  storage: Storage = 'f32',
): Promise<number> {
  const feed: Record<string, ArrayBufferView> = {};
  const x: Record<string, Float64Array> = {};
  const put = (name: string, { data, exact }: TestArray): void => {
    const integer = data instanceof Uint32Array;
    const single = integer ? data : Float32Array.from(data);
    const stored = integer || exact || storage === 'f32' ? single : float32ToFloat16(single as Float32Array);
    feed[name] = stored;
    x[name] = Float64Array.from(stored instanceof Uint16Array ? float16ToFloat32(stored) : single);
  };
  const arrays = inputsOf(c);
  for (const [name, array] of Object.entries(arrays)) put(name, array);
  put('dy', normal([c.B, c.T, c.H * c.D]));
  const named = (rounding?: Rounding): Arrays => ({
    ...referenceOf(x, c, rounding),
    ...Object.fromEntries(
      Object.entries(gradientOf(x, { y: x['dy'] }, c, rounding)).map(([n, d]) => [`d ${n}`, d]),
    ),
  });
  const { ulp, ...rounding } = PRECISION[storage];
  const [want, plain] = [named(), named(rounding)];
  const spared = cancelled(c, x);
  let most = 0;
  for (const device of devices) {
    for (const [name, got] of Object.entries(await run(c, arrays, feed, device, storage))) {
      const error = rms(want[name], got);
      const usual = Math.max(rms(want[name], plain[name]), ulp * rms(want[name]));
      const allowed = Math.hypot(usual, Math.sqrt(spared[name] ?? 0) / 2.5);
      if (!(error <= 2.5 * allowed)) {
        expect.fail(
          `${name} in ${storage} errs by ${error}, ${(error / allowed).toFixed(2)} times ${allowed} of plain attention. Repeat it:\nHEED_ATTENTION='${JSON.stringify(c)}'`,
        );
      }
      if (allowed > 0) most = Math.max(most, error / allowed);
    }
  }
  return most;
}

async function run(
  c: Specimen,
  arrays: Readonly<Record<string, TestArray>>,
  feed: Readonly<Record<string, ArrayBufferView>>,
  device: Device,
  storage: Storage,
): Promise<Record<string, ArrayLike<number>>> {
  const g = new Graph(device, { train: true, storage });
  const inputs = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data, exact }]) => {
      const integer = data instanceof Uint32Array;
      const dtype = exact ? 'f32' : storage;
      return [name, g.input(name, shape, integer ? 'u32' : dtype, { differentiable: !integer })];
    }),
  );
  const y = opOf(g, inputs, c);
  g.backpropFrom(new Map([[y, g.input('dy', y.shape, storage)]]));
  const reached = Object.keys(inputs).filter((name) => g.reached(inputs[name]));
  const outputs = { y, ...Object.fromEntries(reached.map((name) => [`d ${name}`, g.grad(inputs[name])])) };
  using plan = await g.compile(outputs);
  plan.run(feed, STEP);
  const got: Record<string, ArrayLike<number>> = {};
  for (const name of Object.keys(outputs)) got[name] = await plan.read(name);
  return got;
}
