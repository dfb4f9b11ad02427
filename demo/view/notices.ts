import { element } from './dom';

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

  error(...sentences: readonly string[]): void {
    this.#show('error', sentences);
  }

  news(...sentences: readonly string[]): void {
    this.#show('news', sentences);
  }

  clear(kind?: 'error' | 'news'): void {
    for (const notice of [...this.#host.children]) {
      if (!kind || notice.classList.contains(kind)) notice.remove();
    }
  }

  #show(kind: 'error' | 'news', sentences: readonly string[]): void {
    this.clear(kind);
    const close = element('button', { type: 'button', class: 'link' }, this.#dismissLabel);
    const text = element('p', {}, sentences.join(' '));
    const notice = element(
      'div',
      { class: `notice ${kind}`, ...(kind === 'error' && { role: 'alert' }) },
      text,
      close,
    );
    close.addEventListener('click', () => notice.remove());
    this.#host.append(notice);
  }
}
