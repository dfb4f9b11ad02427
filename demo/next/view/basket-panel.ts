import { element, finder, onClick, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import { Roving } from '../../view/roving';
import type { NextStrings } from '../english';
import { PRESET_NAMES, type PresetName } from '../shop/presets';

/** What was chosen so far, and how each item counts. */
export interface Basket {
  /** Names, the oldest first. */
  readonly items: readonly string[];
  /** Of each item, 0 … 1; null where nothing is known yet. */
  readonly shades: readonly number[] | null;
  /** The suggestion that they are about; null: the model's attention. */
  readonly about: string | null;
  readonly canUndo: boolean;
  /** Of the items there are, for the field. */
  readonly all: readonly string[];
  readonly shop: boolean;
  readonly recorded: boolean;
  /** Of the item names. */
  readonly lang: string;
}

/** The history as chips, and ways to begin one and to go on. */
export class BasketPanel {
  onRemove: (at: number) => void = () => undefined;
  onAdd: (name: string) => void = () => undefined;
  onPreset: (name: PresetName) => void = () => undefined;
  readonly #byId = finder();
  readonly #chips = this.#byId('chips');
  readonly #roving = new Roving(this.#chips);
  readonly #name = this.#byId<HTMLInputElement>('item-name');
  #all: readonly string[] = [];

  constructor(onUndo: () => void, onClear: () => void) {
    onClick('undo', onUndo);
    onClick('clear', onClear);
    this.#chips.addEventListener('click', ({ target }) => {
      const chip = (target as Element).closest('li');
      if (chip) this.onRemove([...this.#chips.children].indexOf(chip));
    });
    this.#byId('add-item').addEventListener('submit', (event) => {
      event.preventDefault();
      const { value } = this.#name;
      if (value.trim() === '') return;
      this.#name.value = '';
      this.onAdd(value.trim());
    });
    for (const name of PRESET_NAMES) {
      const button = element('button', { type: 'button', 'data-preset': name });
      button.addEventListener('click', () => this.onPreset(name));
      this.#byId('presets').append(button);
    }
  }

  show(strings: NextStrings, { items, shades, about, canUndo, all, shop, recorded, lang }: Basket): void {
    const focused = this.#chips.contains(document.activeElement)
      ? [...this.#chips.children].indexOf(document.activeElement!.parentElement!)
      : -1;
    this.#chips.lang = lang;
    while (this.#chips.childElementCount > items.length) this.#chips.lastElementChild!.remove();
    while (this.#chips.childElementCount < items.length)
      this.#chips.append(element('li', {}, element('button', { type: 'button' })));
    items.forEach((name, i) => {
      const chip = this.#chips.children[i].firstElementChild as HTMLButtonElement;
      const shade = shades?.[i] ?? 0;
      setText(chip, name);
      chip.disabled = recorded;
      chip.setAttribute('aria-label', strings.takeOut(name, percent(shade)));
      chip.style.setProperty('--share', shade.toFixed(4)); // an attribute would break the page's policy
    });
    this.#roving.refresh();
    if (focused >= 0)
      this.#chips.children[Math.min(focused, items.length - 1)]?.querySelector('button')?.focus();
    this.#byId('basket-empty').hidden = items.length > 0;
    setText(this.#byId('basket-empty'), shop ? strings.basketEmpty : strings.basketEmptyOwn);
    const hint = about === null ? strings.basketHint : strings.basketShaded(about);
    setText(this.#byId('basket-hint'), items.length > 0 ? hint : '');
    this.#byId<HTMLButtonElement>('undo').disabled = !canUndo;
    this.#byId<HTMLButtonElement>('clear').disabled = items.length === 0 || recorded;
    this.#byId('presets').hidden = !shop;
    for (const name of PRESET_NAMES)
      setText(this.#byId('presets').querySelector(`[data-preset=${name}]`)!, strings.presets[name]);
    this.#byId('add-item').hidden = recorded;
    if (this.#all === all) return;
    this.#all = all;
    const options = all.slice(0, 5000).map((value) => element('option', { value }));
    this.#byId('item-names').replaceChildren(...options);
  }
}
