import type { Language } from '../../site/language';
import { WRITER } from '../../models/shipped';
import type { TrainedModel } from '../../session/trained';
import { choice, element, finder, sayChoice, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { titleOf } from '../../view/text-titles';
import type { WriteStrings } from '../english';
import type { Readings } from '../readings';
import type { WriterName } from '../session/protocol';

const NAMES: readonly WriterName[] = ['shipped', 'own'];

/** Which model writes; of the GPT of this tab, how far it is; and texts to begin with. */
export class WritersView {
  onChoose: (writer: WriterName) => unknown = () => undefined;
  onBeginning: (text: string) => unknown = () => undefined;
  /** How the text was read at another step is to be shown. */
  onHistory: (at: number) => unknown = () => undefined;
  readonly #byId = finder();
  readonly #rows: Readonly<Record<WriterName, HTMLInputElement>>;
  readonly #history = this.#byId<HTMLInputElement>('history');
  #strings: WriteStrings;
  #trained: TrainedModel | null = null;
  #beginnings = '';

  constructor(strings: WriteStrings) {
    this.#strings = strings;
    const rows = NAMES.map((value) =>
      element('input', { type: 'radio', name: 'writer', value, checked: value === 'shipped' }),
    );
    this.#rows = { shipped: rows[0], own: rows[1] };
    this.#byId('writers').append(...rows.map((input) => choice(input)));
    this.#byId('writers').addEventListener('change', () => void this.onChoose(this.chosen));
    this.#history.addEventListener('input', () => void this.onHistory(Number(this.#history.value)));
    this.#byId('beginnings').addEventListener('click', ({ target }) => {
      if (target instanceof HTMLButtonElement) void this.onBeginning(target.textContent);
    });
  }

  get chosen(): WriterName {
    return this.#rows.own.checked ? 'own' : 'shipped';
  }

  set chosen(writer: WriterName) {
    this.#rows[writer].checked = true;
  }

  /** The text is to be read again whenever the GPT has learnt. */
  get follows(): boolean {
    return this.#byId<HTMLInputElement>('follow').checked;
  }

  /** `recorded`: there is nothing to choose. */
  show(
    trained: TrainedModel | null,
    readings: Readings,
    recorded: boolean,
    { strings, format, language }: { strings: WriteStrings; format: Format; language: Language },
  ): void {
    [this.#strings, this.#trained] = [strings, trained];
    sayChoice(this.#rows.shipped.parentElement!, [WRITER.title[language], '', strings.shippedFacts]);
    const [size, learning] = trained ? this.#factsOf(trained, format) : ['', ''];
    sayChoice(this.#rows.own.parentElement!, [strings.own, size, learning]);
    this.#rows.own.disabled = !trained || recorded;
    this.#byId('own-note').hidden = trained !== null;
    this.#byId('learning').hidden = this.chosen !== 'own';
    this.#byId('history-part').hidden = readings.count < 2;
    this.#history.max = String(Math.max(1, readings.count - 1));
    this.#history.value = String(readings.at);
    const step = String(readings.shown?.step ?? '–');
    setText(this.#byId('history-value'), step);
    this.#history.setAttribute('aria-valuetext', step);
    this.#offer(recorded);
  }

  #factsOf({ run, state, loss }: TrainedModel, format: Format): [string, string] {
    const { ownShape, ownTexts, ownFacts } = this.#strings;
    const { size, step, text } = run;
    const title = titleOf(text, ownTexts);
    return [ownShape(size.layers, size.heads), ownFacts(state, step, format.loss(loss ?? undefined), title)];
  }

  #offer(recorded: boolean): void {
    const own = this.#trained?.prompt ?? '';
    const texts = this.chosen === 'shipped' ? WRITER.examples : own === '' ? [] : [own];
    const key = JSON.stringify([texts, recorded]);
    if (key === this.#beginnings) return;
    this.#beginnings = key;
    const buttons = texts.map((text) => element('button', { type: 'button', disabled: recorded }, text));
    this.#byId('beginnings').replaceChildren(...buttons);
  }
}
