import { choices } from '../../session/likeliest';
import { finder, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { chance } from '../../view/numbers';
import { ProbabilityBars, visible, type Probability } from '../../view/probability-bars';
import { Sliders, type Slider } from '../../view/sliders';
import type { WriteStrings } from '../english';
import { shape, type Ranked, type Sampling, type Shaped } from '../sampling';

const SLIDERS: readonly Slider<keyof Sampling>[] = [
  { id: 'temperature', min: 0, max: 2, step: 0.05, value: 0.8 },
  { id: 'topK', min: 0, max: 100, step: 1, value: 0, off: 0 },
  { id: 'topP', min: 0.05, max: 1, step: 0.05, value: 0.95, off: 1 },
];
const ROWS = 10;

/** A place in the text, and what could stand there. */
export interface Place {
  readonly ranked: Ranked;
  /** The token that stands there; null at the end of the text. */
  readonly current: number | null;
  /** Somebody typed it: it was not drawn. */
  readonly given: boolean;
}

/** The tokens that could stand at a place as bars, which the sliders reshape. */
export class ChoicesView {
  onChoose: (id: number) => unknown = () => undefined;
  onSampling: () => unknown = () => undefined;
  onEnd: () => unknown = () => undefined;
  readonly #byId = finder();
  readonly #sliders = new Sliders(this.#byId('sliders'), SLIDERS);
  readonly #bars = new ProbabilityBars(this.#byId('bars'), ROWS, { cuts: true });
  #strings: WriteStrings;
  #format: Format;
  #tokens: readonly string[] = [];
  #place: Place | null = null;
  /** Ranks of the rows on view. */
  #ranks: number[] = [];

  constructor(strings: WriteStrings, format: Format) {
    [this.#strings, this.#format] = [strings, format];
    this.#sliders.onInput = () => {
      this.#draw();
      this.onSampling();
    };
    this.#bars.onChoose = (_, row) => {
      const id = this.#place?.ranked.order[this.#ranks[row]];
      if (id !== undefined && id !== this.#place!.current) this.onChoose(id);
    };
    this.#byId('to-end').addEventListener('click', () => void this.onEnd());
  }

  get sampling(): Sampling {
    const [temperature, topK, topP] = SLIDERS.map(({ id }) => this.#sliders.value(id));
    return { temperature, topK, topP };
  }

  /** Settings that are not the usual ones, for the address. */
  get unusual(): Readonly<Record<keyof Sampling, string | null>> {
    const told = (id: keyof Sampling): string | null =>
      this.#sliders.value(id) === this.#sliders.usual(id) ? null : String(this.#sliders.value(id));
    return { temperature: told('temperature'), topK: told('topK'), topP: told('topP') };
  }

  /** Settings as an address has them; null: the usual one. */
  set(id: keyof Sampling, value: string | null): void {
    this.#sliders.set(id, value === null ? this.#sliders.usual(id) : Number(value));
  }

  /** `locked`: to be looked at only. */
  show(tokens: readonly string[], place: Place | null, locked: boolean, language: string): void {
    [this.#tokens, this.#place] = [tokens, place];
    this.#bars.locked = locked;
    this.#bars.language = language;
    this.#draw();
  }

  say(strings: WriteStrings, format: Format): void {
    [this.#strings, this.#format] = [strings, format];
    this.#draw();
  }

  #draw(): void {
    const strings = this.#strings;
    this.#sliders.say(strings);
    const current = this.#place?.current ?? null;
    const [title, intro] =
      current === null
        ? [strings.next, strings.nextIntro]
        : this.#place!.given
          ? [strings.place(visible(this.#tokens[current])), strings.placeIntro]
          : [strings.origin(visible(this.#tokens[current])), strings.originIntro];
    setText(this.#byId('choices-title'), title);
    setText(this.#byId('choices-intro'), intro);
    this.#byId('to-end').hidden = current === null;
    this.#bars.describe = current === null ? strings.writes : strings.instead;
    if (!this.#place) return this.#bars.show([]);
    const shaped = shape(this.#place.ranked, this.sampling);
    this.#drawBars(shaped, current);
    this.#drawEffects(shaped);
  }

  #drawBars(shaped: Shaped, current: number | null): void {
    const { order, own, before } = shaped;
    const ranks = Array.from({ length: Math.min(ROWS, order.length) }, (_, rank) => rank);
    const its = current === null ? -1 : order.indexOf(current);
    if (its >= ranks.length) ranks[ranks.length - 1] = its;
    this.#ranks = ranks;
    this.#bars.show(
      ranks.map((rank): Probability => {
        const cut = shaped.cut(rank);
        return {
          text: this.#tokens[order[rank]].replace(/^ /, '·'),
          share: cut ? before[rank] : shaped.share(rank),
          own: own[rank],
          current: rank === its,
          ...(cut && { cut: this.#strings.cuts[cut] }),
        };
      }),
    );
    const mass = 1 - ranks.reduce((sum, rank) => sum + before[rank], 0);
    const drawn = shaped.topP.count - ranks.filter((rank) => !shaped.cut(rank)).length;
    const [others, left] = [order.length - ranks.length, drawn].map(this.#whole);
    setText(this.#byId('rest'), this.#strings.rest(others, chance(Math.max(0, mass)), left));
  }

  /** What each slider does to this very place. */
  #drawEffects(shaped: Shaped): void {
    const { effects } = this.#strings;
    const { temperature, topK, topP } = this.sampling;
    const all = effects.all(this.#whole(shaped.order.length));
    const among = this.#format.choices(choices(shaped.before));
    this.#sliders.note('temperature', temperature === 0 ? effects.greedy : effects.temperature(among));
    const idle = temperature === 0;
    this.#sliders.note(
      'topK',
      idle || topK === 0 ? all : effects.topK(this.#whole(shaped.topK.count), chance(shaped.topK.mass)),
    );
    this.#sliders.note(
      'topP',
      idle || topP === 1 ? all : effects.topP(this.#whole(shaped.topP.count), chance(shaped.topP.mass)),
    );
  }

  readonly #whole = (count: number): string => this.#format.whole(count);
}
