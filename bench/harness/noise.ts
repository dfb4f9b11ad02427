/** Spread of samples, (slowest − fastest) / median, above which a time is noise that tells nothing. */
export const NOISE = 0.3;

export const spreadOf = ({
  milliseconds,
  low,
  high,
}: {
  readonly milliseconds: number;
  readonly low: number;
  readonly high: number;
}): number => (high - low) / milliseconds;
