/**
 * Moves between pages without leaving the document, so that its worker lives on. Every page is a file of its own, too:
 * a link that is followed gets that file, takes its `main` and its style sheets, and keeps the page before aside, as
 * it is, until one comes back.
 */
import { setText } from '../view/dom';
import { pageAt, type SitePage } from './pages';
import { Styles } from './styles';

/** A page that is here: its content, and what its markup names. */
export interface Loaded {
  readonly page: SitePage;
  readonly main: HTMLElement;
  readonly markup: Document;
}

export class Router {
  /** A page's content is in the document now; `first`: for the first time. */
  onShow: (loaded: Loaded) => Promise<void> | void = () => undefined;
  /** The page on view is about to go. */
  onHide: (page: SitePage) => void = () => undefined;
  /** A page did not come. */
  onFail: (error: Error, url: URL) => void = () => undefined;
  readonly #root: URL;
  readonly #styles = new Styles();
  readonly #loaded = new Map<string, Loaded>();
  /** Where each entry of the history was scrolled to. */
  readonly #scrolled = new Map<number, number>();
  #shown: Loaded;
  #entry: number;
  /** Only the last page that was asked for comes. */
  #turn = 0;

  /** `root`: the site's own folder. */
  constructor(root: URL) {
    this.#root = root;
    const page = this.pageOf(new URL(location.href));
    if (!page) throw new Error(`${location.pathname} is no page of this site`);
    this.#shown = { page, main: document.querySelector('main')!, markup: document };
    this.#loaded.set(page.path, this.#shown);
    this.#entry = entryOf(history.state) ?? 0;
    history.replaceState({ entry: this.#entry }, '');
  }

  get page(): SitePage {
    return this.#shown.page;
  }

  get shown(): Loaded {
    return this.#shown;
  }

  start(): void {
    document.addEventListener('click', (event) => this.#onClick(event));
    addEventListener('popstate', ({ state }) => void this.#onHistory(state));
    // The browser sees to it for a page that is loaded anew, and this for one that is moved to.
    history.scrollRestoration = 'manual';
    addEventListener('pagehide', () => (history.scrollRestoration = 'auto'));
    addEventListener('pageshow', () => (history.scrollRestoration = 'manual'));
  }

  /** The page of this site at an address, if any. */
  pageOf(url: URL): SitePage | undefined {
    if (url.origin !== this.#root.origin || !url.pathname.startsWith(this.#root.pathname)) return undefined;
    return pageAt(url.pathname.slice(this.#root.pathname.length));
  }

  /** Goes to a page as a link does. */
  async go(url: URL): Promise<void> {
    const loaded = await this.#load(url);
    if (!loaded) return;
    this.#scrolled.set(this.#entry, scrollY);
    this.#entry = Math.max(this.#entry, ...this.#scrolled.keys()) + 1;
    history.pushState({ entry: this.#entry }, '', url);
    await this.#show(loaded, url, 0);
  }

  #onClick(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[href]');
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.download) return;
    const url = new URL(link.href);
    const page = this.pageOf(url);
    if (!page) return;
    if (page === this.page && url.hash) return; // a part of the page on view
    event.preventDefault();
    void this.go(url);
  }

  async #onHistory(state: unknown): Promise<void> {
    const url = new URL(location.href);
    const entry = entryOf(state);
    if (entry === null) return; // only the hash changed
    this.#scrolled.set(this.#entry, scrollY);
    const loaded = await this.#load(url);
    if (!loaded) return;
    this.#entry = entry;
    await this.#show(loaded, url, this.#scrolled.get(entry) ?? 0);
  }

  /** A page's content, from here or from the server; null when another page was asked for meanwhile, or it failed. */
  async #load(url: URL): Promise<Loaded | null> {
    const turn = ++this.#turn;
    const page = this.pageOf(url);
    const known = page && this.#loaded.get(page.path);
    if (known) return known;
    document.documentElement.classList.add('going');
    try {
      const response = await fetch(url.href.replace(/#.*/, ''));
      if (!response.ok) throw new Error(`${url.pathname}: the server answered ${response.status}`);
      const markup = new DOMParser().parseFromString(await response.text(), 'text/html');
      const main = markup.querySelector('main');
      if (!page || !main) throw new Error(`${url.pathname}: the server sent something else`);
      // Addresses in it are relative to its own.
      for (const link of markup.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')) {
        link.href = new URL(link.getAttribute('href')!, url).href;
      }
      const loaded = { page, main: document.adoptNode(main), markup };
      this.#loaded.set(page.path, loaded);
      return turn === this.#turn ? loaded : null;
    } catch (error) {
      if (turn === this.#turn) this.onFail(error as Error, url);
      return null;
    } finally {
      if (turn === this.#turn) document.documentElement.classList.remove('going');
    }
  }

  async #show(loaded: Loaded, { hash }: URL, scroll: number): Promise<void> {
    const turn = this.#turn;
    const dress = await this.#styles.load(loaded.markup);
    if (turn !== this.#turn) return;
    const before = this.#shown;
    if (loaded !== before) {
      this.onHide(before.page);
      before.main.replaceWith(loaded.main);
    }
    dress();
    this.#shown = loaded;
    await this.onShow(loaded);
    if (turn !== this.#turn) return;
    const part = /^#[\w-]+$/.test(hash) ? loaded.main.querySelector<HTMLElement>(hash) : null;
    if (part && !scroll) part.scrollIntoView();
    else scrollTo({ top: scroll, behavior: 'instant' });
    // What a screen reader reads first, and where Tab goes on from.
    const heading = part ?? loaded.main.querySelector('h1');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
    setText(document.querySelector('#arrived')!, document.title);
  }
}

const entryOf = (state: unknown): number | null =>
  typeof (state as { entry?: unknown } | null)?.entry === 'number'
    ? (state as { entry: number }).entry
    : null;
