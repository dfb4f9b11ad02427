import { element, finder, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import type { UnderstandStrings } from '../english';
import type { Judged } from '../session/protocol';

/** How well a classifier does on what was held out: what was mistaken for what, and which texts. */
export class JudgementPanel {
  /** One of the mistakes was pressed. */
  onTry: (text: string) => void = () => undefined;
  readonly #byId = finder();
  #drawn = '';

  show(strings: UnderstandStrings, judged: Judged | null): void {
    this.#byId('judged-empty').hidden = judged !== null;
    this.#byId('judged').hidden = judged === null;
    if (!judged) return;
    const { metrics, step, mistakes } = judged;
    setText(this.#byId('accuracy'), percent(metrics.accuracy));
    setText(this.#byId('macro-f1'), metrics.macroF1.toFixed(3));
    setText(this.#byId('judged-at'), mistakes ? strings.judgedBest(step) : strings.judgedAt(step));
    const key = JSON.stringify([judged, strings.accuracy]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#byId('confusion').replaceChildren(this.#table(strings, judged));
    this.#drawMistakes(strings, mistakes);
  }

  #table(strings: UnderstandStrings, { labels, confusion, classes }: Judged): HTMLElement {
    const rows = confusion ?? [];
    const head = [
      element('th', { scope: 'col' }, strings.isA),
      ...labels.map((label) =>
        element('th', { scope: 'col' }, element('span', { class: 'away' }, `${strings.takenFor} `), label),
      ),
      element('th', { scope: 'col' }, strings.precision),
      element('th', { scope: 'col' }, strings.recall),
      element('th', { scope: 'col' }, strings.f1),
    ];
    const body = rows.map((row, i) => {
      const sum = row.reduce((a, b) => a + b, 0) || 1;
      const cells = row.map((count, k) => {
        const cell = element('td', { class: i === k ? 'right' : 'wrong' }, String(count));
        cell.style.setProperty('--share', (count / sum).toFixed(3));
        return cell;
      });
      const { precision, recall, f1 } = classes![labels[i]];
      const marks = [precision, recall, f1].map((mark) => element('td', {}, mark.toFixed(2)));
      return element('tr', {}, element('th', { scope: 'row' }, labels[i]), ...cells, ...marks);
    });
    return element(
      'table',
      { class: 'confusion' },
      element('caption', {}, strings.confusionCaption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    );
  }

  #drawMistakes(strings: UnderstandStrings, mistakes: Judged['mistakes']): void {
    this.#byId('mistakes-part').hidden = mistakes === null;
    if (!mistakes) return;
    const rows = mistakes.map(({ text, label, told, share }) => {
      const button = element('button', { type: 'button', class: 'link', dir: 'auto' }, text);
      button.addEventListener('click', () => this.onTry(text));
      return element('li', {}, button, element('small', {}, strings.mistake(label, told, percent(share))));
    });
    const none = element('li', {}, strings.noMistakes);
    this.#byId('mistakes').replaceChildren(...(rows.length > 0 ? rows : [none]));
  }
}
