import { finder, setText } from '../../view/dom';
import { chance, percent } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import type { NextStrings } from '../english';
import type { Answer, ItemShare } from '../session/protocol';
import { K } from '../settings';

const RANKERS = ['model', 'markov', 'popularity'] as const;

/** Reasons that are told of a suggestion. */
const TOLD = 2;
/** Of a suggestion's share: what an item has to make up to be a reason. */
const LEAST = 0.15;

/** What may follow, by the model and by what it has to beat, side by side; and why. */
export class NextPanel {
  onTake: (item: number) => void = () => undefined;
  /** A suggestion of the model is pointed at; null: none is any more. */
  onPoint: (row: number | null) => void = () => undefined;
  readonly #byId = finder();
  readonly #bars = {
    model: new ProbabilityBars(this.#byId('by-model'), K),
    markov: new ProbabilityBars(this.#byId('by-markov'), K),
    popularity: new ProbabilityBars(this.#byId('by-popularity'), K),
  };
  #answer: Answer | null = null;

  constructor() {
    for (const name of RANKERS) {
      const bars = this.#bars[name];
      bars.amount = chance;
      bars.onChoose = (_, row) => this.onTake(this.#answer![name]![row].item);
    }
    const host = this.#byId('by-model');
    const rowOf = (target: EventTarget | null): number | null => {
      const item = (target as Element | null)?.closest('li');
      return item ? [...item.parentElement!.children].indexOf(item) : null;
    };
    for (const kind of ['pointerover', 'focusin'])
      host.addEventListener(kind, ({ target }) => this.onPoint(rowOf(target)));
    for (const kind of ['pointerleave', 'focusout']) host.addEventListener(kind, () => this.onPoint(null));
  }

  show(
    strings: NextStrings,
    answer: Answer | null,
    { nameOf, lang, pointed }: { nameOf: (item: number) => string; lang: string; pointed: number | null },
  ): void {
    this.#answer = answer;
    for (const name of RANKERS) {
      const bars = this.#bars[name];
      const list: readonly ItemShare[] = answer?.[name] ?? [];
      bars.language = lang;
      bars.describe = (text) => strings.takes(text);
      bars.show(list.map(({ item, share }) => ({ text: nameOf(item), share })));
    }
    const compared = answer === null || answer.popularity !== null;
    this.#byId('compared').classList.toggle('alone', !compared);
    this.#byId('no-baselines').hidden = compared;
    setText(this.#byId('because'), answer ? becauseOf(strings, answer, pointed, nameOf) : '');
  }
}

/** How much of its share each item of the history makes up, of a suggestion: 0 … 1. */
export function worthOf(answer: Answer, row: number): number[] {
  const { share } = answer.model[row];
  return answer.without[row].map((without) => (share > 0 ? Math.max(0, 1 - (without || 0) / share) : 0));
}

function becauseOf(
  strings: NextStrings,
  answer: Answer,
  pointed: number | null,
  nameOf: (item: number) => string,
): string {
  const { history, attention, model } = answer;
  const mostOf = (list: readonly number[], least: number): number[] =>
    [...list.keys()]
      .filter((i) => list[i] >= least)
      .sort((a, b) => list[b] - list[a])
      .slice(0, TOLD);
  if (pointed === null || pointed >= model.length) {
    const most = mostOf(attention, 0).map((i) =>
      strings.lookedItem(nameOf(history[i]), percent(attention[i])),
    );
    return most.length > 0 ? strings.looked(most.join(strings.and)) : '';
  }
  const { item, share } = model[pointed];
  const reasons = mostOf(worthOf(answer, pointed), LEAST).flatMap((i) => {
    const without = answer.without[pointed][i];
    return Number.isNaN(without) ? [] : [strings.reason(nameOf(history[i]), chance(share), chance(without))];
  });
  return reasons.length > 0
    ? strings.because(nameOf(item), reasons.join(strings.and))
    : strings.becauseNone(nameOf(item));
}
