import type { Notices } from '../site/notices';

/**
 * Calls that a page makes one after the other, with its buttons locked; what goes wrong becomes a notice. A call that
 * comes while another is under way, such as a file that is dropped on a page that still restores, waits its turn.
 */
export class Attempts {
  readonly #notices: Notices;
  readonly #onChange: () => void;
  #last: Promise<void> = Promise.resolve();
  /** Calls that have not ended. */
  #open = 0;

  constructor(notices: Notices, onChange: () => void) {
    this.#notices = notices;
    this.#onChange = onChange;
  }

  get busy(): boolean {
    return this.#open > 0;
  }

  run(work: () => Promise<void>): Promise<void> {
    if (!this.busy) this.#notices.clear('error');
    this.#open++;
    this.#onChange();
    this.#last = this.#last.then(() => this.#do(work));
    return this.#last;
  }

  async #do(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#notices.error(error as Error);
    }
    this.#open--;
    this.#onChange();
  }
}
