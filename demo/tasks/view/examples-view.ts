import { element, finder } from '../../view/dom';
import type { Lesson } from '../tasks/lesson';
import type { Example } from '../tasks/task';

/** Examples of a task, which can be put to the model. */
export class ExamplesView {
  onChoose: (example: Example) => unknown = () => undefined;
  readonly #byId = finder();
  #shown = '';

  show(lesson: Lesson, examples: readonly Example[]): void {
    const key = JSON.stringify([lesson.symbols, examples]);
    if (key === this.#shown) return;
    this.#shown = key;
    const rows = examples.map((example) => {
      const tokens = (ids: readonly number[], kind: string): HTMLElement[] =>
        ids.map((id) => element('span', { class: `symbol ${kind}` }, lesson.symbols[id]));
      const parts = [
        ...tokens(example.input, 'given'),
        element('span', { class: 'symbol equals' }, '='),
        ...tokens(example.answer, 'answers'),
      ];
      const button = element('button', { type: 'button', class: 'example' }, ...parts);
      button.addEventListener('click', () => this.onChoose(example));
      return button;
    });
    this.#byId('examples').replaceChildren(...rows);
  }
}
