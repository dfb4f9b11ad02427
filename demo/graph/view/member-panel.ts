import { element, finder, onClick, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import { Segments } from '../../view/segments';
import type { GraphStrings } from '../english';
import { memberOf, MOST_CLASSES, tieBetween, type Member } from '../net/net';
import { swatch } from './marks';
import { attentionOf, likeliest, rowOf, sharesOf, type Scene } from './scene';

/** What the panel knows besides the scene. */
export interface MemberWords {
  readonly strings: GraphStrings;
  /** Names of classes in the language of the page. */
  readonly classes: readonly string[];
  /** By tie: classes of all members without it. */
  readonly without: ReadonlyMap<number, Float32Array>;
  /** Ids of the members that the network was taught. */
  readonly known: readonly number[];
  /** The graph can be changed. */
  readonly editable: boolean;
}

/** The member that is looked at: its class, whom it listens to, and what each tie is worth. */
export class MemberPanel {
  onChoose: (id: number) => void = () => undefined;
  onTie: (tie: number) => void = () => undefined;
  onLabel: (label: number | null, told: boolean) => void = () => undefined;
  onConnect: (other: number) => void = () => undefined;
  onRemove: () => void = () => undefined;
  readonly #byId = finder();
  readonly #told = this.#byId<HTMLInputElement>('told');
  readonly #other = this.#byId<HTMLSelectElement>('tie-to');
  readonly #label = new Segments(this.#byId('label'), 'label', () => this.#setLabel());

  constructor() {
    this.#told.addEventListener('change', () => this.#setLabel());
    this.#byId('editing').addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#other.value !== '') this.onConnect(Number(this.#other.value));
    });
    onClick('remove', () => this.onRemove());
    this.#byId('neighbours').addEventListener('click', ({ target }) => {
      const { member, tie } = (target as Element).closest<HTMLElement>('button')?.dataset ?? {};
      if (member !== undefined) this.onChoose(Number(member));
      if (tie !== undefined) this.onTie(Number(tie));
    });
  }

  show(scene: Scene, words: MemberWords): void {
    const member = scene.chosen === null ? undefined : memberOf(scene.net, scene.chosen);
    this.#byId('member-empty').hidden = member !== undefined;
    this.#byId('member-shown').hidden = member === undefined;
    const { strings, known, editable } = words;
    setText(this.#byId('member-title'), member ? strings.memberTitle(member.name) : strings.member);
    if (!member) return;
    const shares = sharesOf(scene, member.id);
    this.#drawShares(shares, member, words);
    const isStranger = scene.looked !== null && !known.includes(member.id);
    const tied = scene.net.ties.some(({ a, b }) => a === member.id || b === member.id);
    setText(this.#byId('member-note'), isStranger ? strings.stranger : tied ? '' : strings.noTies);
    this.#drawNeighbours(scene, member, words);
    this.#byId('editing').hidden = !editable;
    if (editable) this.#drawEditing(scene, member, words);
  }

  #drawShares(shares: readonly number[] | null, member: Member, { strings, classes }: MemberWords): void {
    const rows = classes.map((name, i) => {
      const share = shares?.[i] ?? 0;
      const note = member.label !== i ? '' : member.told ? strings.legendTold : strings.truth;
      const row = element(
        'li',
        { class: `class-${i}` },
        swatch(i),
        element('span', { class: 'name' }, name, ...(note ? [element('small', {}, note)] : [])),
        element('span', { class: 'track' }, element('span')),
        element('span', { class: 'percent' }, shares ? percent(share) : '–'),
      );
      row.style.setProperty('--share', share.toFixed(4)); // an attribute would break the page's policy
      return row;
    });
    this.#byId('shares').replaceChildren(...rows);
  }

  #drawNeighbours(scene: Scene, { id }: Member, words: MemberWords): void {
    const { net } = scene;
    const { strings } = words;
    const rows = net.ties
      .flatMap(({ a, b, cut }, tie) => {
        if (a !== id && b !== id) return [];
        const other = memberOf(net, a === id ? b : a)!;
        return [{ tie, cut, other, weight: cut ? null : attentionOf(scene, id, other.id) }];
      })
      .sort((a, b) => (b.weight ?? -1) - (a.weight ?? -1));
    const host = this.#byId('neighbours');
    const focused = host.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset
      : null;
    const made = rows.map(({ tie, cut, other, weight }) => {
      const name = element('button', { type: 'button', class: 'link', 'data-member': other.id }, other.name);
      const act = cut ? strings.restore : strings.cut;
      const acts = (cut ? strings.restoreTie : strings.cutTie)(other.name);
      const button = element('button', { type: 'button', 'data-tie': tie, 'aria-label': acts }, act);
      return element(
        'tr',
        { class: cut ? 'cut' : '' },
        element('th', { scope: 'row' }, swatch(classOf(scene, other)), name),
        shareCell(weight),
        element('td', {}, cut ? '' : this.#effect(scene, id, tie, words)),
        element('td', {}, button),
      );
    });
    const own = attentionOf(scene, id, id);
    if (own !== null) {
      made.push(
        element(
          'tr',
          { class: 'itself' },
          element('th', { scope: 'row' }, swatch(classOf(scene, memberOf(net, id)!)), strings.itself),
          shareCell(own),
          element('td'),
          element('td'),
        ),
      );
    }
    host.replaceChildren(...made);
    if (focused) {
      const name = focused.tie === undefined ? 'member' : 'tie';
      host.querySelector<HTMLElement>(`[data-${name}="${focused[name]}"]`)?.focus();
    }
  }

  /** What becomes of the member without a tie. */
  #effect(scene: Scene, id: number, tie: number, { strings, classes, without }: MemberWords): string {
    const shares = without.get(tie);
    const now = sharesOf(scene, id);
    if (!shares || !now) return '…';
    const at = scene.net.members.findIndex((one) => one.id === id);
    const then = rowOf(shares, at, classes.length);
    const found = likeliest(then);
    return found === likeliest(now)
      ? strings.stays(percent(then[found]))
      : strings.becomes(classes[found], percent(then[found]));
  }

  #drawEditing({ net }: Scene, member: Member, { strings, classes }: MemberWords): void {
    const open = net.classes.length < MOST_CLASSES;
    const names = [...classes, ...(open ? [strings.newClass(classes.length + 1)] : [])];
    this.#label.offer([['', strings.unknown], ...names.map((name, i) => [String(i), name] as const)]);
    this.#label.choose(member.label === null ? '' : String(member.label));
    this.#told.checked = member.told;
    this.#told.disabled = member.label === null;
    const others = net.members.filter(({ id }) => id !== member.id && tieBetween(net, id, member.id) < 0);
    const key = others.map(({ id, name }) => `${id} ${name}`).join();
    if (this.#other.dataset.key !== key) {
      this.#other.dataset.key = key;
      this.#other.replaceChildren(...others.map(({ id, name }) => element('option', { value: id }, name)));
    }
    this.#byId<HTMLButtonElement>('tie').disabled = others.length === 0;
  }

  #setLabel(): void {
    const { chosen } = this.#label;
    if (chosen === '') return this.onLabel(null, false);
    // A label that is new is told.
    this.onLabel(Number(chosen), this.#told.disabled || this.#told.checked);
  }
}

export const classOf = (scene: Scene, { id, label, told }: Member): number | null => {
  const shares = sharesOf(scene, id);
  return shares ? likeliest(shares) : told ? label : null;
};

function shareCell(share: number | null): HTMLElement {
  const cell = element('td', { class: 'share-cell' }, share === null ? '–' : percent(share));
  cell.style.setProperty('--share', (share ?? 0).toFixed(4));
  return cell;
}
