/** Work of a session that must not overlap: one after the other, until somebody cancels what is under way. */
import { throwIfAborted } from '../../engine/index';

export class InTurn {
  #last: Promise<unknown> = Promise.resolve();
  readonly #open = new Set<AbortController>();

  /** Does it after all that was asked for before. Cancelled work throws an AbortError, also when its turn has not come. */
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    this.#open.add(abort);
    const done = this.#last.then(async () => {
      try {
        throwIfAborted(abort.signal);
        return await work(abort.signal);
      } finally {
        this.#open.delete(abort);
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Ends what is under way and what waits. */
  async cancel(): Promise<void> {
    for (const abort of this.#open) abort.abort();
    await this.#last;
  }
}
