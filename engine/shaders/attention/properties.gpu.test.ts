/**
 * Random attentions against float64: no error may exceed 2.5 times that of plain attention, the same formulas with
 * every operation rounded to f32. Each case is one line; a failure prints the line, and
 * `HEED_ATTENTION='<line>' npx vitest run --project chromium engine/shaders/attention/properties.gpu.test.ts` repeats it.
 * HEED_CASES sets how many are drawn.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, normal, Random, type TestArray } from '../../../tests/harness/op';
import { feature, openTestGpu } from '../../../tests/harness/host';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import {
  gradientOf,
  inputsOf,
  opOf,
  PLAIN,
  referenceOf,
  STEP,
  type Specimen,
} from '../../../tests/attention/specimen';

const LENGTHS = [1, 2, 7, 63, 64, 65, 127, 256, 1000] as const;
const WIDTHS = [8, 20, 32, 64, 80, 128, 256] as const;

/** A combination of everything, of at most `products` multiplications in q kᵀ: the references are JavaScript. */
function draw(random: Random, products: number): Specimen {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const G = pick([1, 2, 3, 4]);
  const H = G * pick([1, 1, 2, 4]);
  const T = pick(LENGTHS);
  const S = random.below(2) ? T : pick(LENGTHS);
  // Wide heads are variants that software adapters compile for half a minute.
  const affordable = WIDTHS.filter((D) => T * S * H * D <= products && (D <= 64 || env['HEED_CASES']));
  const causal = random.below(2) === 1;
  const pattern = pick<Specimen['pattern']>([
    'all',
    'all',
    'all',
    'sparse transformer',
    'longformer',
    'bigbird',
  ]);
  const windowed = random.below(3) === 0;
  let bias = pick<Specimen['bias']>([
    'none',
    'none',
    'none',
    'dense h',
    'dense ht',
    'dense bh',
    'slopes',
    'buckets',
    'relative',
  ]);
  if (bias === 'buckets' && pattern !== 'all') bias = 'slopes';
  if (bias === 'relative' && causal && T > S) bias = 'none';
  return {
    ...PLAIN,
    B: pick([1, 2]),
    T,
    S,
    H: affordable.length > 0 ? H : 1,
    G: affordable.length > 0 ? G : 1,
    D: affordable.length > 0 ? pick(affordable) : 8,
    causal,
    left: windowed ? random.below(40) : -1,
    right: windowed ? random.below(20) : -1,
    keys: pick(['all', 'all', 'lengths', 'mask']),
    bias,
    softcap: pick([0, 0, 0, 5]),
    scale: pick([0, 0, 1]),
    dropout: pick([0, 0, 0.1]),
    pattern,
  };
}

const rms = (got: ArrayLike<number>, want: Float64Array): number =>
  Math.sqrt(want.reduce((sum, w, i) => sum + (got[i] - w) ** 2, 0) / want.length);

async function check(c: Specimen, device: Device): Promise<void> {
  const line = JSON.stringify(c);
  const arrays = inputsOf(c);
  const x: Record<string, Float64Array> = {};
  const feed: Record<string, Float32Array | Uint32Array> = {};
  const put = (name: string, { data }: TestArray): void => {
    feed[name] = data instanceof Uint32Array ? data : Float32Array.from(data);
    x[name] = Float64Array.from(feed[name]);
  };
  for (const [name, array] of Object.entries(arrays)) put(name, array);
  const g = new Graph(device, { train: true });
  const inputs = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => {
      const integer = data instanceof Uint32Array;
      return [name, g.input(name, shape, integer ? 'u32' : 'f32', { differentiable: !integer })];
    }),
  );
  const y = opOf(g, inputs, c);
  const dy = g.input('dy', y.shape, 'f32');
  put('dy', normal(y.shape));
  g.backpropFrom(new Map([[y, dy]]));
  const outputs = {
    y,
    ...Object.fromEntries(
      Object.keys(inputs)
        .filter((n) => g.reached(inputs[n]))
        .map((n) => [`d ${n}`, g.grad(inputs[n])]),
    ),
  };
  using plan = await g.compile(outputs);
  plan.run(feed, STEP);
  const upstream = { y: x['dy'] };
  const named = (round?: (n: number) => number): Record<string, Float64Array> => ({
    ...referenceOf(x, c, round),
    ...Object.fromEntries(Object.entries(gradientOf(x, upstream, c, round)).map(([n, d]) => [`d ${n}`, d])),
  });
  const [want, plain] = [named(), named(Math.fround)];
  for (const name of Object.keys(outputs)) {
    const got = await plan.read(name);
    const [error, allowed] = [rms(got, want[name]), rms(plain[name], want[name])];
    // Plain attention is exact where one key takes all. Its sums of D products then cancel in the gradients; ours, in
    // another order, leave a rounding or two of them.
    const rounding = 2 ** -22 * Math.sqrt(c.D) * Math.max(1, c.scale);
    if (!(error <= 2.5 * allowed + rounding)) {
      expect.fail(
        `${name} errs by ${error}, plain attention by ${allowed}. Repeat it:\nHEED_ATTENTION='${line}'`,
      );
    }
  }
}

const env = import.meta.env as Readonly<Record<string, string | undefined>>;

describe('attention, whatever the combination', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
  });
  afterAll(() => device[Symbol.dispose]());

  const line = env['HEED_ATTENTION'];
  // Every case has kernels of its own, and lavapipe's compiler takes seconds for each.
  const count = Number(env['HEED_CASES'] ?? (feature('shader-f16') ? 3 : 16));
  const seed = Number(env['HEED_SEED'] ?? 1);
  for (const rung of ['software', 'hardware'] as const) {
    it(`errs at most 2.5 times as much as plain f32 (${rung})`, { timeout: 3_600_000 }, async () => {
      const random = new Random(rung === 'software' ? seed : seed + 1000);
      const cases = line
        ? [JSON.parse(line) as Specimen]
        : Array.from({ length: count }, () => draw(random, env['HEED_CASES'] ? 2 ** 23 : 2 ** 19));
      for (const c of cases) await check(c, as(device, rung));
    });
  }
});
