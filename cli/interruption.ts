import process from 'node:process';
import { DataError } from '../engine/index';
import type { ProgressDisplay } from './progress';

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

  /** Tells that a training was interrupted before there was anything to save, and gives its exit status. Throws errors that came otherwise. */
  endedBefore(error: unknown, display: ProgressDisplay): number {
    // Other errors may come after a signal, too.
    if (!this.signal.aborted || error !== this.signal.reason) throw error;
    display.end();
    process.stderr.write('Interrupted before the first step: nothing to save.\n');
    return 130;
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
