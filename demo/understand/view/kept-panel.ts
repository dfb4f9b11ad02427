import { element, finder } from '../../view/dom';
import type { Format } from '../../view/format';
import type { UnderstandStrings } from '../english';
import { kindsIn } from '../kinds';
import type { KeptModel, TaskName } from '../session/protocol';

/** Models of a task that this browser keeps. */
export class KeptPanel {
  onOpen: (id: string) => void = () => undefined;
  onDelete: (id: string) => void = () => undefined;
  readonly #task: TaskName;
  readonly #byId = finder();
  #kept: readonly KeptModel[] = [];
  #drawn = '';

  constructor(task: TaskName) {
    this.#task = task;
  }

  set kept(kept: readonly KeptModel[]) {
    this.#kept = kept;
  }

  show(strings: UnderstandStrings, format: Format, language: string, canOpen: boolean): void {
    this.#byId('kept-none').hidden = this.#kept.length > 0;
    const key = JSON.stringify([this.#kept, language, canOpen]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
    const rows = this.#kept.map(({ id, title: given, labels, when, f1, bytes }) => {
      const title = (strings.titles as Readonly<Record<string, string>>)[given] ?? given;
      const open = element('button', { type: 'button', disabled: !canOpen }, strings.open);
      open.addEventListener('click', () => this.onOpen(id));
      const label = strings.deleteOne(title);
      const remove = element(
        'button',
        { type: 'button', class: 'quiet icon', 'aria-label': label, title: label },
        '×',
      );
      remove.addEventListener('click', () => this.onDelete(id));
      const named = this.#task === 'tag' ? kindsIn(labels) : labels;
      const shown = named.length > 6 ? `${named.slice(0, 6).join(', ')}, …` : named.join(', ');
      const score = f1 === null ? '' : strings.keptScores[this.#task](f1.toFixed(3));
      const facts = [shown, score, dates.format(when)].filter((one) => one !== '').join(strings.listed);
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
