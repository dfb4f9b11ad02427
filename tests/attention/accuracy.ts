import { expect } from 'vitest';
import { Graph } from '../../engine/graph/graph';
import type { Device } from '../../engine/runtime/device';
import { normal, type TestArray } from '../harness/op';
import { gradientOf, inputsOf, opOf, referenceOf, STEP, type Specimen } from './specimen';

/** Of queries and of keys: one, few, about and beyond a tile, many tiles and a rest. */
export const LENGTHS = [1, 2, 7, 63, 64, 65, 127, 256, 1000] as const;
/** Of heads; the last three have kernels that take software adapters longest to compile. */
export const NARROW = [8, 20, 32, 64] as const;
export const WIDTHS = [...NARROW, 80, 128, 256] as const;

type Arrays = Readonly<Record<string, Float64Array>>;

const rms = (got: ArrayLike<number>, want: Float64Array): number =>
  Math.sqrt(want.reduce((sum, w, i) => sum + (got[i] - w) ** 2, 0) / want.length);

/**
 * Holds the output and every gradient of an attention against float64: their errors (root mean square) may be 2.5 times
 * those of plain attention, the same formulas with every operation rounded to f32. Fails with one line that repeats
 * the case; returns the largest error there was, as a multiple of plain attention's.
 */
export async function expectAccurate(c: Specimen, devices: readonly Device[]): Promise<number> {
  const feed: Record<string, Float32Array | Uint32Array> = {};
  const x: Record<string, Float64Array> = {};
  const put = (name: string, { data }: TestArray): void => {
    feed[name] = data instanceof Uint32Array ? data : Float32Array.from(data);
    x[name] = Float64Array.from(feed[name]);
  };
  const arrays = inputsOf(c);
  for (const [name, array] of Object.entries(arrays)) put(name, array);
  put('dy', normal([c.B, c.T, c.H * c.D]));
  const named = (round?: (n: number) => number): Arrays => ({
    ...referenceOf(x, c, round),
    ...Object.fromEntries(
      Object.entries(gradientOf(x, { y: x['dy'] }, c, round)).map(([n, d]) => [`d ${n}`, d]),
    ),
  });
  const [want, plain] = [named(), named(Math.fround)];
  // Plain attention is exact where one key takes all. Its sums of D products then cancel in the gradients; ours, in
  // another order, leave a rounding or two of them.
  const rounding = 2 ** -22 * Math.sqrt(c.D) * Math.max(1, c.scale);
  let most = 0;
  for (const device of devices) {
    for (const [name, got] of Object.entries(await run(c, arrays, feed, device))) {
      const [error, allowed] = [rms(got, want[name]), rms(plain[name], want[name])];
      if (!(error <= 2.5 * allowed + rounding)) {
        expect.fail(
          `${name} errs by ${error}, plain attention by ${allowed}. Repeat it:\nHEED_ATTENTION='${JSON.stringify(c)}'`,
        );
      }
      most = Math.max(most, error / (allowed + rounding / 2.5));
    }
  }
  return most;
}

async function run(
  c: Specimen,
  arrays: Readonly<Record<string, TestArray>>,
  feed: Readonly<Record<string, Float32Array | Uint32Array>>,
  device: Device,
): Promise<Record<string, ArrayLike<number>>> {
  const g = new Graph(device, { train: true });
  const inputs = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => {
      const integer = data instanceof Uint32Array;
      return [name, g.input(name, shape, integer ? 'u32' : 'f32', { differentiable: !integer })];
    }),
  );
  const y = opOf(g, inputs, c);
  g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
  const reached = Object.keys(inputs).filter((name) => g.reached(inputs[name]));
  const outputs = { y, ...Object.fromEntries(reached.map((name) => [`d ${name}`, g.grad(inputs[name])])) };
  using plan = await g.compile(outputs);
  plan.run(feed, STEP);
  const got: Record<string, ArrayLike<number>> = {};
  for (const name of Object.keys(outputs)) got[name] = await plan.read(name);
  return got;
}
