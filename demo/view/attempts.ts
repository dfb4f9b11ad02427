import type { Notices } from './notices';

/** Calls that a page makes one at a time, with its buttons locked; what goes wrong becomes a notice. */
export class Attempts {
  readonly #notices: Notices;
  readonly #onChange: () => void;
  #busy = false;

  constructor(notices: Notices, onChange: () => void) {
    this.#notices = notices;
    this.#onChange = onChange;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Does nothing while another call is under way. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#notices.clear('error');
    this.#busy = true;
    this.#onChange();
    try {
      await work();
    } catch (error) {
      this.#notices.error(error as Error);
    }
    this.#busy = false;
    this.#onChange();
  }
}
