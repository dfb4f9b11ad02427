/** Pauses and resumes a run from outside. */
export class PauseSwitch {
  #waiting: (() => void)[] = [];
  #paused = false;

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves at once when running, else when resumed or aborted. */
  async wait(signal?: AbortSignal): Promise<void> {
    while (this.#paused && !signal?.aborted) {
      await new Promise<void>((go) => {
        this.#waiting.push(go);
        signal?.addEventListener('abort', () => go(), { once: true });
      });
    }
  }
}
