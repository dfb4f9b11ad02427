import { element, finder, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { Sliders } from '../../view/sliders';
import type { TuneStrings } from '../english';
import type { Comparison, Side, TuneRun, Writing } from '../session/protocol';
import { shareOf } from './cost-panel';

/** What one side wrote. */
interface Written {
  readonly prompt: string;
  readonly text: string;
  readonly step: number;
}

/** A recorded text of an adapter, for the place where there is none yet. */
export interface Recorded extends Written {
  readonly loss: number;
}

const TOKENS = 40;
const SLIDERS = [{ id: 'temperature', min: 0, max: 1.2, step: 0.1, value: 0.7 }] as const;

/** The base and the model as it is now, side by side: how each goes on with a beginning, and how well it knows the text. */
export class ComparePanel {
  onWrite: () => void = () => undefined;
  onSwitch: (on: boolean) => void = () => undefined;
  readonly #byId = finder();
  readonly #prompt = this.#byId<HTMLInputElement>('prompt');
  readonly #switch = this.#byId<HTMLInputElement>('adapter-on');
  readonly #sliders = new Sliders(this.#byId('writing-sliders'), SLIDERS);
  #written: Partial<Record<Side, Written>> = {};
  #comparison: Comparison | null = null;
  #recorded: Recorded | null = null;
  /** Somebody typed a beginning. */
  #typed = false;

  constructor() {
    this.#byId('writing').addEventListener('submit', (event) => {
      event.preventDefault();
      this.onWrite();
    });
    this.#prompt.addEventListener('input', () => (this.#typed = true));
    this.#switch.addEventListener('change', () => this.onSwitch(this.#switch.checked));
  }

  get writing(): Writing {
    const temperature = this.#sliders.value('temperature');
    return { prompt: this.#prompt.value, tokens: TOKENS, temperature, seed: 1 };
  }

  /** What somebody typed; '' where they did not. */
  get typed(): string {
    return this.#typed ? this.#prompt.value : '';
  }

  /** As if somebody typed it. */
  type(prompt: string): void {
    [this.#prompt.value, this.#typed] = [prompt, true];
  }

  /** A beginning that suits a text, unless somebody typed another. */
  suggest(prompt: string): void {
    if (!this.#typed) this.#prompt.value = prompt;
  }

  set comparison(comparison: Comparison | null) {
    this.#comparison = comparison;
  }

  set recorded(recorded: Recorded | null) {
    this.#recorded = recorded;
  }

  take(side: Side, written: Written): void {
    this.#written = { ...this.#written, [side]: written };
  }

  clear(...sides: readonly Side[]): void {
    this.#written = { ...this.#written, ...Object.fromEntries(sides.map((side) => [side, undefined])) };
  }

  setDisabled(disabled: boolean, noSwitch: boolean): void {
    for (const part of this.#byId('writing').querySelectorAll<HTMLInputElement | HTMLButtonElement>(
      'input, button',
    ))
      part.disabled = disabled;
    this.#switch.disabled = noSwitch;
  }

  show(strings: TuneStrings, format: Format, run: TuneRun | null, lang: string): void {
    this.#sliders.say(strings);
    const off = run !== null && !run.inUse;
    this.#switch.checked = run !== null && !off;
    setText(this.#byId('now-title'), off ? strings.nowOff : strings.now);
    const { base, now } = this.#comparison ?? { base: null, now: null };
    this.#judge('base-judged', strings, base);
    const ghost = run === null ? this.#recorded : null;
    this.#judge('now-judged', strings, ghost ? ghost.loss : now);
    const at = ghost
      ? strings.recordedText(ghost.step)
      : run === null
        ? ''
        : run.settings === null
          ? strings.ofFiles
          : off
            ? ''
            : strings.ofStep(this.#written.now?.step ?? run.step);
    setText(this.#byId('now-step'), at);
    this.#draw('base-text', this.#written.base, strings.baseEmpty, lang);
    this.#draw('now-text', ghost ?? (run ? this.#written.now : undefined), strings.nowEmpty, lang);
    this.#byId('now-side').classList.toggle('ghost', ghost !== null);
    this.#byId('now-side').classList.toggle('off', off);
    setText(this.#byId('summary'), this.#summary(strings, format, run));
  }

  #summary(strings: TuneStrings, format: Format, run: TuneRun | null): string {
    if (!run || run.files === 0) return '';
    const { base, now } = this.#comparison ?? { base: null, now: null };
    const size = strings.size(
      format.bytes(run.files),
      format.whole(run.learns),
      shareOf(run.learns, run.base),
    );
    const gained =
      base !== null && now !== null && run.inUse
        ? strings.gained(format.choices(Math.exp(base)), format.choices(Math.exp(now)))
        : '';
    const best = run.settings && run.kept > 0 && run.kept < run.step ? strings.keptBest(run.kept) : '';
    return [gained, size, best].filter((part) => part !== '').join(strings.space);
  }

  #judge(id: string, strings: TuneStrings, loss: number | null): void {
    const text = loss === null ? strings.notJudged : strings.judged(loss.toFixed(3), choices(Math.exp(loss)));
    setText(this.#byId(id), text);
  }

  #draw(id: string, written: Written | undefined, empty: string, lang: string): void {
    const host = this.#byId(id);
    const key = JSON.stringify([written, empty, lang]);
    if (host.dataset.key === key) return;
    host.dataset.key = key;
    host.classList.toggle('waiting', !written);
    if (!written) return host.replaceChildren(element('span', { class: 'empty' }, empty));
    host.lang = lang;
    host.replaceChildren(element('span', { class: 'given' }, written.prompt), written.text);
  }
}

/** How many equally likely tokens. */
const choices = (count: number): string =>
  count < 100 ? count.toFixed(1) : Math.round(count).toLocaleString('en');
