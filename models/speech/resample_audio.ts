/** Sound at another rate. */
import { EngineError, ShapeError } from '../../engine/index';

/** Zero crossings of the sinc on each side. */
const LOBES = 48;
/** Where the filter is at half of its height, as a share of the lower rate's highest frequency: all above that is gone. */
const ROLLOFF = 0.94;
/** Of Kaiser's window: 90 dB. */
const BETA = 8.96;
/** Weights that are kept in memory at most; beyond it they are computed again for each sample. */
const MOST_KEPT = 2 ** 23;

/** Rates that make sense of sound, in Hz. */
export const RATES = [4000, 384_000] as const;

/** I₀, of Kaiser's window. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Throws `EngineError` for a rate that is none. */
export function expectRate(where: string, rate: unknown): asserts rate is number {
  const [least, most] = RATES;
  if (Number.isInteger(rate) && (rate as number) >= least && (rate as number) <= most) return;
  const todo = `Use a whole number of Hz from ${least} to ${most}.`;
  throw new EngineError(where, `sampleRate is ${String(rate)}`, todo);
}

/**
 * Samples at `to` Hz of samples at `from` Hz: each a weighted sum of those around its time, by a sinc that is cut to 48 crossings on
 * each side with Kaiser's window (Kaiser and Schafer 1980), in float64. Up to 88 % of the lower rate's half (7.0 kHz at 16 kHz)
 * nothing changes by more than 1e-4; what would come back as another tone, from that half on, is 90 dB down. The result has ⌈n · to / from⌉ samples;
 * around the sound there is silence. A second of 44.1 kHz takes about 4.5 million multiplications.
 *
 * Throws `EngineError` for rates that are no whole number of Hz from 4,000 to 384,000.
 */
export function resampleAudio(samples: Float32Array, from: number, to: number): Float32Array {
  expectRate('resampleAudio', from);
  expectRate('resampleAudio', to);
  if (from === to) return samples;
  if (samples.length === 0) throw new ShapeError('resampleAudio', 'there is no sample', 'Give some.');
  const common = divisor(from, to);
  const [up, down] = [to / common, from / common];
  // In samples of `from`: the step from crossing to crossing is one of the lower rate, and a little more.
  const cutoff = ROLLOFF * Math.min(1, to / from);
  const reach = Math.ceil(LOBES / cutoff);
  const width = 2 * reach;
  const full = bessel(BETA);
  /** Weights of the samples from floor(t) - reach + 1 on, of a time that is `phase / up` behind a sample. */
  const weightsOf = (phase: number): Float64Array => {
    const own = Float64Array.from({ length: width }, (_, k) => {
      const x = k - reach + 1 - phase / up;
      const inside = 1 - (x / reach) ** 2;
      if (inside <= 0) return 0;
      const angle = Math.PI * cutoff * x;
      return (angle === 0 ? 1 : Math.sin(angle) / angle) * (bessel(BETA * Math.sqrt(inside)) / full);
    });
    // Silence between samples stays silence, and a constant stays itself to the bit.
    const sum = own.reduce((a, b) => a + b, 0);
    return own.map((w) => w / sum);
  };
  const kept: Float64Array[] | null = up * width <= MOST_KEPT ? [] : null;
  const length = Math.ceil((samples.length * up) / down);
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const phase = (i * down) % up;
    const first = (i * down - phase) / up - reach + 1;
    const weights = kept ? (kept[phase] ??= weightsOf(phase)) : weightsOf(phase);
    let sum = 0;
    const end = Math.min(width, samples.length - first);
    for (let k = Math.max(0, -first); k < end; k++) sum += weights[k] * samples[first + k];
    out[i] = sum;
  }
  return out;
}
