const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Of many buttons in one place, Tab meets one; arrow keys, Home and End go on to the others. */
export class Roving {
  readonly #host: HTMLElement;
  #stop: HTMLElement | null = null;

  constructor(host: HTMLElement) {
    this.#host = host;
    host.addEventListener('focusin', ({ target }) => this.stopAt(target as HTMLElement));
    host.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Where Tab comes to; without a button, the last one. After the buttons have changed. */
  stopAt(button: HTMLElement | null = null): void {
    const all = this.#buttons;
    const wanted = button && all.includes(button) ? button : all.at(-1);
    for (const one of all) one.tabIndex = one === wanted ? 0 : -1;
    this.#stop = wanted ?? null;
  }

  /** New buttons came, or old ones went: Tab comes to where it came before, if that is still there. */
  refresh(): void {
    this.stopAt(this.#stop);
  }

  #onKey(event: KeyboardEvent): void {
    const all = this.#buttons;
    const at = all.indexOf(event.target as HTMLElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to =
      event.key === 'Home' ? 0 : event.key === 'End' ? all.length - 1 : at + (STEPS[event.key] ?? NaN);
    if (Number.isNaN(to)) return;
    event.preventDefault();
    all[Math.min(all.length - 1, Math.max(0, to))].focus();
  }

  get #buttons(): HTMLElement[] {
    return [...this.#host.querySelectorAll<HTMLElement>('button')];
  }
}
