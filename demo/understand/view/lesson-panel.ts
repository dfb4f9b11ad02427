import type { Language } from '../../site/language';
import { told } from '../../site/notices';
import { element, finder, onClick, onFile, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { takeLongPaste } from '../../view/long-paste';
import { RateAndSteps } from '../../view/rate-and-steps';
import type { UnderstandStrings } from '../english';
import type { Choices, ExampleSource, Lessons, TaskName } from '../session/protocol';

/** Which examples are chosen: the page's, a visitor's file or rows, or what was marked on the page. */
export type SourceName = 'page' | 'own' | 'marked';

/** A line of the list of what is taught: a name, how many there are of it, and what it looks like. */
export interface Listed {
  readonly name: string;
  readonly count: string;
  readonly sample: string;
}

/** What a model is taught: where the examples are, how they are read, and what was found in them. */
export abstract class LessonPanel<T extends TaskName> {
  /** Examples are to be read; choice: null to be guessed. The source null: there are none. */
  onExamples: (source: ExampleSource | null, choice: Choices[T] | null) => void = () => undefined;
  onChange: () => void = () => undefined;
  readonly numbers = new RateAndSteps();
  protected readonly byId = finder();
  readonly #pasted = this.byId<HTMLTextAreaElement>('pasted');
  readonly #form = this.byId('examples-form');
  /** Pasted rows that are too many for the field. */
  #long = '';
  #file: File | null = null;
  #lesson: Lessons[T] | null = null;
  #reading = false;
  #problem: Error | null = null;
  /** What the lists of columns offer. */
  readonly #offered = new Map<string, string>();

  constructor() {
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', ({ target }) => {
      if ((target as HTMLInputElement).name === 'source') this.take();
    });
    this.#pasted.addEventListener('change', () => this.#usePasted());
    onClick('use-pasted', () => this.#usePasted());
    takeLongPaste(this.#pasted, (text) => {
      this.#long = text;
      this.#usePasted();
    });
    onFile('choose-file', 'text-file', (file) => this.takeFile(file));
    this.numbers.onChange = () => this.onChange();
  }

  /** What the examples are, beside where they come from. */
  protected abstract story(strings: UnderstandStrings, choice: SourceName): string;
  /** What was found, line by line. */
  protected abstract listed(
    lesson: Lessons[T],
    strings: UnderstandStrings,
    format: Format,
  ): readonly Listed[];
  /** What else is to be told of it. */
  protected abstract facts(lesson: Lessons[T], strings: UnderstandStrings, format: Format): readonly string[];
  /** Draws what only this task has. */
  protected abstract draw(lesson: Lessons[T] | null, strings: UnderstandStrings): void;

  get lesson(): Lessons[T] | null {
    return this.#lesson;
  }

  /** Something was chosen that has not been read. */
  get reading(): boolean {
    return this.#reading;
  }

  get choice(): SourceName {
    return this.#form.querySelector<HTMLInputElement>('[name=source]:checked')!.value as SourceName;
  }

  check(source: SourceName): void {
    this.#form.querySelector<HTMLInputElement>(`[value=${source}]`)!.checked = true;
  }

  takeFile(file: File): void {
    this.check('own');
    this.#file = file;
    this.ask(null);
  }

  /** Takes what is checked. */
  take(): void {
    this.ask(null);
  }

  /** What the worker found. */
  found(lesson: Lessons[T]): void {
    [this.#lesson, this.#problem, this.#reading] = [lesson, null, false];
    this.onChange();
  }

  failed(problem: Error): void {
    [this.#lesson, this.#problem, this.#reading] = [null, problem, false];
    this.onChange();
  }

  setDisabled(disabled: boolean): void {
    for (const id of ['examples-fields', 'numbers-fields'])
      this.byId<HTMLFieldSetElement>(id).disabled = disabled;
    this.byId('lesson').classList.toggle('locked', disabled);
  }

  render(strings: UnderstandStrings, format: Format, language: Language): void {
    const { choice } = this;
    const lesson = this.#lesson;
    this.byId('own').hidden = choice !== 'own';
    setText(this.byId('lesson-story'), this.story(strings, choice));
    this.draw(lesson, strings);
    const problem = this.byId('lesson-problem');
    const says = element('span', {}, ...(this.#problem ? told(this.#problem, language) : []));
    if (problem.textContent !== says.textContent) problem.replaceChildren(...says.childNodes); // it is announced
    const rows = (lesson ? this.listed(lesson, strings, format) : []).map(({ name, count, sample }) =>
      element(
        'li',
        {},
        element('b', { dir: 'auto' }, name),
        element('span', { class: 'count' }, count),
        element('span', { class: 'sample', dir: 'auto' }, sample),
      ),
    );
    this.byId('labels').replaceChildren(...rows);
    setText(this.byId('lesson-facts'), this.#state(strings, format));
    this.byId('skipped-part').hidden = !lesson?.skipped;
    setText(this.byId('skipped'), lesson?.skipped ?? '');
  }

  #state(strings: UnderstandStrings, format: Format): string {
    const lesson = this.#lesson;
    if (this.#reading) return strings.reading;
    if (!lesson) return this.#problem ? '' : this.nothing(strings);
    return this.facts(lesson, strings, format).join(strings.space);
  }

  /** What to do where there are no examples. */
  protected nothing(strings: UnderstandStrings): string {
    return strings.noExamples;
  }

  /** Columns to choose from, of which one is chosen. */
  protected offer(id: string, columns: readonly string[], chosen: string, strings: UnderstandStrings): void {
    const key = JSON.stringify([columns, chosen, strings.column('1')]);
    if (this.#offered.get(id) === key) return; // one that is open stays open
    this.#offered.set(id, key);
    const options = columns.map((name) =>
      element('option', { value: name, selected: name === chosen }, strings.column(name)),
    );
    this.byId(id).replaceChildren(...options);
  }

  protected chosenColumn(id: string): string {
    return this.byId<HTMLSelectElement>(id).value;
  }

  /** Where examples come from that were marked on the page; null: nothing is. */
  protected get marked(): ExampleSource | null {
    return null;
  }

  protected ask(choice: Choices[T] | null): void {
    const source = this.#source;
    [this.#reading, this.#problem] = [source !== null, null];
    if (!source) this.#lesson = null;
    this.onExamples(source, choice);
    this.onChange();
  }

  get #source(): ExampleSource | null {
    if (this.choice === 'page') return { kind: 'page' };
    if (this.choice === 'marked') return this.marked;
    if (this.#file) return { kind: 'file', file: this.#file };
    const text = this.#pasted.value || this.#long;
    return text ? { kind: 'pasted', text } : null;
  }

  #usePasted(): void {
    if (this.#pasted.value !== '') this.#long = '';
    if (this.#pasted.value !== '' || this.#long !== '') this.#file = null;
    this.ask(null);
  }
}
