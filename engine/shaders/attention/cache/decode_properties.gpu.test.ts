/**
 * Random decode steps against float64: no error may exceed 2.5 times that of plain attention, every operation rounded
 * to f32. Each case is one line; a failure prints the line, and
 * `HEED_DECODE='<line>' npx vitest run --project chromium engine/shaders/attention/cache/decode_properties.gpu.test.ts` repeats
 * it. HEED_CASES sets how many are drawn. Texts that enter caches in pieces are drawn besides, with rotary positions, f16
 * and more rows a step; HEED_PIECES='<line>' repeats one.
 */
import { describe, expect, it } from 'vitest';
import { withDevice } from '../../../../tests/harness/device';
import { feature } from '../../../../tests/harness/host';
import { as, Random } from '../../../../tests/harness/op';
import { stepsOf, type Pieces } from '../../../../tests/attention/decode_pieces';
import { type Device } from '../../../runtime/device';
import { runs, type Case } from '../../../../tests/harness/decode';

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

/** Rows of a step: about 8, from which on rows share tiles, and about the tiles' own sizes. */
const ROWS = [1, 7, 7, 8, 8, 9, 16, 17, 33] as const;

function drawPieces(random: Random, widths: readonly number[]): Pieces {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const D = pick(widths);
  const T = pick(ROWS);
  // Software adapters take tiles for any T from 16 heads of sequences on.
  const sizes: readonly (readonly [B: number, H: number, G: number])[] = [
    [1, 4, 2],
    [2, 2, 1],
    [3, 3, 3],
    [2, 6, 2],
    [3, 5, 5],
    [4, 4, 1],
  ];
  const [B, heads, keyValueHeads] = pick(sizes);
  const ragged = B > 1 && random.below(3) > 0;
  const before = (): number => (random.below(4) === 0 ? 0 : random.below(pick([9, 70, 500])));
  const cached = ragged ? Array.from({ length: B }, before) : before();
  const steps = 1 + random.below(3);
  const real = Array.from({ length: steps }, (_, n) => {
    if (ragged) return Array.from({ length: B }, () => 1 + random.below(T));
    return n === steps - 1 ? 1 + random.below(T) : T;
  });
  const slides = random.below(3) === 0;
  const sinks = slides ? random.below(4) : -1;
  const bias = pick(['none', 'none', 'slopes', 'buckets'] as const);
  const farthest = Math.max(...(ragged ? (cached as number[]) : [cached as number])) + steps * T;
  const room = Math.max(1, bias === 'buckets' ? 16 : 1, sinks) + T + random.below(60);
  const capacity = slides ? room : farthest + random.below(300);
  const most = slides ? capacity - sinks - T + 1 : 300;
  return {
    ...{ B, T, heads, keyValueHeads, D, capacity, cached, real, bias, sinks },
    rotary: pick([0, 0, D - (D % 2), 2 * Math.ceil(D / 8)]),
    adjacent: random.below(2) === 0,
    half: feature('shader-f16') ? pick(['nothing', 'caches', 'all'] as const) : 'nothing',
    window: random.below(2) ? 1 + random.below(most) : 0,
    softcap: pick([0, 0, 3]),
    scale: pick([0, 0, 1]),
    seed: random.below(1000),
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

/** Half an ulp, where plain attention happens to be nearer; and that ours leaves a rounding of its sum to one key or two. */
async function checkPieces(c: Pieces, device: Device): Promise<number> {
  let largest = 0;
  const again = `Repeat it:\nHEED_PIECES='${JSON.stringify(c)}'`;
  const steps = await stepsOf(device, c).catch((error: unknown) => {
    throw new Error(`a case is refused. ${again}`, { cause: error });
  });
  for (const [n, { got, want, plain, lone }] of steps.entries()) {
    const ulp = c.half === 'all' ? 2 ** -12 : 2 ** -25;
    const usual = Math.max(rms(plain, want), ulp * rms(new Float64Array(want.length), want));
    const [error, allowed] = [rms(got, want), Math.hypot(usual, 2 ** -24 * Math.sqrt(lone))];
    if (!(error <= 2.5 * allowed)) {
      expect.fail(
        `step ${n} errs by ${error}, ${(error / allowed).toFixed(2)} times ${allowed} of plain attention. ${again}`,
      );
    }
    largest = Math.max(largest, error / allowed);
  }
  return largest;
}

const env = import.meta.env as Readonly<Record<string, string | undefined>>;

describe('decode, whatever the combination', () => {
  let device: Device;
  withDevice((opened) => (device = opened));

  const line = env['HEED_DECODE'];
  // Lavapipe, the adapter with f16, compiles for seconds.
  const count = Number(env['HEED_CASES'] ?? (feature('shader-f16') ? 6 : 30));
  const seed = Number(env['HEED_SEED'] ?? 1);
  it('errs at most 2.5 times as much as plain f32', { timeout: 3_600_000 }, async () => {
    const random = new Random(seed);
    const cases = line ? [JSON.parse(line) as Case] : Array.from({ length: count }, () => draw(random));
    for (const [n, c] of cases.entries()) await check(c, as(device, n % 2 ? 'software' : 'hardware'));
  });
  it(
    'errs at most 2.5 times as much as plain attention where texts enter in pieces',
    { timeout: 3_600_000 },
    async () => {
      const random = new Random(seed);
      const asked = env['HEED_CASES'];
      // Heads as wide as most kernels' registers share their pipelines.
      const widths = asked ? WIDTHS : ([8, 20, 64] as const);
      const some = Number(asked ?? (feature('shader-f16') ? 5 : 10));
      const pieces = env['HEED_PIECES'];
      const cases = pieces
        ? [JSON.parse(pieces) as Pieces]
        : Array.from({ length: some }, () => drawPieces(random, widths));
      let most = 0;
      for (const [n, c] of cases.entries()) {
        most = Math.max(most, await checkPieces(c, as(device, n % 2 ? 'software' : 'hardware')));
      }
      if (asked) console.info(`pieces: ${most.toFixed(2)} times at most in ${cases.length} cases`);
    },
  );
});
