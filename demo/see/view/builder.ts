/** What is in a picture, to choose: one thing or two, and how they stand to each other. */
import { element, finder, setText } from '../../view/dom';
import type { SeeStrings } from '../english';
import { COLOURS, RELATIONS, SHAPES, SIZES, type Kind } from '../../../corpora/pictures/scene';
import type { Chosen } from '../scenes';

const PARTS = { size: SIZES, colour: COLOURS, shape: SHAPES } as const;
type Part = keyof typeof PARTS;

export class BuilderView {
  /** Something else was chosen. */
  onChange: (chosen: Omit<Chosen, 'seed'>) => void = () => undefined;
  /** The same things in other places are asked for. */
  onAgain: () => void = () => undefined;
  readonly #byId = finder();
  readonly #two = this.#byId<HTMLInputElement>('two');
  readonly #relation = this.#byId<HTMLSelectElement>('relation');
  readonly #things: readonly Readonly<Record<Part, HTMLSelectElement>>[];
  readonly #labels: { readonly part: Part; readonly label: HTMLElement }[] = [];

  constructor() {
    this.#things = [0, 1].map((n) => {
      const selects = {} as Record<Part, HTMLSelectElement>;
      for (const part of Object.keys(PARTS) as Part[]) {
        const label = element('span');
        selects[part] = element('select', { id: `${part}-${n}` });
        for (const value of PARTS[part]) selects[part].append(element('option', { value }));
        this.#byId(`thing-${n}`).append(element('label', { class: 'choose-one' }, label, selects[part]));
        this.#labels.push({ part, label });
      }
      return selects;
    });
    for (const value of RELATIONS) this.#relation.append(element('option', { value }));
    const changed = (): void => {
      this.#showSecond();
      this.onChange(this.chosen);
    };
    this.#byId('build').addEventListener('change', changed);
    this.#byId('again').addEventListener('click', () => this.onAgain());
  }

  get chosen(): Omit<Chosen, 'seed'> {
    const things = this.#two.checked ? this.#things : this.#things.slice(0, 1);
    const kinds = things.map(
      ({ size, colour, shape }) => ({ size: size.value, colour: colour.value, shape: shape.value }) as Kind,
    );
    return { kinds, relation: this.#relation.value as Chosen['relation'] };
  }

  show({ kinds, relation }: Omit<Chosen, 'seed'>): void {
    this.#two.checked = kinds.length > 1;
    this.#relation.value = relation;
    for (const [n, kind] of kinds.entries())
      for (const part of Object.keys(PARTS) as Part[]) this.#things[n][part].value = kind[part];
    this.#showSecond();
  }

  say(strings: SeeStrings): void {
    const names = { size: strings.sizes, colour: strings.colours, shape: strings.shapes };
    for (const { part, label } of this.#labels) setText(label, strings[part]);
    for (const selects of this.#things)
      for (const part of Object.keys(PARTS) as Part[])
        for (const option of selects[part].options)
          setText(option, (names[part] as Readonly<Record<string, string>>)[option.value]);
    for (const option of this.#relation.options)
      setText(option, (strings.relations as Readonly<Record<string, string>>)[option.value]);
  }

  enable(can: boolean): void {
    for (const one of this.#byId('build').querySelectorAll<HTMLInputElement>('select, input, button'))
      one.disabled = !can;
  }

  #showSecond(): void {
    this.#byId('beside').hidden = !this.#two.checked;
  }
}
