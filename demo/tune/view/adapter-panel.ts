import type { Address } from '../../site/address';
import { choice, element, finder, sayChoice, setText } from '../../view/dom';
import { RateAndSteps } from '../../view/rate-and-steps';
import { Sliders } from '../../view/sliders';
import type { TuneStrings } from '../english';
import { KIND_NAMES, KINDS, PREFIX_ROWS, RANK, STEPS, type AdapterKindName } from '../kinds';
import type { AdapterChoice, TuneSettings } from '../session/protocol';

/** Sliders by what they set, as an address names them. */
const MATRICES = [
  { id: 'rank', min: 1, max: 32, step: 1, value: RANK },
  { id: 'alpha', min: 1, max: 64, step: 1, value: 2 * RANK },
] as const;
const PREFIX = [{ id: 'rows', min: 1, max: 32, step: 1, value: PREFIX_ROWS }] as const;
const SEED = [{ id: 'seed', min: 1, max: 99, step: 1, value: 1 }] as const;

/** The settings of an adapter: its kind, its size, the layers that it is beside, and how it learns. */
export class AdapterPanel {
  onChange: () => void = () => undefined;
  readonly #byId = finder();
  readonly #matrices = new Sliders(this.#byId('matrices'), MATRICES);
  readonly #prefix = new Sliders(this.#byId('prefix'), PREFIX);
  readonly #seed = new Sliders(this.#byId('seed'), SEED);
  readonly #numbers = new RateAndSteps();
  /** Layers of the model that is there, and those that are left out. */
  #targets: readonly string[] = [];
  #out: ReadonlySet<string> = new Set();
  /** Alpha follows the rank until somebody moves it. */
  #alpha = false;

  constructor() {
    this.#byId('kinds').append(
      ...KIND_NAMES.map((name) => {
        const input = element('input', { type: 'radio', name: 'kind', value: name });
        return choice(input, undefined, { 'data-kind': name });
      }),
    );
    this.#check('lora');
    this.#byId('kinds').addEventListener('change', () => this.#changed());
    this.#matrices.onInput = () => {
      const usual = 2 * this.#matrices.value('rank');
      if (document.activeElement?.id === 'slider-alpha') this.#alpha = true;
      if (!this.#alpha) this.#matrices.set('alpha', usual);
      this.onChange();
    };
    for (const sliders of [this.#prefix, this.#seed]) sliders.onInput = () => this.onChange();
    this.#numbers.onChange = () => this.onChange();
    this.#byId('targets').addEventListener('change', ({ target }) => {
      const { value, checked } = target as HTMLInputElement;
      const out = new Set(this.#out);
      if (checked) out.delete(value);
      else out.add(value);
      this.#out = out;
      this.onChange();
    });
    this.#suggest();
  }

  get kind(): AdapterKindName {
    const checked = this.#byId('kinds').querySelector<HTMLInputElement>('input:checked');
    return checked!.value as AdapterKindName;
  }

