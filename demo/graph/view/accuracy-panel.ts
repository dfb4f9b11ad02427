import { element, finder } from '../../view/dom';
import { describePlot } from '../../view/run-view';
import { ShareChart } from '../../view/share-chart';
import type { GraphStrings } from '../english';
import type { Judged } from '../session/protocol';

/** How many of the rest are right, by step. */
export class AccuracyPanel {
  readonly #byId = finder();
  readonly #chart = new ShareChart(this.#byId('accuracy'));

  show(judged: readonly Judged[], strings: GraphStrings): void {
    const last = judged.at(-1);
    const none = last?.rest === 0;
    const shown = none ? [] : judged;
    this.#chart.draw(
      shown.map(({ step }) => step),
      [{ color: '--second', width: 2, values: shown.map(({ right, rest }) => right / rest) }],
    );
    const told = last && !none;
    this.#byId('accuracy-legend').replaceChildren(
      ...(told ? [element('span', { class: 'right-line' }, strings.rightLine(last.right, last.rest))] : []),
    );
    const summary = told ? strings.accuracySummary(last.step, last.right, last.rest) : strings.accuracyEmpty;
    describePlot(this.#byId('accuracy'), !told, summary);
    this.#byId('no-rest').hidden = !none;
  }

  repaint(): void {
    this.#chart.repaint();
  }
}
