/**
 * Random decode steps against float64: no error may exceed 2.5 times that of plain attention, every operation rounded
 * to f32. Each case is one line; a failure prints the line, and
 * `HEED_DECODE='<line>' npx vitest run --project chromium engine/shaders/attention/decode_properties.gpu.test.ts` repeats
 * it. HEED_CASES sets how many are drawn.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feature, openTestGpu } from '../../../tests/harness/host';
import { as, Random } from '../../../tests/harness/op';
import { Device } from '../../runtime/device';
import { runs, type Case } from '../../../tests/harness/decode';

const WIDTHS = [5, 8, 20, 32, 64, 80, 128, 256] as const;
const CACHED = [1, 2, 7, 63, 64, 65, 127, 256, 1000] as const;

function draw(random: Random): Case {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const keyValueHeads = pick([1, 2, 4]);
  const bias = pick([undefined, undefined, 'slopes', 'buckets'] as const);
  const heads = bias === 'slopes' ? 4 : keyValueHeads * pick([1, 1, 2, 3, 4]);
  const B = pick([1, 2, 3]);
  const T = pick([1, 1, 1, 2, 5]);
  const starts = B > 1 ? Array.from({ length: B }, () => random.below(100)) : undefined;
  const last = pick(CACHED);
  const slides = random.below(3) === 0;
  const sinks = slides ? random.below(4) : 0;
  const least = last + T + Math.max(0, ...(starts ?? []));
  // Where sinks stay, the buckets must end within the caches: they do at distance 15.
  const small = bias === 'buckets' && sinks > 0 ? 16 : 1;
  const capacity = slides ? Math.max(small, sinks + T + 1 + random.below(300)) : least + random.below(1000);
  const most = slides ? capacity - sinks - T + 1 : 2000;
  return {
    name: 'drawn',
    ...{ B, T, heads, keyValueHeads, D: pick(WIDTHS), capacity, starts, bias },
    at: [last],
    options: {
      ...(slides && { slides, sinks }),
      ...(random.below(2) && { window: 1 + random.below(most) }),
      ...(random.below(3) === 0 && { softcap: 3 }),
      ...(random.below(3) === 0 && { scale: 1 }),
    },
  };
}

const rms = (got: ArrayLike<number>, want: Float64Array): number =>
  Math.sqrt(want.reduce((sum, w, i) => sum + (got[i] - w) ** 2, 0) / want.length);

async function check(c: Case, device: Device): Promise<void> {
  for (const { got, want } of await runs(device, c)) {
    const exact = want();
    const [error, allowed] = [rms(got, exact), rms(want(Math.fround), exact)];
    // Plain attention is exact where a row sees one key; ours leaves a rounding of its sum.
    if (!(error <= 2.5 * allowed + 2 ** -23)) {
      const line = JSON.stringify(c);
      expect.fail(`it errs by ${error}, plain attention by ${allowed}. Repeat it:\nHEED_DECODE='${line}'`);
    }
  }
}

const env = import.meta.env as Readonly<Record<string, string | undefined>>;

describe('decode, whatever the combination', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
  });
  afterAll(() => device[Symbol.dispose]());

  const line = env['HEED_DECODE'];
  // Lavapipe, the adapter with f16, compiles for seconds.
  const count = Number(env['HEED_CASES'] ?? (feature('shader-f16') ? 6 : 30));
  const seed = Number(env['HEED_SEED'] ?? 1);
  it('errs at most 2.5 times as much as plain f32', { timeout: 3_600_000 }, async () => {
    const random = new Random(seed);
    const cases = line ? [JSON.parse(line) as Case] : Array.from({ length: count }, () => draw(random));
    for (const [n, c] of cases.entries()) await check(c, as(device, n % 2 ? 'software' : 'hardware'));
  });
});
