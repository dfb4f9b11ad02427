import { element, finder, setText } from '../../view/dom';
import { spaced } from '../../view/heads-view';
import { chance, fixed } from '../../view/numbers';
import type { CourseStrings } from '../english';
import type { Stage } from '../session/protocol';
import type { Scene } from './scene';

const GUESSES = 3;

/** Chapter 7: what each block adds, what would follow after it, and a switch for each. */
export class LayersView {
  /** Which blocks are to be added. */
  onSwitch: (blocks: readonly boolean[]) => void = () => undefined;
  readonly #byId = finder();
  #ticks: HTMLInputElement[] = [];

  constructor() {
    this.#byId('layers').addEventListener('change', () =>
      this.onSwitch(this.#ticks.map(({ checked }) => checked)),
    );
  }

  /** `stages`: with some blocks left out. */
  show(
    { walk, info, at, recorded }: Scene,
    stages: readonly Stage[],
    blocks: readonly boolean[],
    strings: CourseStrings,
  ): void {
    const names = [
      strings.start,
      ...Array.from({ length: info.layers }, (_, i) => [
        strings.blocks.attention(i + 1),
        strings.blocks.feedForward(i + 1),
      ]).flat(),
    ];
    const host = this.#byId('layers');
    if (host.children.length !== names.length) this.#make(names.length);
    const longest = Math.max(...stages.flatMap(({ lengths, added }) => [lengths[at], added?.[at] ?? 0]));
    stages.forEach(({ lengths, added, guesses }, i) => {
      const [name, adds, length, guess] = [...host.children[i].children] as HTMLElement[];
      setText(name.querySelector('span')!, names[i]);
      const tick = i === 0 ? null : this.#ticks[i - 1];
      if (tick) {
        tick.checked = blocks[i - 1];
        tick.setAttribute('aria-label', strings.switchTold(names[i]));
        // A recording has every block left out once, and never two.
        tick.disabled = recorded && blocks.some((on, at) => !on && at !== i - 1);
      }
      host.children[i].classList.toggle('off', tick?.checked === false);
      drawLength(adds, added && added[at], longest);
      drawLength(length, lengths[at], longest);
      guess.replaceChildren(
        ...guesses[at]
          .slice(0, GUESSES)
          .map(({ id, share }) =>
            element(
              'span',
              { class: 'guess' },
              element('b', { lang: 'en' }, spaced(info.tokens[id])),
              ` ${chance(share)}`,
            ),
          ),
      );
    });
    const [now] = stages.at(-1)!.guesses[at];
    const [was] = walk.stages.at(-1)!.guesses[at];
    const told = (say: (word: string, share: string) => string, { id, share }: typeof now): string =>
      say(spaced(info.tokens[id]), chance(share));
    const changed = blocks.some((on) => !on);
    const facts = [told(strings.layersFact, now), changed ? told(strings.layersWas, was) : ''];
    if (recorded && changed) facts.push(strings.oneBlock);
    setText(this.#byId('layers-fact'), facts.join(' ').trim());
  }

  #make(count: number): void {
    this.#ticks = [];
    const rows = Array.from({ length: count }, (_, i) => {
      const name = element('span');
      const tick = element('input', { type: 'checkbox', checked: true });
      if (i > 0) this.#ticks.push(tick);
      const label = i > 0 ? element('label', { class: 'tick' }, tick, name) : name;
      const cells = ['length-cell', 'length-cell', 'guess-cell'].map((kind) =>
        element('td', { class: kind }),
      );
      return element('tr', {}, element('th', { scope: 'row' }, label), ...cells);
    });
    this.#byId('layers').replaceChildren(...rows);
  }
}

function drawLength(cell: HTMLElement, length: number | null, longest: number): void {
  if (length === null) return cell.replaceChildren();
  cell.replaceChildren(element('span', { class: 'bar' }), fixed(length, 1));
  cell.style.setProperty('--share', (length / longest).toFixed(4)); // an attribute would break the page's policy
}
