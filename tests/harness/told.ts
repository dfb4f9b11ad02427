/** What a session of a page tells, and promises of what it has yet to tell: asking again and again would miss what a fast machine does. */
export class Told<E extends { readonly kind: string }> {
  readonly #events: E[] = [];
  readonly #waiting = new Set<(event: E) => void>();

  readonly hear = (event: E): void => {
    this.#events.push(event);
    for (const look of this.#waiting) look(event);
  };

  /** All events of a kind so far. */
  of = <K extends E['kind']>(kind: K): Extract<E, { readonly kind: K }>[] =>
    this.#events.filter((event): event is Extract<E, { readonly kind: K }> => event.kind === kind);

  /** The next event of a kind that matches. */
  next = <K extends E['kind']>(
    kind: K,
    matches: (event: Extract<E, { readonly kind: K }>) => boolean = () => true,
  ): Promise<Extract<E, { readonly kind: K }>> =>
    new Promise((resolve) => {
      const look = (event: E): void => {
        const own = event as Extract<E, { readonly kind: K }>;
        if (event.kind !== kind || !matches(own)) return;
        this.#waiting.delete(look);
        resolve(own);
      };
      this.#waiting.add(look);
    });
}
