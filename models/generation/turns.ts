/** What all generators have in common. */
import { DataError, EngineError } from '../../engine/index';

/** Decode steps submitted before the oldest token is read, so that the GPU never waits for the page. */
export const AHEAD = 2;

/** Throws `DataError` where logits gave no token. */
export function expectToken(where: string, there: boolean): void {
  if (there) return;
  throw new DataError(where, 'the logits are not finite', 'These weights are damaged or have diverged.');
}

/** Calls of a generator, one at a time, until it is disposed of. */
export class Turns {
  readonly #where: string;
  #busy = false;
  #over = false;

  /** `where`: who says so, in errors. */
  constructor(where: string) {
    this.#where = where;
  }

  /** Throws `EngineError` once it was disposed of, also in the middle of a call. */
  assertUsable(): void {
    if (!this.#over) return;
    throw new EngineError(this.#where, 'this generator was disposed of', 'Make another one.');
  }

  /** A call begins; throws `EngineError` where it cannot. */
  begin(): void {
    this.assertUsable();
    if (this.#busy) {
      throw new EngineError(
        this.#where,
        'this generator is busy',
        'Await the other call or make a second one.',
      );
    }
    this.#busy = true;
  }

  end(): void {
    this.#busy = false;
  }

  dispose(): void {
    this.#over = true;
  }
}
