import { element, finder } from '../../view/dom';
import { percent } from '../../view/numbers';
import type { GraphStrings } from '../english';
import { swatch } from './marks';
import { classOf } from './member-panel';
import { sharesOf, type Scene } from './scene';

/** All members as a table, for those who do not see the drawing; drawn while it is open. */
export class MembersTable {
  onChoose: (id: number) => void = () => undefined;
  readonly #byId = finder();
  readonly #details = this.#byId<HTMLDetailsElement>('table-part');
  #draw: () => void = () => undefined;

  constructor() {
    this.#details.addEventListener('toggle', () => this.#draw());
    this.#byId('members').addEventListener('click', ({ target }) => {
      const { member } = (target as Element).closest<HTMLElement>('button')?.dataset ?? {};
      if (member !== undefined) this.onChoose(Number(member));
    });
  }

  show(scene: Scene, strings: GraphStrings, classes: readonly string[]): void {
    this.#draw = () => {
      if (!this.#details.open) return;
      const host = this.#byId('members');
      const focused = host.contains(document.activeElement)
        ? (document.activeElement as HTMLElement).dataset.member
        : undefined;
      host.replaceChildren(
        ...scene.net.members.map((member) => {
          const { id, name, label, told } = member;
          const shares = sharesOf(scene, id);
          const found = classOf(scene, member);
          const says = shares ? `${classes[found!]}, ${percent(shares[found!])}` : '–';
          const known = label === null ? '' : (told ? strings.knownTold : strings.knownKept)(classes[label]);
          const ties = scene.net.ties.filter(({ a, b, cut }) => !cut && (a === id || b === id)).length;
          const button = element('button', { type: 'button', class: 'link', 'data-member': id }, name);
          return element(
            'tr',
            {},
            element('th', { scope: 'row' }, button),
            element('td', {}, swatch(found), says),
            element('td', {}, known),
            element('td', {}, String(ties)),
          );
        }),
      );
      if (focused !== undefined) host.querySelector<HTMLElement>(`[data-member="${focused}"]`)?.focus();
    };
    this.#draw();
  }
}
