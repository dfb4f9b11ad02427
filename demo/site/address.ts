/**
 * A page's settings in its address, so that a link leads to what is on view. What someone typed goes behind the #,
 * which browsers send to no server.
 */
export class Address {
  #parameters: URLSearchParams;
  #text: string;
  /** Whether the page is on view; the address of another page stays as it is. */
  #shown = true;

  constructor({ search, hash }: { readonly search: string; readonly hash: string }) {
    this.#parameters = new URLSearchParams(search);
    this.#text = textOf(hash);
  }

  /** A setting; null where the address has none. */
  get(name: string): string | null {
    return this.#parameters.get(name);
  }

  /** The text behind the #. */
  get text(): string {
    return this.#text;
  }

  /** As a relative address. */
  get relative(): string {
    const search = this.#parameters.toString();
    const hash = this.#text && `#t=${encodeURIComponent(this.#text)}`;
    return `${search && `?${search}`}${hash}`;
  }

  /** Settings that are as they always are (null) are left out. */
  set(settings: Readonly<Record<string, string | null>>, text = this.#text): void {
    for (const [name, value] of Object.entries(settings)) {
      this.#parameters.delete(name); // and again at the end: always in the same order
      if (value !== null) this.#parameters.set(name, value);
    }
    this.#text = text;
    this.#write();
  }

  /** The page comes on view at this address. Returns whether it brings settings that the page did not give it. */
  show({ search, hash }: { readonly search: string; readonly hash: string }): boolean {
    this.#shown = true;
    const before = this.relative;
    if (search !== '' || textOf(hash) !== '') {
      this.#parameters = new URLSearchParams(search);
      this.#text = textOf(hash);
    }
    const others = this.relative !== before;
    if (!hash || textOf(hash)) this.#write();
    return others;
  }

  hide(): void {
    this.#shown = false;
  }

  #write(): void {
    if (!this.#shown) return;
    const address = `${location.pathname}${this.relative}`;
    if (address === `${location.pathname}${location.search}${location.hash}`) return;
    history.replaceState(history.state, '', address);
  }
}

/** '#t=…' holds a text; any other hash is the id of a part of the page. */
function textOf(hash: string): string {
  if (!hash.startsWith('#t=')) return '';
  try {
    return decodeURIComponent(hash.slice(3));
  } catch {
    return ''; // cut off in a message
  }
}
