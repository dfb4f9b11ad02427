/** Work that must not meet a half-submitted group of steps: it waits until a training is between two of them. */
export class Between {
  #waiting: (() => Promise<void>)[] = [];

  /** Does it when `drain` comes by. */
  wait<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => work().then(resolve, reject));
    });
  }

  /** Does all that waits. */
  async drain(): Promise<void> {
    for (const work of this.#waiting.splice(0)) await work();
  }
}
