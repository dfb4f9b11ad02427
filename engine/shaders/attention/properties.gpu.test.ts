/**
 * Random attentions against float64, by `expectAccurate`. Each case is one line; a failure prints the line, and
 * `HEED_ATTENTION='<line>' npx vitest run --project chromium engine/shaders/attention/properties.gpu.test.ts` repeats it.
 * HEED_CASES draws that many, of all widths and larger; HEED_SEED others.
 */
import { describe, it } from 'vitest';
import { expectAccurate, LENGTHS, NARROW, sequences, WIDTHS } from '../../../tests/attention/accuracy';
import { PLAIN, type Specimen } from '../../../checks/specimen';
import { withDevice } from '../../../tests/harness/device';
import { feature } from '../../../tests/harness/host';
import { as, Random } from '../../../tests/harness/op';
import { type Device } from '../../runtime/device';

type Options = Pick<Specimen, 'H' | 'G' | 'keys' | 'bias' | 'softcap' | 'dropout' | 'pattern' | 'rope'>;

/** What has kernels of its own. */
function drawOptions(random: Random): Options {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const G = pick([1, 2, 3, 4]);
  const pattern = pick<Specimen['pattern']>([
    'all',
    'all',
    'all',
    'sparse transformer',
    'longformer',
    'bigbird',
  ]);
  return {
    G,
    H: G * pick([1, 1, 2, 4]),
    keys: pick(['all', 'all', 'lengths', 'mask']),
    bias: pick(['none', 'none', 'none', 'dense h', 'dense ht', 'dense bh', 'slopes', 'buckets', 'relative']),
    softcap: pick([0, 0, 0, 5]),
    dropout: pick([0, 0, 0.1]),
    pattern,
    rope: pick(['none', 'none', 'halves', 'adjacent']),
  };
}

/** Sizes, and what else their kernels are told by uniforms, of at most `products` multiplications in q kᵀ. */
function drawSizes(random: Random, options: Options, widths: readonly number[], products: number): Specimen {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const fits = (...factors: readonly number[]): boolean =>
    factors.reduce((a, b) => a * b, options.H) <= products;
  const T = pick(LENGTHS.filter((n) => fits(n, widths[0])));
  const S = random.below(2) && fits(T, T, widths[0]) ? T : pick(LENGTHS.filter((n) => fits(T, n, widths[0])));
  const windowed = random.below(3) === 0;
  const causal = random.below(2) === 1;
  return {
    ...PLAIN,
    ...options,
    B: Math.max(sequences(T, S), pick([1, 2])),
    T,
    S,
    D: pick(widths.filter((D) => fits(T, S, D))),
    causal,
    left: windowed ? random.below(40) : -1,
    right: windowed ? random.below(20) : -1,
    scale: pick([0, 0, 1]),
  };
}

/**
 * Software adapters take seconds to compile the kernels of a combination, so a few sizes share them; and half a minute
 * those of wide heads.
 */
function drawSome(random: Random): Specimen[] {
  const combinations = feature('shader-f16') ? 2 : 3; // lavapipe takes longest
  return Array.from({ length: combinations }, () => drawOptions(random)).flatMap((options) =>
    [1, 2, 3].map(() => drawSizes(random, options, NARROW, 2 ** 19)),
  );
}

/** Each with options and widths of its own. */
const drawMany = (random: Random, count: number): Specimen[] =>
  Array.from({ length: count }, () => drawSizes(random, drawOptions(random), WIDTHS, 2 ** 23));

const env = import.meta.env as Readonly<Record<string, string | undefined>>;

describe('attention, whatever the combination', () => {
  let device: Device;
  withDevice((opened) => (device = opened));

  const line = env['HEED_ATTENTION'];
  const count = env['HEED_CASES'];
  const seed = Number(env['HEED_SEED'] ?? 1);
  for (const rung of ['software', 'hardware'] as const) {
    it(`errs at most 2.5 times as much as plain f32 (${rung})`, { timeout: 3_600_000 }, async () => {
      const random = new Random(rung === 'software' ? seed : seed + 1000);
      const drawn = count ? drawMany(random, Number(count)) : drawSome(random);
      const cases = line ? [JSON.parse(line) as Specimen] : drawn;
      for (const c of cases) await expectAccurate(c, [as(device, rung)]);
    });
  }
});
