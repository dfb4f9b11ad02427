import { EngineError } from '../../errors';

/**
 * How rotary frequencies are changed so that a model reads further than it was trained. `factor` is how many times
 * further; `originalContext` is the length in tokens that the model was trained at.
 */
export type RopeScaling =
  /** Position interpolation: every frequency divided by `factor` (Chen et al. 2023). */
  | { readonly type: 'linear'; readonly factor: number }
  /** NTK-aware: a larger base, which stretches slow turns by `factor` and leaves the fastest alone (bloc97 2023). */
  | { readonly type: 'ntk'; readonly factor: number }
  /**
   * NTK-aware by the length that is read: nothing changes up to `originalContext`. `context` is that length, fixed for
   * a plan; default `originalContext`. Hugging Face recomputes as text grows and is equal at that length.
   */
  | {
      readonly type: 'dynamic';
      readonly factor: number;
      readonly originalContext: number;
      readonly context?: number;
    }
  /**
   * YaRN (Peng et al. 2023, 3.2 to 3.4): pairs that turn at least `betaFast` (32) times in `originalContext` are kept,
   * those that turn at most `betaSlow` (1) times are interpolated, between them a ramp over the pairs' numbers, whose
   * ends are whole numbers unless `truncate` is false. Rotated vectors grow by `attentionFactor` (0.1 ln factor + 1).
   */
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly originalContext: number;
      readonly betaFast?: number;
      readonly betaSlow?: number;
      readonly attentionFactor?: number;
      readonly truncate?: boolean;
    }
  /** Llama 3.1: as YaRN's parts, with a ramp over turns instead of pairs, and no growth. */
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    };

/** How fast each pair of columns of a head turns, see `ropeFrequencies`. */
export interface RopeFrequencies {
  /** Radians per position of each pair of columns, fastest first. (width / 2). */
  readonly frequencies: Float64Array;
  /** What cos and sin are multiplied by; 1 but for YaRN. */
  readonly attentionFactor: number;
}

/**
 * Rotary frequencies θ^(-2j/width) (Su et al. 2021), scaled. `width` counts the columns of a head that rotate, `theta`
 * is the base, default 10,000. In float64. Throws `EngineError` for numbers that give none.
 */
