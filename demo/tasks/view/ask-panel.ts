import { element, finder, setText } from '../../view/dom';
import { chance } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import { Roving } from '../../view/roving';
import type { TaskStrings } from '../english';
import type { Answered, Given } from '../session/protocol';
import type { Lesson } from '../tasks/lesson';
import type { Typed } from '../tasks/task';

/** Tokens come one by one, so that one can follow. */
const EVERY_MS = 350;
const BARS = 5;

/** An input of the visitor's, and the model's answer to it, token by token. */
export class AskPanel {
  onAsk: (text: string) => unknown = () => undefined;
  readonly #byId = finder();
  readonly #field = this.#byId<HTMLInputElement>('input');
  readonly #host = this.#byId('answer');
  readonly #roving = new Roving(this.#host);
  readonly #bars = new ProbabilityBars(this.#byId('bars'), BARS);
  #lesson: Lesson | null = null;
  #answered: Answered | null = null;
  #strings: TaskStrings;
  /** Tokens of the answer that are on view, and the one whose alternatives are. */
  #shown = 0;
  #chosen: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(strings: TaskStrings) {
    this.#strings = strings;
    this.#bars.locked = true;
    this.#byId('ask').addEventListener('submit', (event) => {
      event.preventDefault();
      this.onAsk(this.#field.value);
    });
    this.#host.addEventListener('click', ({ target }) => {
      const button = (target as Element).closest('button');
      if (button) this.#choose([...this.#host.querySelectorAll('button')].indexOf(button));
    });
  }

  set text(text: string) {
    this.#field.value = text;
  }

  /** `ready`: there is a model that can answer. `recorded`: it answers only what was recorded. */
  setReady(ready: boolean, recorded: boolean): void {
    this.#byId('ask').hidden = recorded;
    this.#byId<HTMLButtonElement>('answer-button').disabled = !ready;
    this.#byId('answer-empty').hidden = ready || this.#answered !== null;
  }

  problem(typed: Typed | null, lesson: Lesson): void {
    setText(
      this.#byId('problem'),
      typed && 'problem' in typed ? problemOf(typed, lesson, this.#strings) : '',
    );
    if (typed && 'problem' in typed) this.#field.setAttribute('aria-invalid', 'true');
    else this.#field.removeAttribute('aria-invalid');
  }

  clear(): void {
    clearTimeout(this.#timer);
    [this.#answered, this.#shown, this.#chosen] = [null, 0, null];
    this.#draw();
  }

  /** `anew`: it was asked for just now, and comes token by token. */
  show(lesson: Lesson, answered: Answered, anew: boolean): void {
    clearTimeout(this.#timer);
    const slowly = anew && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    [this.#lesson, this.#answered] = [lesson, answered];
    this.#shown = slowly ? 1 : answered.given.length;
    if (anew || (this.#chosen ?? 0) >= answered.given.length) this.#chosen = null;
    this.#draw();
    this.#goOn();
  }

  say(strings: TaskStrings): void {
    this.#strings = strings;
    this.#draw();
  }

  #goOn(): void {
    if (!this.#answered || this.#shown >= this.#answered.given.length) return;
    this.#timer = setTimeout(() => {
      this.#shown++;
      this.#draw();
      this.#goOn();
    }, EVERY_MS);
  }

  #choose(at: number): void {
    this.#chosen = at;
    this.#draw();
  }

  #draw(): void {
    const answered = this.#answered;
    this.#host.hidden = this.#byId('weighed').hidden = answered === null;
    if (!answered || !this.#lesson) return setText(this.#byId('answer-note'), '');
    const { symbols } = this.#lesson;
    const given = answered.given.slice(0, this.#shown);
    const before = [...answered.input.map((id) => symbols[id]), '='];
    this.#drawTokens(before, given, answered, symbols);
    const right = answered.given.filter(({ id }, i) => id === answered.answer[i]).length;
    const { length } = answered.answer;
    const strings = this.#strings;
    const truth = answered.answer.map((id) => symbols[id]).join('');
    const says = right === length ? strings.right(length) : strings.wrong(right, length, truth);
    const ended = this.#shown >= answered.given.length;
    setText(this.#byId('answer-note'), ended ? `${says}${strings.space}${strings.asOf(answered.step)}` : '');
    const at = Math.min(this.#chosen ?? this.#shown - 1, this.#shown - 1);
    setText(this.#byId('weighed-title'), strings.weighed(symbols[given[at].id]));
    this.#bars.show(
      given[at].likeliest.map(({ id, share }) => ({
        text: symbols[id],
        share,
        current: id === given[at].id,
      })),
    );
  }

  /** Elements that can stay do, and their focus. */
  #drawTokens(
    before: readonly string[],
    given: readonly Given[],
    { answer }: Answered,
    symbols: readonly string[],
  ): void {
    const [host, strings] = [this.#host, this.#strings];
    const read = element(
      'span',
      { class: 'read' },
      ...before.map((text) => element('span', { class: 'symbol' }, text)),
    );
    if (host.firstElementChild?.textContent !== read.textContent) host.replaceChildren(read);
    while (host.childElementCount > given.length + 1) host.lastElementChild!.remove();
    const at = Math.min(this.#chosen ?? given.length - 1, given.length - 1);
    for (const [i, { id, share }] of given.entries()) {
      const isRight = id === answer[i];
      const button = host.children[i + 1] ?? host.appendChild(givenButton());
      const [symbol, truth, portion, told] = button.children;
      setText(symbol, symbols[id]);
      setText(truth, isRight ? '' : symbols[answer[i]]);
      setText(portion, chance(share));
      button.classList.toggle('wrong', !isRight);
      setText(told, isRight ? strings.givenRight : strings.givenWrong(symbols[answer[i]]));
      button.setAttribute('aria-pressed', String(i === at));
    }
    this.#roving.refresh();
  }
}

const givenButton = (): HTMLElement =>
  element(
    'button',
    { type: 'button', class: 'given-token' },
    element('span', { class: 'symbol' }),
    element('span', { class: 'truth', 'aria-hidden': 'true' }),
    element('span', { class: 'portion' }),
    element('span', { class: 'away' }), // for those who do not see the colours
  );

function problemOf(
  typed: Extract<Typed, { readonly problem: unknown }>,
  { task, symbols }: Lesson,
  { problems }: TaskStrings,
): string {
  const isSum = symbols.includes('+');
  const { longest } = task;
  switch (typed.problem) {
    case 'empty':
      return problems.empty;
    case 'form':
      return problems.form;
    case 'symbol': {
      const known = task.symbols.filter((symbol) => !/[✓✗]/u.test(symbol)).join(' ');
      return problems.symbol(typed.symbol, known);
    }
    case 'long':
      return isSum
        ? problems.longNumber(typed.length, longest.answer - 1)
        : problems.long(typed.length, longest.input);
    case 'deep':
      return problems.deep(typed.depth, longest.answer - 1);
  }
}
