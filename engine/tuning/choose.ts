/** Which rung is right and the fastest, told by its numbers and by times that may be noise. */
import type { RungName } from '../runtime/capabilities';

/** What became of a rung on this device. */
export interface RungTime {
  readonly rung: RungName;
  /** Median milliseconds of the work, the fastest sample and the slowest; null where it was not timed. */
  readonly milliseconds: number | null;
  readonly low: number;
  readonly high: number;
  /** Why it was not timed: it does not compile here, or gives other numbers than the usual one. */
  readonly refused?: string;
}

/**
 * Why a rung is taken: it was `faster` than the usual one; the `usual` one is the fastest, or none is faster by more than
 * `MARGIN`; there was nothing to choose from (`alone`); or the times were `noise` (or none: a clock that stands), and the usual one stays.
 */
export type RungReason = 'faster' | 'usual' | 'alone' | 'noise';

/** Samples that differ by more than this share of their median say nothing. */
export const NOISE = 0.3;
/** A rung is to be faster by this share, or numbers would change for nothing. */
export const MARGIN = 0.05;

const spread = ({ milliseconds, low, high }: RungTime): number => (high - low) / milliseconds!;

export function choose(
  usual: RungName,
  times: readonly RungTime[],
): { readonly rung: RungName; readonly why: RungReason } {
  const timed = times.filter(({ milliseconds }) => milliseconds !== null);
  const stands = timed.find(({ rung }) => rung === usual);
  if (!stands || timed.length < 2) return { rung: usual, why: 'alone' };
  if (timed.some(({ milliseconds }) => !(milliseconds! > 0 && milliseconds! < Infinity)))
    return { rung: usual, why: 'noise' };
  const best = timed.reduce((a, b) => (b.milliseconds! < a.milliseconds! ? b : a));
  if (best.milliseconds! > (1 - MARGIN) * stands.milliseconds!) return { rung: usual, why: 'usual' };
  // Samples that do not overlap are told apart, however much they differ among themselves.
  const apart = best.high < stands.low;
  if (!apart && Math.max(spread(best), spread(stands)) > NOISE) return { rung: usual, why: 'noise' };
  return { rung: best.rung, why: 'faster' };
}

/** Largest difference of two rungs' numbers, as a share of the largest number of a tensor. */
const TOLERANCE = 1e-3;

/** How numbers differ by more than rounding, or undefined. */
export function differenceOf(
  got: ReadonlyMap<string, Float32Array>,
  want: ReadonlyMap<string, Float32Array>,
): string | undefined {
  for (const [name, right] of want) {
    const left = got.get(name)!;
    const largest = right.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const wrong = right.findIndex((x, i) => !(Math.abs(x - left[i]) <= TOLERANCE * largest));
    if (wrong >= 0) return `${name}[${wrong}] is ${left[wrong]}, not ${right[wrong]} as by the usual kernels`;
  }
  return undefined;
}
