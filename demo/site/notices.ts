import { element } from '../view/dom';

/** Messages above the page: errors are announced at once, news politely. One of each at a time. */
export class Notices {
  readonly #host: HTMLElement;
  #dismissLabel = '';

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  setDismissLabel(label: string): void {
    this.#dismissLabel = label;
  }

  /** Errors of the engine are in English whatever the page's language. */
  error(...sentences: readonly (string | Error)[]): void {
    this.#show('error', sentences);
  }

  news(...sentences: readonly string[]): void {
    this.#show('news', sentences);
  }

  /** News that hold only as long as what goes on goes on. */
  meanwhile(...sentences: readonly string[]): void {
    this.#show('news', sentences).classList.add('meanwhile');
  }

  clear(kind?: 'error' | 'news' | 'meanwhile'): void {
    for (const notice of [...this.#host.children]) {
      if (!kind || notice.classList.contains(kind)) notice.remove();
    }
  }

  #show(kind: 'error' | 'news', sentences: readonly (string | Error)[]): HTMLElement {
    this.clear(kind);
    const close = element('button', { type: 'button', class: 'link' }, this.#dismissLabel);
    const parts = sentences.map((one) =>
      typeof one === 'string' ? one : element('span', { lang: 'en' }, one.message),
    );
    const text = element('p', {}, ...parts.flatMap((part) => [' ', part]).slice(1));
    const notice = element(
      'div',
      { class: `notice ${kind}`, ...(kind === 'error' && { role: 'alert' }) },
      text,
      close,
    );
    close.addEventListener('click', () => notice.remove());
    this.#host.append(notice);
    return notice;
  }
}
