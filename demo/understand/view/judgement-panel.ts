import { element, finder, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import type { UnderstandStrings } from '../english';
import type { Judged, Mistakes, TaskName } from '../session/protocol';

/** A figure of how well it does. */
export interface Figure {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}

/** How well a model does on what was held out, by parts, and what it got wrong. */
export abstract class JudgementPanel<T extends TaskName> {
  /** One of the mistakes was pressed. */
  onTry: (mistake: Mistakes[T]) => void = () => undefined;
  readonly #byId = finder();
  #drawn = '';

  protected abstract figures(judged: Judged<T>, strings: UnderstandStrings): readonly Figure[];
  /** Null: nothing is told apart. */
  protected abstract table(judged: Judged<T>, strings: UnderstandStrings): HTMLElement | null;
  /** What was read, and what it was taken for. */
  protected abstract mistake(
    mistake: Mistakes[T],
    strings: UnderstandStrings,
  ): { readonly read: string; readonly told: string };

  show(strings: UnderstandStrings, judged: Judged<T> | null): void {
    this.#byId('judged-empty').hidden = judged !== null;
    this.#byId('judged').hidden = judged === null;
    if (!judged) return;
    const { step, mistakes } = judged;
    setText(this.#byId('judged-at'), mistakes ? strings.judgedBest(step) : strings.judgedAt(step));
    const key = JSON.stringify([judged, strings.accuracy]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const figures = this.figures(judged, strings).map(({ name, label, value }) =>
      element('div', { class: name }, element('dt', {}, label), element('dd', {}, value)),
    );
    this.#byId('marks').replaceChildren(...figures);
    const table = this.table(judged, strings);
    this.#byId('judged-table').replaceChildren(...(table ? [table] : []));
    this.#drawMistakes(strings, mistakes);
  }

  #drawMistakes(strings: UnderstandStrings, mistakes: Judged<T>['mistakes']): void {
    this.#byId('mistakes-part').hidden = mistakes === null;
    if (!mistakes) return;
    const rows = mistakes.map((one) => {
      const { read, told } = this.mistake(one, strings);
      const button = element('button', { type: 'button', class: 'link', dir: 'auto' }, read);
      button.addEventListener('click', () => this.onTry(one));
      return element('li', {}, button, element('small', {}, told));
    });
    const none = element('li', {}, strings.noMistakes);
    this.#byId('mistakes').replaceChildren(...(rows.length > 0 ? rows : [none]));
  }
}

/** Rows of names with figures; `head`: of all columns. */
function tableOf(
  name: string,
  caption: string,
  head: readonly (Node | string)[],
  rows: readonly HTMLElement[],
): HTMLElement {
  const columns = head.map((one) => element('th', { scope: 'col' }, one));
  return element(
    'table',
    { class: name },
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...columns)),
    element('tbody', {}, ...rows),
  );
}

const cell = (value: number): HTMLElement => element('td', {}, value.toFixed(2));

/** What of classes was taken for what. */
export class ClassJudgement extends JudgementPanel<'classify'> {
  protected figures({ metrics }: Judged, strings: UnderstandStrings): Figure[] {
    return [
      { name: 'accuracy', label: strings.accuracy, value: percent(metrics.accuracy) },
      { name: 'macro-f1', label: strings.macroF1, value: metrics.macroF1.toFixed(3) },
    ];
  }

  protected table({ labels, confusion, classes }: Judged, strings: UnderstandStrings): HTMLElement {
    const taken = labels.map((label) => {
      const whole = document.createDocumentFragment();
      whole.append(element('span', { class: 'away' }, `${strings.takenFor} `), label);
      return whole;
    });
    const rows = (confusion ?? []).map((row, i) => {
      const sum = row.reduce((a, b) => a + b, 0) || 1;
      const cells = row.map((count, k) => {
        const made = element('td', { class: i === k ? 'right' : 'wrong' }, String(count));
        made.style.setProperty('--share', (count / sum).toFixed(3));
        return made;
      });
      const { precision, recall, f1 } = classes![labels[i]];
      const marks = [precision, recall, f1].map(cell);
      return element('tr', {}, element('th', { scope: 'row' }, labels[i]), ...cells, ...marks);
    });
    const head = [strings.isA, ...taken, strings.precision, strings.recall, strings.f1];
    return tableOf('confusion', strings.confusionCaption, head, rows);
  }

  protected mistake({ text, label, told, share }: Mistakes['classify'], strings: UnderstandStrings) {
    return { read: text, told: strings.mistake(label, told, percent(share)) };
  }
}

/** How well each kind of name is found, or each tag of words. */
export class TagJudgement extends JudgementPanel<'tag'> {
  protected figures({ metrics }: Judged, strings: UnderstandStrings): Figure[] {
    const { accuracy, macroF1, spanF1 } = metrics;
    return [
      spanF1 === undefined
        ? { name: 'macro-f1', label: strings.macroF1, value: macroF1.toFixed(3) }
        : { name: 'span-f1', label: strings.spanF1, value: spanF1.toFixed(3) },
      { name: 'accuracy', label: strings.wordAccuracy, value: percent(accuracy) },
    ];
  }

  protected table({ classes }: Judged, strings: UnderstandStrings): HTMLElement {
    const rows = Object.entries(classes ?? {}).map(([label, { precision, recall, f1, support }]) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, label),
        ...[precision, recall, f1].map(cell),
        element('td', {}, String(support)),
      ),
    );
    const head = [strings.kind, strings.precision, strings.recall, strings.f1, strings.support];
    return tableOf('by-kind', strings.kindCaption, head, rows);
  }

  protected mistake({ text, words }: Mistakes['tag'], strings: UnderstandStrings) {
    const told = words.map(({ start, end, label, told: other }) =>
      strings.wordMistake(text.slice(start, end), label, other),
    );
    return { read: text, told: told.join(strings.listed) };
  }
}

/** Which answers were other ones. */
export class AskJudgement extends JudgementPanel<'ask'> {
  protected figures({ metrics }: Judged, strings: UnderstandStrings): Figure[] {
    return [
      { name: 'exact', label: strings.exactMatch, value: percent(metrics.exactMatch) },
      { name: 'f1', label: strings.answerF1, value: metrics.f1.toFixed(3) },
    ];
  }

  protected table(): null {
    return null;
  }

  protected mistake({ question, answer, told, share }: Mistakes['ask'], strings: UnderstandStrings) {
    const [right, other] = [answer, told].map((one) => (one === '' ? strings.askNone : `“${one}”`));
    return { read: question, told: strings.answerMistake(right, other, percent(share)) };
  }
}
