import { element, finder } from '../../view/dom';
import type { Format } from '../../view/format';
import type { UnderstandStrings } from '../english';
import type { KeptClassifier } from '../session/protocol';

/** Classifiers that this browser keeps. */
export class KeptPanel {
  onOpen: (id: string) => void = () => undefined;
  onDelete: (id: string) => void = () => undefined;
  readonly #byId = finder();
  #kept: readonly KeptClassifier[] = [];
  #drawn = '';

  set kept(kept: readonly KeptClassifier[]) {
    this.#kept = kept;
  }

  show(strings: UnderstandStrings, format: Format, language: string, canOpen: boolean): void {
    this.#byId('kept-none').hidden = this.#kept.length > 0;
    const key = JSON.stringify([this.#kept, language, canOpen]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
    const rows = this.#kept.map(({ id, title: given, labels, when, macroF1, bytes }) => {
      const title = { guests: strings.guests, pasted: strings.pastedTitle }[given] ?? given;
      const open = element('button', { type: 'button', disabled: !canOpen }, strings.open);
      open.addEventListener('click', () => this.onOpen(id));
      const label = strings.deleteOne(title);
      const remove = element(
        'button',
        { type: 'button', class: 'quiet icon', 'aria-label': label, title: label },
        '×',
      );
      remove.addEventListener('click', () => this.onDelete(id));
      const shown = labels.length > 6 ? `${labels.slice(0, 6).join(', ')}, …` : labels.join(', ');
      const facts = strings.keptFacts(shown, macroF1?.toFixed(3) ?? null, dates.format(when));
      return element(
        'li',
        {},
        element('span', {}, element('b', {}, title), ' ', element('small', {}, facts)),
        element('span', { class: 'small' }, format.bytes(bytes)),
        open,
        remove,
      );
    });
    this.#byId('kept').replaceChildren(...rows);
  }
}
