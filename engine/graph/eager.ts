import { ShapeError } from '../errors';
import { Graph } from './graph';
import { DTYPES, kindOf, Tensor, type Shape } from './tensor';
import type { Device } from '../runtime/device';

/** One array for `eager`: its shape and its numbers, f32 or, for token ids and the like, u32. */
export interface EagerInput {
  readonly shape: Shape;
  readonly data: Float32Array | Uint32Array;
}

/**
 * Records, runs and reads one expression: a plan that lives for one call, for tests, REPLs and apps that need a single
 * answer. `const y = await eager(device, { x: { shape: [2, 3], data } }, (g, { x }) => softmax(g, x));`
 */
export async function eager<K extends string>(
  device: Device,
  inputs: Readonly<Record<K, EagerInput>>,
  body: (g: Graph, x: Record<K, Tensor>) => Tensor,
): Promise<{ readonly shape: Shape; readonly data: Float32Array | Uint32Array }> {
  const g = new Graph(device, { label: 'eager' });
  const tensors = {} as Record<K, Tensor>;
  const feed = {} as Record<K, ArrayBufferView>;
  for (const name in inputs) {
    const { shape, data } = inputs[name];
    const kind = kindOf(data);
    const dtype = DTYPES[kind];
    if (dtype !== 'f32' && dtype !== 'u32') {
      throw new ShapeError(
        `eager: ${name}`,
        `it is given as ${kind}`,
        'Give a Float32Array or a Uint32Array.',
      );
    }
    tensors[name] = g.input(name, shape, dtype);
    feed[name] = data;
  }
  const y = body(g, tensors);
  if (!((y as unknown) instanceof Tensor))
    throw new ShapeError('eager', `its function returns ${kindOf(y)}`, 'Return a tensor.');
  using plan = await g.compile({ y });
  plan.run(feed);
  const integer = y.dtype === 'u32' || y.dtype === 'i32';
  return { shape: y.shape, data: integer ? await plan.readIntegers('y') : await plan.read('y') };
}
