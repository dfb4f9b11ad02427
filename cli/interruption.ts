import process from 'node:process';
import { DataError } from '../engine/index';

/** So long, in milliseconds, a second signal is the first one again: npm passes on what a terminal sends to both. */
const SAME_MS = 1000;

/** Ctrl-C, or a polite kill: the first aborts `signal`, a later one ends the process at once. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #stopping: () => void;
  readonly #leave: () => void;
  #since = 0;

  /** `stopping` hears of the first signal; `leave` puts in order what a process must not leave behind. */
  constructor(stopping: () => void, leave: () => void) {
    this.#stopping = stopping;
    this.#leave = leave;
    process.on('SIGINT', this.#take).on('SIGTERM', this.#take);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether this is why `error` was thrown: other errors may come after a signal, too. */
  caused(error: unknown): boolean {
    return this.signal.aborted && error === this.signal.reason;
  }

  readonly #take = (): void => {
    if (!this.signal.aborted) {
      this.#since = performance.now();
      this.#controller.abort(new DataError('train', 'it was interrupted'));
      this.#stopping();
    } else if (performance.now() - this.#since >= SAME_MS) {
      this.#leave();
      process.exit(130);
    }
  };

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#take).off('SIGTERM', this.#take);
  }
}
