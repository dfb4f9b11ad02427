import { element, finder, setText } from '../../view/dom';
import { HeadsView, type HeadsLayer } from '../../view/heads-view';
import { percent } from '../../view/numbers';
import { describePlot } from '../../view/run-view';
import type { TaskStrings } from '../english';
import type { Answered, ByHead, Judged } from '../session/protocol';
import type { Lesson } from '../tasks/lesson';
import type { TaskName } from '../tasks/tasks';
import { ShareChart } from '../../view/share-chart';

/** A head that does the task has so many times the score of one that attends to all alike, and at least this share. */
const STANDS_OUT = { times: 2, share: 0.4 };

/** Share of right answers that stay right without a head which others make up for. */
const SPARED = 0.8;

interface Head {
  readonly layer: number;
  readonly head: number;
}

/** What the panel shows of a run. */
export interface Shown {
  readonly task: TaskName;
  readonly judged: readonly Judged[];
  /** Whole answers that are right without each head; null while it learns. */
  readonly without: ByHead | null;
}

/** Which head does the task: scores of all, by step, and what each attends to in the input that was asked last. */
export class HeadsPanel {
  readonly #byId = finder();
  readonly #chart = new ShareChart(this.#byId('scores'));
  readonly #view: HeadsView;
  #strings: TaskStrings;
  #layers: readonly HeadsLayer[] = [];
  /** The visitor chose which head is large. */
  #touched = false;

  constructor(strings: TaskStrings) {
    this.#strings = strings;
    this.#view = new HeadsView(strings);
    this.#view.onChoose = () => (this.#touched = true);
    this.#byId('head-rows').addEventListener('click', ({ target }) => {
      const { head } = (target as HTMLElement).dataset;
      if (head === undefined) return;
      this.#touched = true;
      const [layer, number] = head.split(' ').map(Number);
      this.#view.choose(layer, number);
    });
  }

  /** Another run begins. */
  clear(): void {
    this.#touched = false;
    this.#layers = [];
    this.#byId('looking-part').hidden = true;
  }

  show({ task, judged, without }: Shown): void {
    const last = judged.at(-1);
    this.#byId('heads-part').hidden = !last;
    this.#byId('attention-empty').hidden = last !== undefined;
    if (!last || last.scores.length === 0) return;
    const best = bestOf(last.scores);
    if (!this.#touched) this.#view.choose(best.layer, best.head);
    setText(this.#byId('best'), this.#sentence(last, best, without));
    setText(this.#byId('looks-for'), this.#strings.looksFor[task]);
    this.#drawRows(last, best, without);
    this.#drawChart(judged, best);
  }

  /** What the heads attended to in an input and the model's answer to it. */
  look(lesson: Lesson, { input, answer, read, maps }: Answered): void {
    this.#byId('looking-part').hidden = false;
    const texts = read.map((id) => lesson.symbols[id]);
    const sources = new Map(lesson.looks({ input, answer }).map(({ row, places }) => [row, places]));
    this.#view.framed = (row, column) => sources.get(row)?.includes(column) ?? false;
    this.#layers = maps.map(({ heads }, layer) => ({
      name: this.#strings.layerOf(layer + 1),
      ...{ heads, rows: texts, columns: texts },
    }));
    this.#view.lay(this.#layers);
    maps.forEach((map, layer) => this.#view.show(layer, map));
  }

  say(strings: TaskStrings): void {
    this.#strings = strings;
    this.#layers = this.#layers.map((layer, i) => ({ ...layer, name: strings.layerOf(i + 1) }));
    this.#view.say(strings, this.#layers);
    this.#chart.repaint();
  }

  #name({ layer, head }: Head): string {
    return this.#strings.headOf(this.#strings.layerOf(layer + 1), head + 1);
  }

  #sentence({ scores, uniform, answers }: Judged, best: Head, without: ByHead | null): string {
    const score = scores[best.layer][best.head];
    const strings = this.#strings;
    const stands = score >= STANDS_OUT.share && score >= STANDS_OUT.times * uniform;
    const says = stands
      ? strings.best(this.#name(best), percent(score), percent(uniform))
      : strings.noHead(percent(score), percent(uniform));
    if (!without || !stands) return says;
    const left = without[best.layer][best.head];
    const whole = percent(answers);
    const told =
      left > SPARED * answers ? strings.spared(percent(left)) : strings.without(percent(left), whole);
    return `${says}${strings.space}${told}`;
  }

  #drawRows({ scores, answers }: Judged, best: Head, without: ByHead | null): void {
    const focused = (document.activeElement as HTMLElement | null)?.dataset.head;
    const rows = scores.flatMap((heads, layer) =>
      heads.map((score, head) => {
        const isBest = layer === best.layer && head === best.head;
        const button = element(
          'button',
          { type: 'button', class: 'link', 'data-head': `${layer} ${head}` },
          this.#name({ layer, head }),
        );
        const right = without?.[layer][head];
        const row = element(
          'tr',
          { class: isBest ? 'best' : 'other' },
          element('th', { scope: 'row' }, button),
          element('td', { class: 'share-cell' }, percent(score)),
          element('td', {}, right === undefined ? '–' : percent(right)),
        );
        row.style.setProperty('--share', score.toFixed(4)); // an attribute would break the page's policy
        row.classList.toggle('needed', right !== undefined && right < answers / 2);
        return row;
      }),
    );
    this.#byId('head-rows').replaceChildren(...rows);
    if (focused !== undefined) {
      this.#byId('head-rows').querySelector<HTMLElement>(`[data-head="${focused}"]`)?.focus();
    }
  }

  #drawChart(judged: readonly Judged[], best: Head): void {
    const strings = this.#strings;
    const all = judged[0].scores.flatMap((heads, layer) => heads.map((_, head) => ({ layer, head })));
    const of = ({ layer, head }: Head): number[] => judged.map(({ scores }) => scores[layer][head]);
    const others = all.filter(({ layer, head }) => layer !== best.layer || head !== best.head);
    this.#chart.draw(
      judged.map(({ step }) => step),
      [
        { color: '--soft', dash: true, values: judged.map(({ uniform }) => uniform) },
        ...others.map((head) => ({ color: '--edge', width: 1, values: of(head) })),
        { color: '--accent', width: 2.5, values: of(best) },
      ],
    );
    this.#byId('scores-legend').replaceChildren(
      element('span', { class: 'training' }, this.#name(best)),
      ...(others.length > 0 ? [element('span', { class: 'others-line' }, strings.otherLines)] : []),
      element('span', { class: 'guess' }, strings.uniformLine),
    );
    const scores = of(best);
    const summary = strings.scoresSummary(this.#name(best), percent(scores[0]), percent(scores.at(-1)!));
    describePlot(this.#byId('scores'), false, summary);
  }
}

function bestOf(scores: ByHead): Head {
  const all = scores.flatMap((heads, layer) => heads.map((score, head) => ({ layer, head, score })));
  return all.reduce((best, one) => (one.score > best.score ? one : best));
}
