import { finder, element, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import type { LaboratoryStrings } from '../english';
import type { SoftmaxInput, SoftmaxResult } from '../session/protocol';
import { entropy, softmaxError } from '../softmax';
import { LogitRow } from './logit-row';
import { error, fixed } from '../../view/numbers';
import { remark, TwoWaysTable } from './two-ways';

type Preset = keyof LaboratoryStrings['preset'];

const PRESETS: Readonly<Record<Preset, { logits: readonly number[]; off?: readonly number[] }>> = {
  mild: { logits: [2, 1, 0.5, 0, -1, -2.5] },
  thousand: { logits: [1000, 999, 998.5, 995, 990, 900] },
  tenThousand: { logits: [10_000, 9_999, 9_998, 9_000, 0, -10_000] },
  equal: { logits: [1, 1, 1, 1, 1, 1] },
  masked: { logits: [2, 1, 0.5, 0, -1, -2.5], off: [0] },
  allMasked: { logits: [2, 1, 0.5, 0, -1, -2.5], off: [0, 1, 2, 3, 4, 5] },
};
const NAMES = ['z₁', 'z₂', 'z₃', 'z₄', 'z₅', 'z₆'];
/** Ends of the temperature's slider, which moves its binary logarithm: 0.05 to 20. */
const COLDEST = -4.32;
const HOTTEST = 4.32;

/** Logits, a temperature and a mask on one side, their shares on the other, and why the largest is subtracted. */
export class SoftmaxPanel {
  readonly #byId = finder();
  onInput: (input: SoftmaxInput) => void = () => undefined;
  readonly #rows = NAMES.map((name) => new LogitRow(name, () => this.#changed()));
  readonly #table = new TwoWaysTable(this.#byId('two-ways'), NAMES);
  readonly #temperature = element('input', {
    type: 'range',
    id: 'temperature',
    min: COLDEST,
    max: HOTTEST,
    step: 0.01,
    value: 0,
  });
  readonly #temperatureValue = element('output', { for: 'temperature' });
  #strings: LaboratoryStrings;
  #format: Format;
  #shown: { readonly input: SoftmaxInput; readonly result: SoftmaxResult } | null = null;

  constructor(strings: LaboratoryStrings, format: Format) {
    this.#strings = strings;
    this.#format = format;
    const heading = element('div', { class: 'logit-row temperature' });
    heading.append(
      element('label', { for: 'temperature', class: 'name' }),
      this.#temperature,
      this.#temperatureValue,
    );
    this.#byId('logits').append(heading, ...this.#rows.map((row) => row.element));
    this.#temperature.addEventListener('input', () => this.#changed());
    this.#choose('mild');
  }

  get input(): SoftmaxInput {
    return {
      logits: this.#rows.map((row) => row.value),
      mask: this.#rows.map((row) => row.takesPart),
      temperature: 2 ** Number(this.#temperature.value),
    };
  }

  /** Changes language. */
  say(strings: LaboratoryStrings, format: Format): void {
    this.#strings = strings;
    this.#format = format;
    const presets = (Object.keys(PRESETS) as Preset[]).map((preset) => {
      const button = element('button', { type: 'button', class: 'chip' }, strings.preset[preset]);
      button.addEventListener('click', () => {
        this.#choose(preset);
        this.#changed();
      });
      return button;
    });
    this.#byId('presets').replaceChildren(...presets);
    setText(this.#byId('logits').querySelector('.name')!, strings.temperatureLabel);
    for (const row of this.#rows) row.say(strings);
    this.#table.say(strings);
    this.#render();
  }

  show(input: SoftmaxInput, result: SoftmaxResult): void {
    this.#shown = { input, result };
    this.#render();
  }

  #choose(preset: Preset): void {
    const { logits, off = [] } = PRESETS[preset];
    const most = Math.max(...logits.map(Math.abs));
    this.#rows.forEach((row, i) => row.set(logits[i], !off.includes(i), most));
  }

  #changed(): void {
    this.#render();
    this.onInput(this.input);
  }

  #render(): void {
    const strings = this.#strings;
    const format = this.#format;
    setText(this.#temperatureValue, fixed(this.input.temperature, 2));
    this.#temperature.setAttribute('aria-valuetext', fixed(this.input.temperature, 2));
    const { input, result } = this.#shown ?? { input: null, result: null };
    this.#rows.forEach((row, i) => row.show(result?.probabilities[i], strings));
    const bits = result ? entropy(result.probabilities) : NaN;
    const none = result !== null && !input.mask.some(Boolean);
    const facts: readonly (readonly [string, string])[] = [
      [strings.entropy, result && !none ? strings.bits(fixed(bits, 2)) : '–'],
      [strings.choices, result && !none ? strings.equalOnes(fixed(2 ** bits, 2)) : '–'],
      [strings.submitTime, result ? strings.microseconds(format.whole(1000 * result.submit)) : '–'],
      [strings.roundTime, result ? strings.microseconds(format.whole(1000 * result.round)) : '–'],
      [strings.replays, result ? format.whole(result.replays) : '–'],
    ];
    this.#byId('softmax-facts').replaceChildren(
      ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    );
    this.#table.show(input, result);
    setText(this.#byId('softmax-remark'), result ? remark(strings, input, result) : '');
    setText(
      this.#byId('softmax-check'),
      result
        ? strings.softmaxError(error(softmaxError(result.scaled, input.mask, result.probabilities)))
        : '',
    );
  }
}
