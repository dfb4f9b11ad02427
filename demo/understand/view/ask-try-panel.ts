import { element, finder, setText } from '../../view/dom';
import { takeLongPaste } from '../../view/long-paste';
import { chance } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import type { UnderstandStrings } from '../english';
import { NOTE, QUESTIONS } from '../examples/sentences';
import type { Answered, Asked } from '../session/protocol';
import { Chips } from './chips';

/** Answers on view. */
const BARS = 5;

/** A text, a question, the answer marked in the text, and what else it may be. */
export class AskTryPanel {
  /** Another text, or another question. */
  onAsked: () => void = () => undefined;
  readonly #byId = finder();
  readonly #context = this.#byId<HTMLTextAreaElement>('context');
  readonly #question = this.#byId<HTMLInputElement>('query');
  readonly #impossible = this.#byId<HTMLInputElement>('impossible');
  readonly #chips = new Chips(this.#byId('try-examples'));
  readonly #bars = new ProbabilityBars(this.#byId('bars'), BARS);
  /** A text that is too long for the field. */
  #long = '';
  #asked: Asked | null = null;
  #answered: Answered | null = null;
  /** Which of the answers is marked. */
  #chosen = 0;
  #drawn = '';

  constructor() {
    [this.#context.value, this.#question.value] = [NOTE, QUESTIONS[0]];
    this.#context.addEventListener('input', () => {
      this.#long = '';
      this.onAsked();
    });
    takeLongPaste(this.#context, (text) => {
      this.#long = text;
      this.onAsked();
    });
    this.#question.addEventListener('input', () => this.onAsked());
    this.#impossible.addEventListener('change', () => this.onAsked());
    this.#chips.onChoose = (question) => this.type({ ...this.asked, question });
    this.#bars.onChoose = (_, row) => {
      this.#chosen = row;
      this.#showChosen();
    };
  }

  get asked(): Asked {
    return {
      question: this.#question.value,
      context: this.#context.value || this.#long,
      impossible: this.#impossible.checked,
    };
  }

  /** As it stands in an address: the question in the first line. */
  get text(): string {
    const { question, context } = this.asked;
    return `${question}\n${context}`;
  }

  /** Without telling anybody. */
  put(text: string): void {
    const [question, ...context] = text.split('\n');
    [this.#question.value, this.#context.value, this.#long] = [question, context.join('\n'), ''];
  }

  /** As if somebody typed it. */
  type({ question, context }: Omit<Asked, 'impossible'>): void {
    if (context !== (this.#context.value || this.#long)) [this.#context.value, this.#long] = [context, ''];
    this.#question.value = question;
    this.onAsked();
  }

  /** Whether there may be no answer, as examples have it. */
  allow(impossible: boolean): void {
    this.#impossible.checked = impossible;
  }

  focus(): void {
    this.#question.focus();
  }

  lock(): void {
    for (const field of [this.#context, this.#question, this.#impossible]) field.disabled = true;
  }

  clear(): void {
    [this.#asked, this.#answered] = [null, null];
  }

  tell(asked: Asked, answered: Answered | null): void {
    [this.#asked, this.#answered, this.#chosen] = [asked, answered, 0];
  }

  show(strings: UnderstandStrings, there: boolean, busy: boolean): void {
    this.#byId('try-part').hidden = !there;
    const empty = this.#byId('try-empty');
    empty.hidden = there;
    setText(empty, busy ? strings.busyHere : strings.askEmpty);
    this.#chips.offer(this.#context.value === NOTE ? QUESTIONS : []);
    this.#bars.describe = (text) => strings.showAnswer(text);
    const key = JSON.stringify([this.asked, this.#asked, this.#answered, strings.askNone]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#draw(strings);
  }

  #draw(strings: UnderstandStrings): void {
    const answered = this.#answered;
    const answers = answered?.answers ?? [];
    const same = JSON.stringify(this.asked) === JSON.stringify(this.#asked);
    this.#byId('in-text')
      .closest('.answered')!
      .classList.toggle('waiting', answered !== null && !same);
    const shown = answers.map(({ text, score }) => ({ text: text || strings.askNone, share: score }));
    this.#bars.show(shown);
    const rows = this.#byId('bars').querySelectorAll('li');
    rows.forEach((row, i) => (row.hidden = answers.length > 0 && i >= answers.length));
    const { windows = 1, length = 0 } = answered ?? {};
    setText(this.#byId('windows'), windows > 1 ? strings.askWindows(windows, length) : '');
    const [best] = answers;
    const said = best ? strings.askBest(best.text || strings.askNone, chance(best.score)) : '';
    setText(this.#byId('answer'), said);
    this.#showChosen();
  }

  /** The text with all answers in it, the chosen one plainly. */
  #showChosen(): void {
    const host = this.#byId('in-text');
    const { context } = this.#asked ?? this.asked;
    const all = (this.#answered?.answers ?? []).map((answer, i) => ({ ...answer, i }));
    const parts: (Node | string)[] = [];
    let at = 0;
    let chosen: HTMLElement | null = null;
    for (const { start, end, i } of all.filter(({ text }) => text !== '').sort((a, b) => a.start - b.start)) {
      const mark = element(
        'mark',
        { class: i === this.#chosen ? 'best' : 'other' },
        context.slice(start, end),
      );
      if (i === this.#chosen) chosen = mark;
      parts.push(context.slice(at, start), mark);
      at = end;
    }
    host.replaceChildren(...parts, context.slice(at));
    if (chosen) host.scrollTop = chosen.offsetTop - host.offsetTop - host.clientHeight / 3;
    this.#byId('bars')
      .querySelectorAll('button')
      .forEach((bar, i) => {
        if (i === this.#chosen && all.length > 0) bar.setAttribute('aria-current', 'true');
        else bar.removeAttribute('aria-current');
      });
  }
}
