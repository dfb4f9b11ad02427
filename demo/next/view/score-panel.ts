import { element, finder, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import { describePlot } from '../../view/run-view';
import { ShareChart } from '../../view/share-chart';
import type { Format } from '../../view/format';
import type { NextStrings } from '../english';
import type { NextRun, Score } from '../session/protocol';
import { SPREAD } from '../shipped';

/** What it ranks as well as, while it learns. */
export interface JudgedScore extends Score {
  readonly step: number;
}

/** How well next items are ranked, beside what has to be beaten. */
export class ScorePanel {
  readonly #byId = finder();
  readonly #chart = new ShareChart(this.#byId('chart'));

  show(strings: NextStrings, format: Format, run: NextRun | null, judged: readonly JudgedScore[]): void {
    const scores = run?.scores ?? null;
    const about = scores ? strings.scoreIntro(scores.k, format.whole(scores.cases)) : strings.scoreEmpty;
    setText(this.#byId('score-intro'), about);
    this.#byId('score-table').hidden = !scores;
    const rows = scores
      ? ([
          ['byModel', scores.model],
          ['byMarkov', scores.markov],
          ['byPopularity', scores.popularity],
        ] as const)
      : [];
    this.#byId('scores').replaceChildren(
      ...rows.map(([name, { hitRate, ndcg }]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, strings[name]),
          shareCell(hitRate, percent(hitRate)),
          shareCell(ndcg, ndcg.toFixed(3)),
        ),
      ),
    );
    const isShipped = run?.shop === true && run.settings === null;
    setText(
      this.#byId('spread'),
      isShipped ? strings.spread(percent(SPREAD[0]), percent(SPREAD.at(-1)!)) : '',
    );
    const last = judged.at(-1);
    this.#chart.draw(
      judged.map(({ step }) => step),
      [
        { color: '--second', width: 2, values: judged.map(({ hitRate }) => hitRate) },
        { color: '--soft', values: judged.map(({ ndcg }) => ndcg) },
      ],
    );
    const told = last && [strings.hits(percent(last.hitRate)), strings.gains(last.ndcg.toFixed(3))];
    this.#byId('chart-legend').replaceChildren(
      ...(told
        ? told.map((text, i) => element('span', { class: i === 0 ? 'hits-line' : 'gains-line' }, text))
        : []),
    );
    const summary = last
      ? strings.chartSummary(last.step, percent(last.hitRate), last.ndcg.toFixed(3))
      : strings.chartEmpty;
    describePlot(this.#byId('chart'), !last, summary);
  }

  repaint(): void {
    this.#chart.repaint();
  }
}

function shareCell(share: number, text: string): HTMLElement {
  const cell = element('td', { class: 'share-cell' }, text);
  cell.style.setProperty('--share', share.toFixed(4));
  return cell;
}
