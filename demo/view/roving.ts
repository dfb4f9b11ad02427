/** Of many buttons in one place, Tab meets one; arrow keys, Home and End go on to the others, in texts from right to left, too. */
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
    const last = all.length - 1;
    const right = getComputedStyle(this.#host).direction === 'rtl' ? -1 : 1;
    const sides = { ArrowRight: at + right, ArrowLeft: at - right };
    const to = { ...sides, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[Math.min(last, Math.max(0, to))].focus();
  }

  get #buttons(): HTMLElement[] {
    return [...this.#host.querySelectorAll<HTMLElement>('button')];
  }
}