  get choice(): AdapterChoice {
    const { kind } = this;
    if (kind === 'prefix') return { kind, prefixLength: this.#prefix.value('rows') };
    const targets = this.#targets.filter((name) => !this.#out.has(name));
    if (kind === 'ia3') return { kind, targets };
    return { kind, rank: this.#matrices.value('rank'), alpha: this.#matrices.value('alpha'), targets };
  }

  get settings(): Omit<TuneSettings, 'writing'> {
    const { choice: chosen } = this;
    return { choice: chosen, ...this.#numbers.values, seed: this.#seed.value('seed') };
  }

  /** What to do where these are no settings; null where they are. */
  problem(strings: TuneStrings): string | null {
    const { targets } = this.choice;
    if (targets?.length === 0) return strings.noTargets;
    return this.#numbers.problem(strings);
  }

  /** The layers of a model that was loaded. */
  setTargets(targets: readonly string[]): void {
    this.#targets = targets;
    this.#drawTargets();
    this.onChange();
  }

  /** As an address has it; what it does not say, or says wrong, is as usual. */
  restore(address: Pick<Address, 'get'>): void {
    const kind = KIND_NAMES.find((name) => name === address.get('kind')) ?? 'lora';
    this.#check(kind);
    const whole = (name: string, { min, max }: { readonly min: number; readonly max: number }) => {
      const value = Number(address.get(name) ?? NaN);
      return Number.isInteger(value) && value >= min && value <= max ? value : null;
    };
    const [rank, alpha] = MATRICES.map((slider) => whole(slider.id, slider));
    this.#alpha = alpha !== null;
    this.#matrices.set('rank', rank ?? RANK);
    this.#matrices.set('alpha', alpha ?? 2 * (rank ?? RANK));
    this.#prefix.set('rows', whole('rows', PREFIX[0]) ?? PREFIX_ROWS);
    this.#seed.set('seed', whole('seed', SEED[0]) ?? 1);
    this.#numbers.type(address.get('rate'), address.get('steps'));
    this.#out = new Set((address.get('without') ?? '').split(',').filter((name) => name !== ''));
    this.#suggest();
    this.#drawTargets();
  }

  /** Those of a run. */
  adopt({ choice: chosen, rate, steps, seed }: Omit<TuneSettings, 'writing'>): void {
    this.#check(chosen.kind as AdapterKindName);
    this.#numbers.adopt({ rate, steps });
    this.#seed.set('seed', seed);
    if (chosen.prefixLength !== undefined) this.#prefix.set('rows', chosen.prefixLength);
    if (chosen.rank !== undefined) {
      this.#matrices.set('rank', chosen.rank);
      this.#matrices.set('alpha', chosen.alpha ?? 2 * chosen.rank);
      this.#alpha = (chosen.alpha ?? 2 * chosen.rank) !== 2 * chosen.rank;
    }
    const { targets } = chosen;
    if (targets) this.#out = new Set(this.#targets.filter((name) => !targets.includes(name)));
    this.#drawTargets();
  }

  /** What leads here again; what is as it always is, is left out. */
  get address(): Record<string, string | null> {
    const unless = (usual: number, value: number): string | null => (value === usual ? null : String(value));
    const [rank, alpha] = [this.#matrices.value('rank'), this.#matrices.value('alpha')];
    return {
      kind: this.kind === 'lora' ? null : this.kind,
      rank: unless(RANK, rank),
      alpha: unless(2 * rank, alpha),
      rows: unless(PREFIX_ROWS, this.#prefix.value('rows')),
      seed: unless(1, this.#seed.value('seed')),
      without: this.#out.size > 0 ? [...this.#out].join(',') : null,
      ...this.#numbers.typed,
    };
  }

  say(strings: TuneStrings): void {
    for (const name of KIND_NAMES) {
      const row = this.#byId('kinds').querySelector(`[data-kind=${name}]`)!;
      sayChoice(row, [strings.names[name], '', strings.stories[name]]);
    }
    const { kind } = this;
    this.#byId('matrices').hidden = kind !== 'lora' && kind !== 'dora';
    this.#byId('prefix').hidden = kind !== 'prefix';
    this.#byId('targets-part').hidden = kind === 'prefix';
    this.#matrices.say(strings);
    this.#prefix.say({ rows: strings.prefixLength, off: '' });
    this.#seed.say(strings);
    const later = this.#byId('targets-later');
    later.hidden = this.#targets.length > 0;
    setText(later, strings.targetsLater);
  }

  #changed(): void {
    this.#suggest();
    this.onChange();
  }

  #suggest(): void {
    this.#numbers.suggest({ rate: KINDS[this.kind].rate, steps: STEPS });
  }

  #check(kind: AdapterKindName): void {
    this.#byId('kinds').querySelector<HTMLInputElement>(`input[value=${kind}]`)!.checked = true;
  }

  #drawTargets(): void {
    const rows = this.#targets.map((name) => {
      const checked = !this.#out.has(name);
      const input = element('input', { type: 'checkbox', value: name, checked });
      return element('label', {}, input, element('code', {}, name));
    });
    this.#byId('targets').replaceChildren(...rows);
  }
}
