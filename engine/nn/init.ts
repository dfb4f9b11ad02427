import { expectSeed } from '../errors';

/** Random numbers for initial weights: a counter-based stream per parameter, so that order changes nothing. */
export class RandomStream {
  readonly #key: number;
  #counter = 0;

  /** `name` and `seed` select the stream: the same pair gives the same numbers on every machine. */
  constructor(seed: number, name: string) {
    expectSeed(name, seed);
    let key = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
    for (let i = 0; i < name.length; i++) key = Math.imul(key ^ name.charCodeAt(i), 0x01000193) >>> 0;
    this.#key = key;
  }

  /** Uniform on (0, 1). */
  uniform(): number {
    return (hash32(this.#key, this.#counter++) + 0.5) / 2 ** 32;
  }

  /** A whole number from 0 to n - 1, all alike. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** A 32-bit hash of (key, counter): murmur3's finaliser over both words, twice. */
export function hash32(key: number, counter: number): number {
  let h = (Math.imul(counter, 0xcc9e2d51) ^ key) >>> 0;
  for (let round = 0; round < 2; round++) {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h = (h ^ (h >>> 16) ^ Math.imul(key, 0x9e3779b1)) >>> 0;
  }
  return h >>> 0;
}

/** Fills a parameter's first values. */
export type Init = (size: number, random: RandomStream) => Float32Array;

/** First values: all 0. */
export const zeros: Init = (size) => new Float32Array(size);
/** First values: all 1. */
export const ones: Init = (size) => new Float32Array(size).fill(1);

/** Normal with mean 0; GPT-2 uses std 0.02. */
export function normal(std: number): Init {
  return (size, random) => Float32Array.from({ length: size }, () => std * random.normal());
}

/** Uniform on ±√(6 / (inputs + outputs)), which keeps variances both ways (Glorot and Bengio 2010). */
export function xavierUniform(inputs: number, outputs: number): Init {
  return uniform(Math.sqrt(6 / (inputs + outputs)));
}

/** Uniform on ±bound. PyTorch's layers begin with a bound of 1/√inputs. */
export function uniform(bound: number): Init {
  return (size, random) => Float32Array.from({ length: size }, () => bound * (2 * random.uniform() - 1));
}

/** Given values, for tests and for loading. */
export function values(data: Float32Array): Init {
  return () => data;
}
