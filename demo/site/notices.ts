import { element } from '../view/dom';
import { explain } from '../view/explain';
import type { Language } from './language';

/** Messages above the page: errors are announced at once, news politely. One of each at a time. */
export class Notices {
  readonly #host: HTMLElement;
  #dismissLabel = '';
  #language: Language = 'en';

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  /** Changes language. */
  say(language: Language, dismiss: string): void {
    this.#language = language;
    this.#dismissLabel = dismiss;
  }

  /** Errors of the engine are in English; what kind they are, and the commonest ones, are said in the page's language. */
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
    const parts = sentences.flatMap((one) => (typeof one === 'string' ? [one] : told(one, this.#language)));
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

/** An error as a notice has it. */
export function told(error: Error, language: Language): (Node | string)[] {
  const { native, detail } = explain(error, language);
  const english = element('span', { lang: 'en' }, detail);
  return native ? [native, element('small', {}, english)] : [english];
}
