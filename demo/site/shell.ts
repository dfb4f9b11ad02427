/** The frame of every page: header, notices, footer, and the page in them. */
import { element, finder, setText, within } from '../view/dom';
import { Address } from './address';
import { Appearance, fill } from './appearance';
import { acceptDrops } from './drop-target';
import { Engine } from './engine';
import { showMissing } from './missing';
import { navigationStrings } from './navigation';
import { Notices } from './notices';
import type { PageModule, PageView, RunStatus, SiteContext } from './page';
import { titleOf, type SitePage } from './pages';
import { Router, type Loaded } from './router';
import { share } from './share';

/** Of the frame, whichever page is being entered. */
const byId = finder();
const MODULES = import.meta.glob<PageModule>('../*/enter.ts');

/** A page that was entered. */
interface Entered {
  readonly page: SitePage;
  readonly main: HTMLElement;
  readonly module: PageModule;
  readonly address: Address;
  readonly view: PageView;
  run: RunStatus | null;
}

class Shell {
  readonly #root = new URL(document.documentElement.dataset.root!, location.href);
  readonly #appearance = new Appearance();
  readonly #notices = new Notices(byId('notices'));
  readonly #engine = new Engine();
  readonly #router = new Router(this.#root);
  readonly #entered = new Map<string, Entered>();
  /** Marks terms of the glossary in the texts of a page. */
  #mark: (main: HTMLElement) => void = () => undefined;

