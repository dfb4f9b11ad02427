// Rates of sound: what may be heard at the new rate stays as it is, and nothing else comes in.
import { describe, expect, it } from 'vitest';
import { resampleAudio } from './resample_audio';

const tone = (hertz: number, rate: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, t) => Math.sin((2 * Math.PI * hertz * t) / rate));
/** Away from both ends, where there is silence on one side. */
const middle = (x: Float32Array): Float32Array => x.subarray(x.length / 4, (3 * x.length) / 4);
const largest = (x: ArrayLike<number>): number =>
  Array.from(x).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe('resampleAudio', () => {
  it.each([
    ...[8000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000].map((from) => [from, 16_000] as const),
    ...([
      [16_000, 8000],
      [16_000, 44_100],
      [15_999, 16_000],
    ] as const),
  ])('from %i Hz to %i Hz', (from, to) => {
    const length = Math.round(from / 5);
    const heard = Math.min(from, to) / 2;
    for (const share of [0.01, 0.25, 0.5, 0.75, 0.88]) {
      const hertz = share * heard;
      const got = resampleAudio(tone(hertz, from, length), from, to);
      expect(got.length).toBe(Math.ceil((length * to) / from));
      const wanted = tone(hertz, to, got.length);
      const errors = middle(got.map((x, t) => x - wanted[t]));
      expect(largest(errors), `${hertz} Hz`).toBeLessThan(1e-4);
    }
    // Above half the new rate there is nothing left to alias.
    for (const hertz of [1, 1.2, 1.9].map((times) => (times * to) / 2 + 1).filter((f) => f < from / 2)) {
      expect(largest(middle(resampleAudio(tone(hertz, from, length), from, to)))).toBeLessThan(4e-5);
    }
  });

  it('keeps a constant, silence, and a rate that is the same', () => {
    const ones = new Float32Array(4000).fill(0.75);
    expect(largest(middle(resampleAudio(ones, 44_100, 16_000)).map((x) => x - 0.75))).toBeLessThan(1e-7);
    expect(largest(resampleAudio(new Float32Array(300), 8000, 16_000))).toBe(0);
    expect(resampleAudio(ones, 16_000, 16_000)).toBe(ones);
    expect(resampleAudio(ones.subarray(0, 1), 48_000, 16_000)).toHaveLength(1);
  });

  it('does the same where weights are too many to be kept', () => {
    const [from, to] = [192_001, 191_999]; // 191,999 phases
    const got = resampleAudio(tone(1000, from, 4000), from, to);
    const wanted = tone(1000, to, got.length);
    expect(largest(middle(got.map((x, t) => x - wanted[t])))).toBeLessThan(1e-4);
  });

  it('refuses rates that are none', () => {
    const x = new Float32Array(9);
    for (const rate of [0, -1, NaN, 8000.5, 1, 1e6]) {
      expect(() => resampleAudio(x, rate, 16_000)).toThrow(`sampleRate is ${rate}`);
    }
    expect(() => resampleAudio(new Float32Array(0), 8000, 16_000)).toThrow('no sample');
  });
});
