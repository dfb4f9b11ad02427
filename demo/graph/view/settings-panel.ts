import type { Address } from '../../site/address';
import { choice, element, finder, sayChoice, setText } from '../../view/dom';
import { Sliders, type Slider } from '../../view/sliders';
import type { GraphStrings } from '../english';
import { KINDS, type KindName } from '../recording';
import type { GraphSettings } from '../session/protocol';
import { RANGES, USUAL } from '../settings';

type Id = keyof typeof RANGES;
const IDS = Object.keys(RANGES) as Id[];

/** The column of settings that make the network. */
export class SettingsPanel {
  onChange: () => void = () => undefined;
  readonly #byId = finder();
  readonly #form = this.#byId<HTMLFormElement>('settings');
  readonly #sliders = new Sliders<Id>(
    this.#byId('sliders'),
    IDS.map((id): Slider<Id> => ({ id, ...RANGES[id] })),
  );

  constructor() {
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    for (const kind of KINDS) {
      const input = element('input', {
        type: 'radio',
        name: 'kind',
        value: kind,
        checked: kind === KINDS[0],
      });
      this.#byId('kinds').append(choice(input, ['', '', ''], { 'data-kind': kind }));
    }
    this.#byId('kinds').addEventListener('change', () => this.onChange());
    this.#sliders.onInput = () => this.onChange();
  }

  get kind(): KindName {
    return this.#form.querySelector<HTMLInputElement>('input[name=kind]:checked')!.value as KindName;
  }

  get settings(): GraphSettings {
    const [heads, layers, steps, seed] = IDS.map((id) => this.#sliders.value(id));
    return { version: this.kind === 'gat' ? 1 : 2, heads, layers, steps, seed };
  }

  /** As an address has them; what it does not say, or says wrong, is as usual. */
  restore(address: Pick<Address, 'get'>): void {
    const told = Object.fromEntries(
      IDS.map((id) => {
        const { min, max, value } = RANGES[id];
        const said = Number(address.get(id) ?? NaN);
        return [id, Number.isInteger(said) && said >= min && said <= max ? said : value];
      }),
    );
    this.adopt({ ...USUAL, ...told, version: address.get('kind') === 'gat' ? 1 : 2 });
  }

  /** A run's own. */
  adopt(settings: GraphSettings): void {
    const kind: KindName = settings.version === 1 ? 'gat' : 'gatv2';
    this.#form.querySelector<HTMLInputElement>(`input[name=kind][value=${kind}]`)!.checked = true;
    for (const id of IDS) this.#sliders.set(id, settings[id]);
  }

  /** What leads here again; what is as it always is, is left out. */
  get address(): Record<string, string | null> {
    const { settings } = this;
    const own = IDS.map((id) => [id, settings[id] === USUAL[id] ? null : String(settings[id])] as const);
    return { kind: this.kind === KINDS[0] ? null : this.kind, ...Object.fromEntries(own) };
  }

  /** `locked`: a run goes on by them, which the panel says. `recorded`: there is one of each kind to choose. */
  setDisabled(disabled: boolean, { locked, recorded }: { locked: boolean; recorded: boolean }): void {
    this.#form.classList.toggle('locked', locked);
    this.#byId('locked').hidden = !locked;
    this.#byId<HTMLFieldSetElement>('model-part').disabled = disabled && !recorded;
    this.#byId<HTMLFieldSetElement>('graph-part').disabled = locked || recorded;
    for (const input of this.#byId('sliders').querySelectorAll('input')) input.disabled = recorded;
  }

  say(strings: GraphStrings, facts: string): void {
    for (const kind of KINDS) {
      const row = this.#form.querySelector(`[data-kind=${kind}]`)!;
      sayChoice(row, [strings.kinds[kind], '', strings.kindNotes[kind]]);
    }
    this.#sliders.say(strings);
    setText(this.#byId('model-facts'), facts);
  }
}