  async start(): Promise<void> {
    // The frame stays while addresses change: its links must not be relative to them.
    const frame = document.querySelectorAll<HTMLAnchorElement>('body > :not(main) a[href]:not([href^="#"])');
    for (const link of frame) link.setAttribute('href', link.href);
    this.#appearance.onChange = () => this.#say();
    this.#engine.onChange = () => this.#drawEngine();
    this.#router.onShow = (loaded) => this.#show(loaded);
    this.#router.onHide = ({ path }) => this.#hide(this.#entered.get(path));
    this.#router.onFail = (error, url) => this.#fail(error, url);
    document.addEventListener('click', ({ target }) => {
      if ((target as Element).closest('.share')) void share(this.#notices, this.#appearance.strings);
    });
    acceptDrops(
      byId('drop'),
      (files) => this.#current?.view.takeFiles?.(files),
      () => this.#current?.view.takeFiles !== undefined,
    );
    // The glossary may come after the texts that it marks.
    void import('./terms').then(({ markTerms, TermPanel }) => {
      new TermPanel(this.#root, () => this.#appearance.language);
      this.#mark = (main) => markTerms(main, this.#appearance.language);
      if (this.#current) this.#mark(this.#current.main);
    });
    this.#appearance.apply();
    document.documentElement.dataset.first = '';
    this.#router.start();
    await this.#show(this.#router.shown);
  }

  get #current(): Entered | undefined {
    return this.#entered.get(this.#router.page.path);
  }

  async #show({ page, main }: Loaded): Promise<void> {
    const entered = this.#entered.get(page.path);
    if (entered) {
      if (entered.address.show(location)) entered.view.arrive?.();
    } else {
      // The headings stand while the page's own code comes.
      fill(main, this.#strings(page));
      try {
        const module = await MODULES[`../${page.module}/enter.ts`]();
        if (!this.#entered.has(page.path)) this.#enter(page, main, module);
      } catch (error) {
        this.#notices.error(`${this.#appearance.strings.pageFailed}:`, error as Error);
      }
    }
    this.#say();
    main.classList.add('entered');
  }

  #enter(page: SitePage, main: HTMLElement, module: PageModule): void {
    const address = new Address(location);
    const appearance = this.#appearance;
    const isShown = (): boolean => this.#router.page === page;
    const context: SiteContext = {
      get language() {
        return appearance.language;
      },
      get frame() {
        return appearance.strings;
      },
      get onView() {
        return isShown();
      },
      engine: this.#engine,
      notices: this.#notices,
      address,
      showRun: (run) => {
        const entered = this.#entered.get(page.path);
        if (entered) entered.run = run;
        this.#drawRun();
      },
    };
    fill(main, { ...this.#strings(page), ...module.strings[appearance.language] });
    const view = within(main, () => module.enter(main, context));
    this.#entered.set(page.path, { page, main, module, address, view, run: null });
  }

  #hide(entered: Entered | undefined): void {
    this.#notices.clear();
    entered?.address.hide();
    entered?.view.leave?.();
  }

  #fail(error: Error, url: URL): void {
    // Where nothing goes on that would be lost, the browser itself may show what is there.
    if ([...this.#entered.values()].some(({ run }) => run)) {
      this.#notices.error(`${this.#appearance.strings.pageFailed}:`, error);
    } else location.href = url.href;
  }

  /** Says everything that is on view, in the language and the colours as they are. */
  #say(): void {
    const { strings } = this.#appearance;
    const { page } = this.#router;
    const entered = this.#current;
    const texts = this.#strings(page);
    document.title = texts.title;
    for (const part of document.body.children) {
      if (part.tagName !== 'MAIN') fill(part, texts);
    }
    this.#notices.say(this.#appearance.language, strings.dismiss);
    const marked = document.querySelectorAll('.masthead [aria-current]');
    for (const link of marked) link.removeAttribute('aria-current');
    const group = page.group ?? 'home';
    document
      .querySelector(`.masthead [data-group=${group}]`)
      ?.setAttribute('aria-current', page.path === '' ? 'page' : 'true');
    this.#drawEngine();
    this.#drawRun();
    if (!entered) return;
    fill(entered.main, { ...texts, ...entered.module.strings[this.#appearance.language] });
    this.#mark(entered.main);
    setText(byId('drop').firstElementChild!, String(this.#pageString('dropHint')));
    entered.view.say();
  }

  #strings(page: SitePage) {
    const { language, strings } = this.#appearance;
    const { heading, description } = page;
    return {
      ...strings,
      ...navigationStrings(language),
      title: titleOf(page)[language],
      heading: heading[language],
      description: description[language],
    };
  }

  #pageString(name: string): unknown {
    return this.#current?.module.strings[this.#appearance.language][name] ?? '';
  }

  /** Which adapter computes, or why none does. */
  #drawEngine(): void {
    const { strings } = this.#appearance;
    const { adapter, asked, missing } = this.#engine;
    const panel = byId('missing');
    panel.hidden = !missing || this.#current?.view.engine === null;
    if (missing && !panel.hidden) showMissing(panel, strings, missing);
    const gpu = byId('gpu');
    gpu.hidden = !asked;
    gpu.dataset.state = missing ? 'missing' : !adapter ? 'opening' : adapter.software ? 'software' : 'ready';
    const { gpuMissing, gpuOpening, gpuSoftware, gpuReady } = strings;
    const state = missing ? gpuMissing : !adapter ? gpuOpening : adapter.software ? gpuSoftware : gpuReady;
    setText(byId('gpu-state'), state);
    const extras = adapter?.features.length ? ` (${adapter.features.join(', ')})` : '';
    const note = adapter?.software ? `; ${strings.software}` : '';
    setText(byId('adapter'), adapter ? `${strings.adapter}: ${adapter.name}${extras}${note}` : state);
  }

  /** A training on another page, and the way to it. */
  #drawRun(): void {
    const pill = byId<HTMLAnchorElement>('run');
    const elsewhere = [...this.#entered.values()].find(({ page, run }) => run && page !== this.#router.page);
    pill.hidden = !elsewhere;
    if (!elsewhere?.run) return;
    const { runs } = this.#appearance.strings;
    const { state, step, loss } = elsewhere.run;
    pill.href = new URL(elsewhere.page.path, this.#root).href;
    const text =
      state === 'training'
        ? runs.training(step, loss)
        : state === 'paused'
          ? runs.paused(step)
          : runs.preparing;
    if (pill.textContent !== text) pill.replaceChildren(element('span', { class: 'dot' }), text);
  }

  /** For tests and the curious; nothing on the page uses it. */
  get forTests(): object {
    const session = (): unknown => this.#current?.view.engine?.session;
    return {
      get session() {
        return session();
      },
      loseDevice: () => this.#current?.view.engine?.loseDevice(),
      count: () => this.#engine.count(),
    };
  }
}

const shell = new Shell();
Object.assign(window, { __heed: shell.forTests });
await shell.start();
