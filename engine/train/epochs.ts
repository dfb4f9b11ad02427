import { asHex, fnv1a, fnv1aOfText } from '../hash';
import { RandomStream } from '../nn/init';

/** A batch: its shape, and which rows it has. */
export interface Place {
  readonly bucket: number;
  readonly members: readonly number[];
}

/**
 * Which rows stand in which batch, as a function of the step: every epoch has each row once, in batches of one shape.
 * Nothing keeps state but for speed, so a run resumes where its step number says.
 */
export class Epochs {
  /** Batches of an epoch. */
  readonly length: number;
  /** Of each row, its shape. */
  readonly #bucket: Uint8Array;
  /** Of each shape, the rows of a batch. */
  readonly #sizes: readonly number[];
  readonly #seed: number;
  /** Names the stream of random numbers of an epoch; null keeps the order of the rows. */
  readonly #stream: string | null;
  #epoch: { readonly number: number; readonly batches: readonly Place[] } | null = null;

  constructor(bucket: Uint8Array, sizes: readonly number[], seed: number, stream: string | null) {
    this.#bucket = bucket;
    this.#sizes = sizes;
    this.#seed = seed;
    this.#stream = stream;
    this.length = this.#batches(0).length;
  }

  /** The batch of a step, counted from 0 over all epochs. */
  at(step: number): Place {
    return this.#batches(Math.floor(step / this.length))[step % this.length];
  }

  #batches(number: number): readonly Place[] {
    if (this.#epoch && (this.#epoch.number === number || this.#stream === null)) return this.#epoch.batches;
    const random = new RandomStream(this.#seed, `${this.#stream} of epoch ${number}`);
    const members: number[][] = this.#sizes.map(() => []);
    for (let i = 0; i < this.#bucket.length; i++) members[this.#bucket[i]].push(i);
    const batches: Place[] = [];
    for (const [k, list] of members.entries()) {
      if (this.#stream !== null) shuffle(list, random);
      for (let at = 0; at < list.length; at += this.#sizes[k]) {
        batches.push({ bucket: k, members: list.slice(at, at + this.#sizes[k]) });
      }
    }
    if (this.#stream !== null) shuffle(batches, random);
    this.#epoch = { number, batches };
    return batches;
  }
}

/** Fisher and Yates. */
export function shuffle(list: unknown[], random: RandomStream): void {
  for (let i = list.length - 1; i > 0; i--) {
    const k = random.below(i + 1);
    [list[i], list[k]] = [list[k], list[i]];
  }
}

/** A hash of numbers and words: a saved run goes on with the same batches only where this is the same. */
export function fingerprint(numbers: readonly ArrayLike<number>[], words: string): string {
  const hash = numbers.reduce((before, list) => fnv1a(list, before), fnv1a([]));
  return asHex(fnv1aOfText(words, hash));
}

/** Rows left out, and where the first stands. */
export class Dropped {
  count = 0;
  first: number | null = null;

  add(index: number): void {
    this.count++;
    this.first ??= index;
  }
}
