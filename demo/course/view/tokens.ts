import { element, finder, setText } from '../../view/dom';
import { spaced } from '../../view/heads-view';
import type { CourseStrings } from '../english';
import type { Scene } from './scene';

/** Chapter 1: the pieces of the text, with their numbers. */
export class TokensView {
  readonly #byId = finder();

  show({ walk, texts, at, info }: Scene, strings: CourseStrings): void {
    const pieces = texts.map((text, i) => {
      const piece = element(
        'li',
        {},
        element('b', { lang: 'en' }, spaced(text)),
        element('span', {}, String(walk.ids[i])),
      );
      if (i === at) piece.classList.add('chosen');
      return piece;
    });
    this.#byId('pieces').replaceChildren(...pieces);
    const all = info.tokens.length.toLocaleString(strings.lang);
    setText(this.#byId('tokens-fact'), strings.tokensFact(texts.length, [...walk.text].length, all));
  }
}