export function ropeFrequencies({
  width,
  theta = 10_000,
  scaling = null,
}: {
  readonly width: number;
  readonly theta?: number;
  readonly scaling?: RopeScaling | null;
}): RopeFrequencies {
  if (!Number.isInteger(width) || width < 2 || width % 2 !== 0) {
    throw new EngineError('RoPE', `${width} columns cannot rotate in pairs`, 'Give an even number.');
  }
  if (!(theta > 1 && theta < Infinity)) {
    throw new EngineError('RoPE', `theta is ${theta}`, 'It must be finite and above 1.');
  }
  const powers = (base: number) =>
    Float64Array.from({ length: width / 2 }, (_, j) => base ** ((-2 * j) / width));
  const plain = powers(theta);
  if (!scaling) return { frequencies: plain, attentionFactor: 1 };
  checkScaling(scaling);
  const { factor } = scaling;
  switch (scaling.type) {
    case 'linear':
      return { frequencies: plain.map((f) => f / factor), attentionFactor: 1 };
    case 'ntk':
      return { frequencies: powers(stretched(theta, factor, width)), attentionFactor: 1 };
    case 'dynamic': {
      const { originalContext, context = originalContext } = scaling;
      const longer = Math.max(1, context / originalContext);
      const base = stretched(theta, factor * longer - (factor - 1), width);
      return { frequencies: powers(base), attentionFactor: 1 };
    }
    case 'yarn': {
      const { betaFast = 32, betaSlow = 1, originalContext, truncate = true } = scaling;
      /** The pair, as a fraction, that turns so often in the original context. */
      const pairOf = (turns: number) =>
        (width * Math.log(originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const [fast, slow] = [pairOf(betaFast), pairOf(betaSlow)];
      const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
      // Transformers and the paper's code bound the end by the head's columns, though it counts pairs.
      const high = Math.min(truncate ? Math.ceil(slow) : slow, width - 1);
      const span = high === low ? 0.001 : high - low;
      return {
        frequencies: plain.map((f, j) => {
          const interpolated = Math.min(1, Math.max(0, (j - low) / span));
          return (f / factor) * interpolated + f * (1 - interpolated);
        }),
        attentionFactor: scaling.attentionFactor ?? (factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1),
      };
    }
    case 'llama3': {
      const { lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
      return {
        frequencies: plain.map((f) => {
          const turns = (originalContext * f) / (2 * Math.PI);
          const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
          return (f / factor) * (1 - kept) + f * kept;
        }),
        attentionFactor: 1,
      };
    }
  }
}

/** The base under which the slowest pair turns `factor` times slower and the fastest as before. */
const stretched = (theta: number, factor: number, width: number): number =>
  width > 2 ? theta * factor ** (width / (width - 2)) : theta;

/** The numbers that each kind cannot do without. */
const NEEDED: Readonly<Record<RopeScaling['type'], readonly string[]>> = {
  linear: ['factor'],
  ntk: ['factor'],
  dynamic: ['factor', 'originalContext'],
  yarn: ['factor', 'originalContext'],
  llama3: ['factor', 'originalContext', 'lowFrequencyFactor', 'highFrequencyFactor'],
};

function checkScaling(scaling: RopeScaling): void {
  const { type } = scaling;
  if (!Object.hasOwn(NEEDED, type)) {
    const known = Object.keys(NEEDED).join(', ');
    throw new EngineError('RoPE', `there is no scaling of type ${type as string}`, `Use one of ${known}.`);
  }
  const lacking = NEEDED[type].find((key) => typeof Reflect.get(scaling, key) !== 'number');
  if (lacking !== undefined) {
    const what = `${lacking} of ${type} scaling is ${String(Reflect.get(scaling, lacking))}`;
    throw new EngineError('RoPE', what, 'It must be positive and finite.');
  }
  for (const [key, value] of Object.entries(scaling)) {
    if (typeof value === 'number' && !(value > 0 && value < Infinity)) {
      throw new EngineError(
        'RoPE',
        `${key} of ${scaling.type} scaling is ${value}`,
        'It must be positive and finite.',
      );
    }
  }
  if (!(scaling.factor >= 1)) {
    throw new EngineError(
      'RoPE',
      `factor of ${scaling.type} scaling is ${scaling.factor}`,
      'Give at least 1.',
    );
  }
  if (scaling.type === 'llama3' && !(scaling.highFrequencyFactor > scaling.lowFrequencyFactor)) {
    throw new EngineError(
      'RoPE',
      `highFrequencyFactor ${scaling.highFrequencyFactor} is not above lowFrequencyFactor ${scaling.lowFrequencyFactor}`,
      'Take both from config.json as they are.',
    );
  }
  if (scaling.type === 'yarn' && !((scaling.betaFast ?? 32) >= (scaling.betaSlow ?? 1))) {
    throw new EngineError(
      'RoPE',
      `betaFast ${scaling.betaFast ?? 32} is below betaSlow ${scaling.betaSlow ?? 1}`,
    );
  }
}

/**
 * Frequencies as turns per position, f / 2π, split for exactness: first whole numbers of 2^-24 turns, then what is left of
 * each in 2^-32 turns, at most 128. (2, pairs), f32. See angle.wgsl.
 */
export function turnsPerPosition(frequencies: Float64Array): Float32Array {
  const half = frequencies.length;
  const split = new Float32Array(2 * half);
  frequencies.forEach((frequency, j) => {
    const turns = (frequency / (2 * Math.PI)) * 2 ** 24;
    const high = Math.round(turns);
    split[j] = high;
    split[half + j] = (turns - high) * 2 ** 8;
  });
  return split;
}
