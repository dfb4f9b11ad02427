/** Something that is to be done soon, once, however often it is asked for meanwhile. */
export class Later {
  readonly #work: () => void;
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(work: () => void, milliseconds = 250) {
    [this.#work, this.#milliseconds] = [work, milliseconds];
  }

  start(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#work();
    }, this.#milliseconds);
  }

  /** It was done already. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
