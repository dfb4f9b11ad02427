/** Makes of a task what a model learns from and is judged by, as functions of a seed alone. */
import { EngineError, IGNORE_INDEX, RandomStream, type Batch } from '../../../engine/index';
import type { Example, Task } from './task';

/** Share of all inputs that is held out. */
export const HELD_OUT = 0.25;
/** Draws for one example after which there is taken to be none: some side of the split is empty. */
const TRIES = 10_000;

/**
 * Inputs of a task as a model reads them, filled up by padding before or after, then '='. So '=' and every token of the answer have places
 * of their own, however short the input is.
 */
export class Lesson {
  readonly task: Task;
  readonly seed: number;
  /** Texts of all tokens by id: the task's, then '=' and padding. */
  readonly symbols: readonly string[];
  /** T: tokens of the longest example but its last one, which nothing follows. */
  readonly length: number;
  /** Place of the first token of answers, the one after '='. */
  readonly start: number;
  readonly #equals: number;
  readonly #padding: number;

  constructor(task: Task, seed: number) {
    [this.task, this.seed] = [task, seed];
    this.#equals = task.symbols.length;
    this.#padding = task.symbols.length + 1;
    this.symbols = [...task.symbols, '=', '·'];
    this.start = task.longest.input + 1;
    this.length = task.longest.input + task.longest.answer;
  }

  /** Whether training never draws this input: a function of what it is kin to, and of the seed. */
  holdsOut(input: readonly number[]): boolean {
    const { task, seed } = this;
    return new RandomStream(seed, `held out ${task.kin(input).join(' ')}`).uniform() < HELD_OUT;
  }

  /** What batch `step` teaches: none of it is held out. (B, T) each; targets are the tokens of answers only. */
  batch(step: number, count: number): Batch {
    const { length, start, seed } = this;
    const random = new RandomStream(seed, `batch ${step}`);
    const ids = new Uint32Array(count * length).fill(this.#padding);
    const targets = new Uint32Array(count * length).fill(IGNORE_INDEX);
    for (let b = 0; b < count; b++) {
      const { input, answer } = this.#draw(random, false);
      ids.set(this.before(input), b * length);
      ids.set(answer.slice(0, length - start), b * length + start);
      targets.set(answer, b * length + start - 1);
    }
    return { ids, targets };
  }

  /** Held-out examples, all different; fewer where there are so few. */
  exam(count: number): Example[] {
    const random = new RandomStream(this.seed, 'exam');
    const found = new Map<string, Example>();
    for (let tries = 0; found.size < count && tries < 50 * count; tries++) {
      const example = this.#draw(random, true);
      found.set(example.input.join(' '), example);
    }
    return [...found.values()];
  }

  /** The input, padding and '=': all that stands before an answer. */
  before(input: readonly number[]): number[] {
    const room = new Array<number>(this.start - 1).fill(this.#padding);
    room.splice(this.#first(input), input.length, ...input);
    return [...room, this.#equals];
  }

  /** For each token of the answer, the row that predicts it and the places that it is made from, where there are such. */
  looks({ input, answer }: Example): { readonly row: number; readonly places: readonly number[] }[] {
    const first = this.#first(input);
    const sources = this.task.sources(input);
    return answer.flatMap((_, i) => {
      const places = sources[i].map((place) => first + place);
      return places.length > 0 ? [{ row: this.start - 1 + i, places }] : [];
    });
  }

  /** Place of the input's first token. */
  #first({ length }: readonly number[]): number {
    return this.task.align === 'end' ? this.task.longest.input - length : 0;
  }

  #draw(random: RandomStream, heldOut: boolean): Example {
    for (let tries = 0; tries < TRIES; tries++) {
      const input = this.task.draw(random);
      if (this.holdsOut(input) === heldOut) return { input, answer: this.task.answer(input) };
    }
    const what = `none of ${TRIES} inputs is ${heldOut ? 'held out' : 'learnt from'}`;
    throw new EngineError('Lesson', what, 'Choose longer inputs or another seed.');
  }
}
