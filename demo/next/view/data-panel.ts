import { element, finder, onFile, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { Sliders, type Slider } from '../../view/sliders';
import type { NextStrings } from '../english';
import type { Columns, DataFacts, NextSettings, OwnTable } from '../session/protocol';
import { EPOCHS } from '../settings';

type Limit = 'fewestUsers' | 'fewestItems';
type Course = 'epochs' | 'seed';

const LIMITS: readonly Slider<Limit>[] = [
  { id: 'fewestUsers', min: 1, max: 20, step: 1, value: 1 },
  { id: 'fewestItems', min: 1, max: 20, step: 1, value: 1 },
];
const COURSE: readonly Slider<Course>[] = [
  { id: 'epochs', min: 1, max: 100, step: 1, value: EPOCHS },
  { id: 'seed', min: 1, max: 99, step: 1, value: 1 },
];
const PARTS = ['user', 'item', 'time'] as const;

/** Whose choices are learnt from, and how. */
export class DataPanel {
  onSource: (own: boolean) => void = () => undefined;
  /** A file, other columns or other limits. */
  onTable: () => void = () => undefined;
  onFile: (file: File) => void = () => undefined;
  onAgain: () => void = () => undefined;
  onChange: () => void = () => undefined;
  readonly #byId = finder();
  readonly #form = this.#byId<HTMLFormElement>('settings');
  readonly #limits = new Sliders(this.#byId('limits'), LIMITS);
  readonly #course = new Sliders(this.#byId('course'), COURSE);
  readonly #again = this.#byId<HTMLInputElement>('again');
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    for (const input of this.#form.querySelectorAll<HTMLInputElement>('[name=data]'))
      input.addEventListener('change', () => this.onSource(this.own));
    onFile('choose-file', 'table-file', (file) => this.onFile(file));
    for (const part of PARTS) this.#select(part).addEventListener('change', () => this.onTable());
    this.#limits.onInput = () => {
      clearTimeout(this.#waiting);
      this.#waiting = setTimeout(() => this.onTable(), 300);
      this.onChange();
    };
    this.#course.onInput = () => this.onChange();
    this.#again.addEventListener('change', () => this.onAgain());
  }

  get own(): boolean {
    return this.#form.querySelector<HTMLInputElement>('[name=data]:checked')!.value === 'own';
  }

  set own(own: boolean) {
    this.#form.querySelector<HTMLInputElement>(`[name=data][value=${own ? 'own' : 'shop'}]`)!.checked = true;
  }

  get settings(): NextSettings {
    const [epochs, seed] = COURSE.map(({ id }) => this.#course.value(id));
    return { epochs, seed, again: this.again };
  }

  get again(): boolean {
    return this.#again.checked;
  }

  set again(again: boolean) {
    this.#again.checked = again;
  }

  /** `anew`: of another file, whose columns are guessed. */
  table(file: File, anew: boolean): OwnTable {
    const [user, item, time] = PARTS.map((part) => this.#select(part).value);
    const columns: Columns | null = anew || user === '' ? null : { user, item, time: time || null };
    const [fewestUsers, fewestItems] = LIMITS.map(({ id }) => this.#limits.value(id));
    return { file, columns, fewestUsers, fewestItems };
  }

  setDisabled(disabled: boolean, { locked, recorded }: { locked: boolean; recorded: boolean }): void {
    this.#form.classList.toggle('locked', locked);
    this.#byId('locked').hidden = !locked;
    this.#byId<HTMLFieldSetElement>('data-part').disabled = disabled || recorded;
    this.#byId<HTMLFieldSetElement>('model-part').disabled = disabled || recorded;
  }

  show(strings: NextStrings, format: Format, facts: DataFacts | null, parameters: number | null): void {
    const { own } = this;
    setText(this.#byId('story'), own ? strings.stories.own : strings.stories.shop);
    this.#byId('own').hidden = !own;
    const told = facts && strings.facts(...counts(format, facts.users, facts.items, facts.choices));
    setText(this.#byId('data-facts'), told ?? (own ? strings.noTable : ''));
    this.#byId('columns').hidden = !facts?.chosen;
    if (facts?.chosen) this.#offer(facts, strings);
    this.#limits.say(strings);
    this.#course.say(strings);
    setText(
      this.#byId('model-facts'),
      parameters === null ? '' : strings.modelFacts(format.whole(parameters)),
    );
    this.#byId('left-part').hidden = !own || !facts;
    if (facts)
      this.#byId('left-out').replaceChildren(
        ...leftOut(strings, format, facts).map((line) => element('li', {}, line)),
      );
  }

  #offer({ columns, chosen }: DataFacts, strings: NextStrings): void {
    for (const part of PARTS) {
      const select = this.#select(part);
      const none = part === 'time' ? [['', strings.noTime] as const] : [];
      const all = [...none, ...columns.map((name) => [name, name] as const)];
      const key = JSON.stringify(all);
      if (select.dataset.key !== key) {
        select.dataset.key = key;
        select.replaceChildren(...all.map(([value, name]) => element('option', { value }, name)));
      }
      select.value = chosen![part] ?? '';
    }
  }

  #select(part: (typeof PARTS)[number]): HTMLSelectElement {
    return this.#byId<HTMLSelectElement>(`${part}-column`);
  }
}

const counts = (format: Format, ...all: [number, number, number]): [string, string, string] =>
  all.map((count) => format.whole(count)) as [string, string, string];

function leftOut(strings: NextStrings, format: Format, facts: DataFacts): string[] {
  const { left, short, reordered, skipped } = facts;
  const lines = [
    ...skipped.map(({ number, reason }) => strings.rowSkipped(number, reason)),
    ...(left.rows > 0 ? [strings.leftCounts(...counts(format, left.users, left.items, left.rows))] : []),
    ...(short > 0 ? [strings.shortUsers(format.whole(short))] : []),
    ...(reordered > 0 ? [strings.reorderedUsers(format.whole(reordered))] : []),
  ];
  return lines.length > 0 ? lines : [strings.nothingLeft];
}
