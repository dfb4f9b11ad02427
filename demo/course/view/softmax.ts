import { choices } from '../../session/likeliest';
import { element, finder, setText } from '../../view/dom';
import { error, fixed, percent, tidy } from '../../view/numbers';
import { visible } from '../../view/probability-bars';
import { Sliders } from '../../view/sliders';
import type { CourseStrings } from '../english';
import { scoresOf, type Scene } from './scene';

const SLIDERS = [{ id: 'sharpness', min: 0.1, max: 4, step: 0.1, value: 1 }] as const;

/** Chapter 5: scores as shares, at a temperature. */
export class SoftmaxView {
  readonly #byId = finder();
  readonly #sliders = new Sliders(this.#byId('sharpness'), SLIDERS);
  #scene: Scene | null = null;
  #strings: CourseStrings | null = null;

  constructor() {
    this.#sliders.onInput = () => this.#draw();
  }

  show(scene: Scene, strings: CourseStrings): void {
    [this.#scene, this.#strings] = [scene, strings];
    this.#draw();
  }

  #draw(): void {
    const [scene, strings] = [this.#scene, this.#strings!];
    if (!scene) return;
    this.#sliders.say({ sharpness: strings.temperature, off: '' });
    const { texts, at } = scene;
    const scores = scoresOf(scene);
    const temperature = this.#sliders.value('sharpness');
    const most = Math.max(...scores);
    const powers = scores.map((score) => Math.exp((score - most) / temperature));
    const sum = powers.reduce((a, b) => a + b, 0);
    const rows = texts.map((text, i) => {
      const name = element('th', { scope: 'row', lang: 'en' }, visible(text));
      if (i > at) {
        const later = element('td', { colspan: 3, class: 'later' }, strings.laterShort);
        return element('tr', {}, name, later);
      }
      const share = powers[i] / sum;
      const bar = element('td', { class: 'bar-cell' }, element('span', { class: 'bar' }), percent(share));
      bar.style.setProperty('--share', share.toFixed(4));
      const row = element(
        'tr',
        {},
        name,
        element('td', {}, fixed(scores[i], 2)),
        element('td', {}, tidy(powers[i], 2)),
        bar,
      );
      if (i === at) row.classList.add('chosen');
      return row;
    });
    this.#byId('shares').replaceChildren(...rows);
    const facts = [strings.softmaxFact(fixed(choices(powers.map((power) => power / sum)), 1))];
    if (temperature === 1) facts.push(strings.softmaxSame(error(this.#difference(powers, sum))));
    setText(this.#byId('softmax-fact'), facts.join(' '));
  }

  /** From what the kernel attended to. */
  #difference(powers: readonly number[], sum: number): number {
    const { walk, layer, head, at, texts } = this.#scene!;
    const { probabilities } = walk.maps[layer];
    const from = (head * texts.length + at) * texts.length;
    return Math.max(...powers.map((power, i) => Math.abs(power / sum - probabilities[from + i])));
  }
}
