import { describe, expect, it } from 'vitest';
import { ropeFrequencies, turnsPerPosition } from '../../engine/shaders/rope/frequencies';

const fround = Math.fround;

/** What angle.wgsl takes sine and cosine of, in radians, with every operation rounded as there. */
function angleOf(position: number, high: number, low: number): number {
  const phase = (Math.imul(high, position << 8) + Math.trunc(fround(fround(low) * fround(position)))) | 0;
  const quarter = ((phase + 2 ** 29) >>> 0) >>> 30;
  const rest = fround(fround((phase - (quarter << 30)) | 0) * fround(1.4629180792671596e-9));
  return rest + (quarter * Math.PI) / 2;
}

/** How far apart two angles are, whole turns aside. */
function apart(a: number, b: number): number {
  const turns = (a - b) / (2 * Math.PI);
  return Math.abs(turns - Math.round(turns)) * 2 * Math.PI;
}

describe('rotary angles', () => {
  for (const [width, theta] of [
    [128, 10_000],
    [64, 500_000],
    [8, 100],
  ] as const) {
    it(`of ${width} columns, base ${theta}, are exact as far as f32 goes, at any position below 2^24`, () => {
      const { frequencies } = ropeFrequencies({ width, theta });
      const split = turnsPerPosition(frequencies);
      const pairs = width / 2;
      let worst = 0;
      for (const from of [0, 32_768 - 500, 131_072 - 500, 1_000_000, 2 ** 24 - 500]) {
        for (let position = from; position < from + 500; position++) {
          for (let j = 0; j < pairs; j++) {
            const error = apart(angleOf(position, split[j], split[pairs + j]), position * frequencies[j]);
            worst = Math.max(worst, error);
          }
        }
      }
      // A rounding of an eighth of a turn is 3e-8, twice; of 2^-8 of a phase's last place times 2^24, 9e-8.
      expect(worst).toBeLessThan(2.5e-7);
    });
  }
});
