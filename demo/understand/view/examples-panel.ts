import type { Language } from '../../site/language';
import { told } from '../../site/notices';
import { element, finder, onClick, onFile, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { takeLongPaste } from '../../view/long-paste';
import { RateAndSteps } from '../../view/rate-and-steps';
import type { UnderstandStrings } from '../english';
import type { Columns, ExampleSource, Lesson } from '../session/protocol';

/** What a classifier is taught: where the examples are, which columns, and what was found in them. */
export class ExamplesPanel {
  /** Examples are to be read; columns: null to be guessed. The source null: there are none. */
  onExamples: (source: ExampleSource | null, columns: Columns | null) => void = () => undefined;
  onChange: () => void = () => undefined;
  readonly numbers = new RateAndSteps();
  readonly #byId = finder();
  readonly #pasted = this.#byId<HTMLTextAreaElement>('pasted');
  readonly #header = this.#byId<HTMLInputElement>('header');
  /** A pasted table that is too long for the field. */
  #long = '';
  #file: File | null = null;
  #lesson: Lesson | null = null;
  #reading = false;
  #problem: Error | null = null;
  /** What the lists of columns offer. */
  readonly #offered = new Map<string, string>();

  constructor() {
    const form = this.#byId('examples-form');
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('change', ({ target }) => {
      const { name, id } = target as HTMLInputElement;
      if (name === 'source') this.take();
      else if (/^(text-column|label-column|header)$/.test(id)) this.#again(id === 'header');
    });
    this.#pasted.addEventListener('change', () => this.#usePasted());
    onClick('use-pasted', () => this.#usePasted());
    takeLongPaste(this.#pasted, (text) => {
      this.#long = text;
      this.#usePasted();
    });
    onFile('choose-file', 'text-file', (file) => this.takeFile(file));
    for (const alike of ['same', 'apart'] as const)
      onClick(`alike-${alike}`, () => this.#lesson && this.#ask({ ...this.#lesson.chosen, alike }));
    this.numbers.onChange = () => this.onChange();
  }

  get lesson(): Lesson | null {
    return this.#lesson;
  }

  /** Something was chosen that has not been read. */
  get reading(): boolean {
    return this.#reading;
  }

  get choice(): 'guests' | 'own' {
    const form = this.#byId('examples-form');
    return form.querySelector<HTMLInputElement>('[name=source]:checked')!.value as 'guests' | 'own';
  }

  check(source: 'guests' | 'own'): void {
    this.#byId('examples-form').querySelector<HTMLInputElement>(`[value=${source}]`)!.checked = true;
  }

  takeFile(file: File): void {
    this.check('own');
    this.#file = file;
    this.#ask(null);
  }

  /** Takes what is checked. */
  take(): void {
    this.#ask(null);
  }

  /** What the worker found. */
  found(lesson: Lesson): void {
    [this.#lesson, this.#problem, this.#reading] = [lesson, null, false];
    this.onChange();
  }

  failed(problem: Error): void {
    [this.#lesson, this.#problem, this.#reading] = [null, problem, false];
    this.onChange();
  }

  setDisabled(disabled: boolean): void {
    for (const id of ['examples-fields', 'numbers-fields'])
      this.#byId<HTMLFieldSetElement>(id).disabled = disabled;
    this.#byId('lesson').classList.toggle('locked', disabled);
  }

  render(strings: UnderstandStrings, format: Format, language: Language): void {
    const [lesson, own] = [this.#lesson, this.choice === 'own'];
    this.#byId('own').hidden = !own;
    setText(this.#byId('lesson-story'), own ? strings.ownStory : strings.guestsStory);
    const table = this.#byId('columns');
    table.hidden = !own || !lesson;
    if (lesson) {
      this.#offer('text-column', lesson, lesson.chosen.text, strings);
      this.#offer('label-column', lesson, lesson.chosen.label, strings);
      this.#header.checked = lesson.chosen.header;
    }
    const question = this.#byId('question');
    question.hidden = !lesson?.question;
    setText(this.#byId('question-text'), lesson?.question ? strings.alikeQuestion(lesson.question) : '');
    const problem = this.#byId('lesson-problem');
    const says = element('span', {}, ...(this.#problem ? told(this.#problem, language) : []));
    if (problem.textContent !== says.textContent) problem.replaceChildren(...says.childNodes); // it is announced
    this.#drawLabels(format);
    setText(this.#byId('lesson-facts'), this.#facts(strings, format));
    this.#byId('skipped-part').hidden = !lesson?.skipped;
    setText(this.#byId('skipped'), lesson?.skipped ?? '');
  }

  #facts(strings: UnderstandStrings, format: Format): string {
    const lesson = this.#lesson;
    if (this.#reading) return strings.reading;
    if (!lesson) return this.#problem ? '' : strings.noExamples;
    if (lesson.question) return '';
    const { training, held, alike } = lesson;
    const facts = [strings.lessonFacts(format.whole(training), format.whole(held))];
    if (alike > 0) facts.push(strings.lessonAlike(format.whole(alike)));
    return facts.join(strings.space);
  }

  /** Each label with how many examples it has, and the first of them. */
  #drawLabels(format: Format): void {
    const { labels = [], counts = [], shown = [] } = this.#lesson ?? {};
    const rows = labels.map((label, k) =>
      element(
        'li',
        {},
        element('b', {}, label),
        element('span', { class: 'count' }, format.whole(counts[k])),
        element('span', { class: 'sample', dir: 'auto' }, shown[k][0] ?? ''),
      ),
    );
    this.#byId('labels').replaceChildren(...rows);
  }

  #offer(id: string, { columns }: Lesson, chosen: string, strings: UnderstandStrings): void {
    const key = JSON.stringify([columns, chosen, strings.column('1')]);
    if (this.#offered.get(id) === key) return; // one that is open stays open
    this.#offered.set(id, key);
    const options = columns.map((name) =>
      element('option', { value: name, selected: name === chosen }, strings.column(name)),
    );
    this.#byId(id).replaceChildren(...options);
  }

  #usePasted(): void {
    if (this.#pasted.value !== '') this.#long = '';
    if (this.#pasted.value !== '' || this.#long !== '') this.#file = null;
    this.#ask(null);
  }

  /** Another column, or another meaning of the first row, by which columns have other names. */
  #again(names: boolean): void {
    const chosen = this.#lesson?.chosen;
    if (!chosen) return;
    const [text, label] = ['text-column', 'label-column'].map(
      (id) => this.#byId<HTMLSelectElement>(id).value,
    );
    const header = this.#header.checked;
    this.#ask(names ? { text: '', label: '', header, alike: 'ask' } : { text, label, header, alike: 'ask' });
  }

  #ask(columns: Columns | null): void {
    const text = this.#pasted.value || this.#long;
    const source: ExampleSource | null =
      this.choice === 'guests'
        ? { kind: 'guests' }
        : this.#file
          ? { kind: 'file', file: this.#file }
          : text
            ? { kind: 'pasted', text }
            : null;
    [this.#reading, this.#problem] = [source !== null, null];
    if (!source) this.#lesson = null;
    this.onExamples(source, columns);
    this.onChange();
  }
}
