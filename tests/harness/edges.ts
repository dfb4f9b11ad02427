/**
 * Numbers at the edges of the range: infinities, NaN, sums that overflow. Inputs and wanted results stand beside each
 * other, because the error bound of op.ts has no meaning for what is not finite. Every case runs on both rungs.
 */
import { describe, expect, it } from 'vitest';
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import { type Device } from '../../engine/runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../engine/runtime/half';
import { withDevice } from './device';
import { feature } from './host';
import { as, type TestArray } from './op';

/** Wanted are numbers within `within`, infinities as they are, and for NaN what is not finite: exp(NaN) may be ∞. */
export interface Edge {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TestArray>>;
  readonly op: (g: Graph, x: Readonly<Record<string, Tensor>>) => Tensor | Readonly<Record<string, Tensor>>;
  /** By output name (`y` where there is one), and by `grad x` for the gradient of input x. */
  readonly want: Readonly<Record<string, ArrayLike<number>>>;
  /** Gradient that comes in, by output name; where it is given, inputs get gradients. */
  readonly upstream?: Readonly<Record<string, ArrayLike<number>>>;
  /** Error allowed, as a share of the number wanted and as one of `unit`. Default 2e-6; 2e-3 in f16. */
  readonly within?: number;
  /** What `within` is a share of besides the number wanted. Default 1. */
  readonly unit?: number;
  /** The same for each number of an output, from the inputs as they are stored. */
  readonly scales?: (x: Readonly<Record<string, Float64Array>>) => Readonly<Record<string, Float64Array>>;
  readonly dtypes?: readonly ('f32' | 'f16')[];
  readonly rungs?: readonly ('software' | 'hardware')[];
  /** Rows of so many numbers of an output, each of which must hold NaN or an infinity. */
  readonly spoilt?: Readonly<Record<string, number>>;
  /** Wanted values come from the inputs as they are stored. */
  readonly stored?: (
    x: Readonly<Record<string, Float64Array>>,
  ) => Readonly<Record<string, ArrayLike<number>>>;
}

/** Values of a tensor, by rows. */
export function given(shape: readonly number[], ...data: readonly number[]): TestArray {
  return { shape, data: Float64Array.from(data) };
}

/** `count` times the same number. */
export function constant(shape: readonly number[], value: number): TestArray {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value) };
}

export function testEdges(name: string, edges: readonly Edge[]): void {
  describe(`${name} at the edges`, () => {
    let device: Device;
    withDevice((opened) => (device = opened));
    for (const edge of edges)
      for (const rung of edge.rungs ?? (['software', 'hardware'] as const))
        for (const dtype of edge.dtypes ?? (['f32'] as const)) {
          const missing = dtype === 'f16' && !feature('shader-f16');
          it.skipIf(missing)(`${edge.name} (${dtype}, ${rung})${missing ? ' needs shader-f16' : ''}`, () =>
            runEdge(as(device, rung), edge, dtype),
          );
        }
  });
}

async function runEdge(device: Device, edge: Edge, storage: 'f32' | 'f16'): Promise<void> {
  const g = new Graph(device, { train: edge.upstream !== undefined, storage, label: 'edge' });
  const x: Record<string, Tensor> = {};
  const feed: Record<string, ArrayBufferView> = {};
  const stored: Record<string, Float64Array> = {};
  const put = (key: string, numbers: ArrayLike<number>, dtype: string): void => {
    const single = Float32Array.from(numbers);
    feed[key] = dtype === 'f16' ? float32ToFloat16(single) : single;
    stored[key] = Float64Array.from(dtype === 'f16' ? float16ToFloat32(float32ToFloat16(single)) : single);
  };
  for (const [key, { shape, data, exact, fixed }] of Object.entries(edge.inputs)) {
    const whole = data instanceof Uint32Array;
    const dtype = whole ? 'u32' : exact ? 'f32' : storage;
    x[key] = g.input(key, shape, dtype, { differentiable: !whole && !fixed });
    if (data instanceof Uint32Array) feed[key] = data;
    else put(key, data, dtype);
  }
  const result = edge.op(g, x);
  const outputs: Record<string, Tensor> = 'dtype' in result ? { y: result as Tensor } : { ...result };
  if (edge.upstream) {
    const from = new Map<Tensor, Tensor>();
    for (const [key, numbers] of Object.entries(edge.upstream)) {
      const y = outputs[key];
      from.set(y, g.input(`d${key}`, y.shape, y.dtype));
      put(`d${key}`, numbers, y.dtype);
    }
    g.backpropFrom(from);
    for (const key of Object.keys(edge.inputs))
      if (g.reached(x[key])) outputs[`grad ${key}`] = g.grad(x[key]);
  }
  const want = { ...edge.want, ...edge.stored?.(stored) };
  const scales = edge.scales?.(stored) ?? {};
  const { spoilt = {} } = edge;
  const read = [...Object.keys(want), ...Object.keys(spoilt)];
  using plan = await g.compile(Object.fromEntries(read.map((key) => [key, outputs[key]])));
  plan.run(feed);
  for (const [key, numbers] of Object.entries(want)) {
    const { dtype } = outputs[key];
    const got = dtype === 'u32' ? await plan.readIntegers(key) : await plan.read(key);
    const within = edge.within ?? (storage === 'f16' ? 2e-3 : 2e-6);
    for (let i = 0; i < numbers.length; i++) {
      const allowed = within * (scales[key]?.[i] ?? edge.unit ?? 1) + within * Math.abs(numbers[i]);
      const close = got[i] === numbers[i] || Math.abs(got[i] - numbers[i]) <= allowed;
      if (Number.isNaN(numbers[i]) ? Number.isFinite(got[i]) : !close) {
        const all = Array.from(got).slice(0, 12).join(', ');
        expect.fail(`${edge.name}: ${key}[${i}] is ${got[i]}, want ${numbers[i]}. All: ${all}`);
      }
    }
    expect(got.length, key).toBe(numbers.length);
  }
  for (const [key, width] of Object.entries(spoilt)) {
    const got = await plan.read(key);
    for (let i = 0; i < got.length; i += width) {
      const row = got.subarray(i, i + width);
      expect(row.every(Number.isFinite), `${edge.name}: ${key}, row ${i / width}: ${row.join(', ')}`).toBe(
        false,
      );
    }
  }
}
