/** Works on the newest value only: what comes while work is going on waits, and later values take its place. */
export class Newest<T> {
  readonly #work: (value: T) => Promise<void>;
  #waiting: { readonly value: T } | null = null;
  #busy = false;

  /** `work` shows its own errors. */
  constructor(work: (value: T) => Promise<void>) {
    this.#work = work;
  }

  push(value: T): void {
    this.#waiting = { value };
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting) {
      const { value } = this.#waiting;
      this.#waiting = null;
      await this.#work(value);
    }
    this.#busy = false;
  }
}
