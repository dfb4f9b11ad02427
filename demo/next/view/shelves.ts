import { element, finder, setText } from '../../view/dom';
import { Roving } from '../../view/roving';
import type { Language } from '../../site/language';
import { EACH, HOBBIES } from '../shop/goods';

/** The goods of the shop, hobby by hobby. */
export class Shelves {
  onTake: (item: number) => void = () => undefined;
  readonly #host = finder()('shelves');

  constructor() {
    HOBBIES.forEach(({ goods }, hobby) => {
      const list = element('div', { class: 'goods', role: 'group' });
      list.append(
        ...goods.map((_, i) => element('button', { type: 'button', 'data-item': hobby * EACH + i + 1 })),
      );
      new Roving(list).stopAt(list.querySelector('button'));
      this.#host.append(element('div', { class: 'shelf' }, element('h3'), list));
    });
    this.#host.addEventListener('click', ({ target }) => {
      const { item } = (target as Element).closest<HTMLElement>('button')?.dataset ?? {};
      if (item !== undefined) this.onTake(Number(item));
    });
  }

  show(language: Language, taken: readonly number[], disabled: boolean): void {
    [...this.#host.children].forEach((shelf, hobby) => {
      const { name, goods } = HOBBIES[hobby];
      const [title, list] = shelf.children;
      setText(title, name[language]);
      list.setAttribute('aria-label', name[language]);
      [...list.children].forEach((button, i) => {
        setText(button, goods[i][language]);
        button.classList.toggle('taken', taken.includes(hobby * EACH + i + 1));
        (button as HTMLButtonElement).disabled = disabled;
      });
    });
  }
}
