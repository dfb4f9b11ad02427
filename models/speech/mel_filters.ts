/** Filters that sum a spectrum up as ears do. */

/** Slaney's mel scale: a mel is 200/3 Hz up to 1 kHz, from there on 27 mels are 6.4 times the frequency. */
const LINEAR = 200 / 3;
const [KNEE, KNEE_MEL] = [1000, 15];
const STEP = Math.log(6.4) / 27;

/** Mels of a frequency in Hz (Slaney 1998, Auditory Toolbox). */
export const melsOf = (hertz: number): number =>
  hertz < KNEE ? hertz / LINEAR : KNEE_MEL + Math.log(hertz / KNEE) / STEP;

/** Hz of that many mels. */
export const hertzOf = (mels: number): number =>
  mels < KNEE_MEL ? mels * LINEAR : KNEE * Math.exp(STEP * (mels - KNEE_MEL));

/**
 * (M, n_fft/2 + 1), row by row: how much of each frequency of a spectrum each of M bins takes, from 0 Hz to 8 kHz, as
 * Transformers has it at any rate. Triangles of equal width in mels, each of area 1 over Hz (Slaney's norm), as librosa and Whisper have them.
 */
export function melFilters(bins: number, fft: number, sampleRate: number): Float64Array {
  const frequencies = Math.floor(fft / 2) + 1;
  const top = melsOf(8000);
  const edges = Array.from({ length: bins + 2 }, (_, i) => hertzOf((top * i) / (bins + 1)));
  const filters = new Float64Array(bins * frequencies);
  for (let m = 0; m < bins; m++) {
    const [low, middle, high] = edges.slice(m, m + 3);
    for (let k = 0; k < frequencies; k++) {
      const hertz = (k * sampleRate) / 2 / (frequencies - 1);
      const height = Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
      filters[m * frequencies + k] = (Math.max(0, height) * 2) / (high - low);
    }
  }
  return filters;
}
