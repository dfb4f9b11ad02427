import { FIRST_SCALE, GROWTH_INTERVAL, SKIPPED } from './loss_scale';

/** What the host would do: [norm, factor] and the new [scale, clean]. */
export function unscaleRef(
  norm: number,
  [scale, clean]: readonly [number, number],
  unit: number,
  clip = Infinity,
): { y: [number, number]; state: [number, number] } {
  if (norm < 0) {
    if (scale <= 2 ** -14) return { y: [norm, 0], state: [scale, clean] };
    return { y: [SKIPPED, 0], state: [scale / 2, 0] };
  }
  const own = norm / unit / scale;
  const grows = clean + 1 >= GROWTH_INTERVAL;
  return {
    y: [own, Math.min(1, clip / (own + 1e-6)) / unit / scale],
    state: grows ? [Math.min(2 * scale, 2 ** 7 * FIRST_SCALE), 0] : [scale, clean + 1],
  };
}
