/** What parity tests share: PyTorch's tensors by checkpoint name beside our parameters, and how far apart they are. */
import { expect } from 'vitest';
import { AdamW, Graph, type Device, type ParameterStore, type Step, type Tensor } from '../../engine/index';
import { normalTensor } from '../fixtures/portable';

/** A parameter as the json of a fixture lists it. */
export interface PortableParameter {
  readonly shape: readonly number[];
  readonly std: number;
  readonly mean: number;
}

/** Weights that need no file, by name; the numbers are those of the tensor `prefix.name`. */
export function portableWeights(
  parameters: Readonly<Record<string, PortableParameter>>,
  prefix: string,
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    Object.entries(parameters).map(([name, { shape, std, mean }]) => [
      name,
      normalTensor(`${prefix}.${name}`, shape, std, seed, mean),
    ]),
  );
}

/**
 * The checkpoint's names of the rows of one of our parameters, top to bottom. Heed projects queries, keys and values
 * at once: `qkv.weight` is q.weight, k.weight and v.weight below each other, unless the checkpoint fuses them itself.
 */
export function rowsOf(name: string, known: { has(name: string): boolean }): readonly string[] {
  const fused = /^(.*?)(qkv|kv)\.weight$/.exec(name);
  if (!fused || known.has(name)) return [name];
  return [...fused[2]].map((letter) => `${fused[1]}${letter}.weight`);
}

/** Fills every parameter of `store`. */
export function write(store: ParameterStore, weights: ReadonlyMap<string, Float32Array>): void {
  const used = new Set<string>();
  for (const name of store.parameters.keys()) {
    const rows = rowsOf(name, weights);
    for (const row of rows) used.add(row);
    store.write(name, Float32Array.from(rows.flatMap((row) => [...weights.get(row)!])));
  }
  expect([...used].sort()).toEqual([...weights.keys()].sort());
}

/** Every parameter, or its gradient, under the checkpoint's names. `sizes` knows them all. */
export async function read(
  store: ParameterStore,
  sizes: ReadonlyMap<string, ArrayLike<number>>,
  part: 'storage' | 'gradient' = 'storage',
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  for (const name of store.parameters.keys()) {
    const data = await store.read(name, part);
    let at = 0;
    for (const row of rowsOf(name, sizes)) found.set(row, data.subarray(at, (at += sizes.get(row)!.length)));
  }
  return found;
}

/**
 * A loss of `inputs`, and its gradient for each parameter of `store` that trains, by name. The store has gradients meanwhile. `device`:
 * whose kernels compute, default the store's.
 */
export async function gradientsOf(
  store: ParameterStore,
  record: (g: Graph) => Tensor,
  inputs: Readonly<Record<string, ArrayBufferView>>,
  { device = store.device, ...step }: Partial<Step> & { readonly device?: Device } = {},
): Promise<{ readonly loss: number; readonly gradients: ReadonlyMap<string, Float32Array> }> {
  const g = new Graph(device, { train: true });
  const loss = record(g);
  g.backprop(loss);
  using _training = store.train(0);
  using plan = await g.compile({ loss });
  plan.run(inputs, step);
  const trained = [...store.parameters].filter(([, { trainable }]) => trainable);
  const read = trained.map(async ([name]) => [name, await store.read(name, 'gradient')] as const);
  return { loss: (await plan.read('loss'))[0], gradients: new Map(await Promise.all(read)) };
}

/** AdamW as the json of a fixture gives its settings. */
export function fixtureAdamW(settings: {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}): AdamW {
  const { beta1, beta2, epsilon, weightDecay, clipNorm: clip } = settings;
  return new AdamW({ beta1, beta2, epsilon, weightDecay, clip });
}

/** Every step's loss, and its gradient norm before clipping; `rounding`: how far torch's float32 norms are from float64's. */
export function expectSteps(
  reports: readonly { readonly index: number; readonly loss: number; readonly norm: number }[],
  losses: readonly number[],
  norms: readonly number[],
  rounding = 0,
): void {
  expect(reports).toHaveLength(losses.length);
  for (const { index, loss, norm } of reports) {
    expect(Math.abs(loss / losses[index] - 1), `loss ${index}`).toBeLessThan(2e-5);
    expect(Math.abs(norm / norms[index] - 1), `norm ${index}`).toBeLessThan(Math.max(5e-5, 3 * rounding));
  }
}

/** ‖got − want‖ / ‖want‖. Unless `zeros` is false, what torch says is nothing at all (hidden keys, rows that see none) must be nothing here. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>, zeros = true): number {
  expect(got.length).toBe(want.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < want.length; i++) {
    if (zeros && want[i] === 0 && got[i] !== 0) return Infinity;
    difference += (got[i] - want[i]) ** 2;
    norm += want[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}
