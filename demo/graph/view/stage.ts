import { element, finder, setText } from '../../view/dom';
import { percent } from '../../view/numbers';
import { Segments } from '../../view/segments';
import type { GraphStrings } from '../english';
import { namesOf } from '../net/asked';
import { memberOf } from '../net/net';
import type { Looked } from '../session/protocol';
import { Drawing } from './drawing';
import { swatch } from './marks';
import { classOf } from './member-panel';
import { attentionOf, likeliest, rowOf, sharesOf, type Reading, type Scene } from './scene';

/** Classes that are told one by one; further ones are counted by the drawing alone. */
const TOLD = 5;

/** The drawing with what is drawn of it, and what is told of ties under it. */
export class Stage {
  /** Another layer, head or mode. */
  onChange: () => void = () => undefined;
  /** A tie is pointed at. */
  onPoint: (tie: number | null) => void = () => undefined;
  readonly drawing = new Drawing();
  readonly #byId = finder();
  readonly #mode = new Segments(this.#byId('mode'), 'mode', () => this.onChange());
  readonly #layer = new Segments(this.#byId('layer'), 'layer', () => this.onChange());
  readonly #head = new Segments(this.#byId('head'), 'head', () => this.onChange());
  #pointed: number | null = null;

  constructor() {
    this.drawing.onPoint = (tie) => {
      this.#pointed = tie;
      this.onPoint(tie);
    };
  }

  /** Members and ties are drawn, and not looked at only. */
  get draws(): boolean {
    return this.#mode.chosen === 'draw';
  }

  startDrawing(): void {
    this.#mode.choose('draw');
  }

  get layer(): number {
    return Number(this.#layer.chosen);
  }

  /** Null: the mean of all. */
  get head(): number | null {
    return this.#head.chosen === '' ? null : Number(this.#head.chosen);
  }

  /** `heads`: of each layer. */
  offer(strings: GraphStrings, heads: readonly number[], editable: boolean): void {
    this.#mode.offer([['look', strings.look], ...(editable ? [['draw', strings.draw] as const] : [])]);
    this.#byId('mode').hidden = !editable;
    this.#layer.offer(heads.map((_, i) => [String(i), String(i + 1)] as const));
    const count = heads[Math.min(this.layer, heads.length - 1)];
    const several =
      count > 1 ? Array.from({ length: count }, (_, i) => [String(i), String(i + 1)] as const) : [];
    this.#head.offer([['', strings.mean], ...several]);
  }

  show(
    scene: Scene,
    strings: GraphStrings,
    classes: readonly string[],
    without: ReadonlyMap<number, Float32Array>,
  ): void {
    const { net } = scene;
    const { draws } = this;
    this.drawing.drawing = draws;
    setText(this.#byId('mode-hint'), draws ? strings.drawHint : strings.lookHint);
    this.#byId('add-member').hidden = !draws;
    this.drawing.label = strings.graphLabel(net.members.length, net.ties.length);
    this.drawing.describe = (id) => {
      const member = memberOf(net, id)!;
      return strings.memberLabel(member.name, saysOf(scene, member.id, strings, classes));
    };
    this.drawing.show(scene);
    this.#drawLegend(strings, classes);
    const pointed = this.#pointed !== null && this.#pointed < net.ties.length ? this.#pointed : null;
    setText(
      this.#byId('tie-readout'),
      pointed === null ? strings.tieHint : tieWords(scene, pointed, strings, classes, without),
    );
    this.#byId('tie-readout').classList.toggle('idle', pointed === null);
    const count = net.ties.filter(({ cut }) => cut).length;
    setText(
      this.#byId('changes'),
      count > 0 && scene.looked?.whole ? cutWords(scene.looked, count, strings, classes) : '',
    );
    this.#byId('put-back').hidden = count === 0;
  }

  #drawLegend(strings: GraphStrings, classes: readonly string[]): void {
    const host = this.#byId('classes-legend');
    const key = JSON.stringify([classes, strings.legendTie]);
    if (host.dataset.key === key) return;
    host.dataset.key = key;
    host.replaceChildren(
      ...classes.map((name, i) => element('span', { class: 'plain' }, swatch(i), name)),
      element('span', { class: 'told-mark' }, strings.legendTold),
      element('span', { class: 'wrong-mark' }, strings.legendWrong),
      element('span', { class: 'tie-mark' }, strings.legendTie),
    );
  }
}

function saysOf(scene: Scene, id: number, strings: GraphStrings, classes: readonly string[]): string {
  const member = memberOf(scene.net, id)!;
  const shares = sharesOf(scene, id);
  const found = classOf(scene, member);
  const says =
    found === null || !shares ? strings.notRead : strings.isClass(classes[found], percent(shares[found]));
  return member.told && member.label !== null
    ? `${says}${strings.and}${strings.isTold(classes[member.label])}`
    : says;
}

/** A tie's attention, and what would be without it. */
function tieWords(
  scene: Scene,
  tie: number,
  strings: GraphStrings,
  classes: readonly string[],
  without: ReadonlyMap<number, Float32Array>,
): string {
  const { net, looked: reading } = scene;
  const names = namesOf(net, tie);
  const { a, b, cut } = net.ties[tie];
  if (cut) return strings.tieCut(...names);
  const given = [attentionOf(scene, a, b), attentionOf(scene, b, a)];
  if (!reading || given[0] === null || given[1] === null) return names.join(' – ');
  const told = strings.tieTold(...names, percent(given[0]), percent(given[1]));
  const shares = without.get(tie);
  if (!shares) return told;
  const changed = changesOf(reading, reading.looked.shares, shares).map(({ name, then }) => {
    const found = likeliest(then);
    return strings.wouldBe(name, classes[found], percent(then[found]));
  });
  const effect =
    changed.length > 0
      ? `${strings.withoutIt}${strings.space}${changed.slice(0, TOLD).join(strings.and)}${strings.end}`
      : strings.noneChanges;
  return `${told}${strings.space}${effect}`;
}

/** Members whose class is another one. */
function changesOf({ net }: Reading, before: Float32Array, after: Float32Array) {
  const K = net.classes.length;
  return net.members.flatMap(({ name }, at) => {
    const [now, then] = [rowOf(before, at, K), rowOf(after, at, K)];
    return likeliest(now) === likeliest(then) ? [] : [{ name, now, then }];
  });
}

function cutWords(
  reading: Reading,
  count: number,
  strings: GraphStrings,
  classes: readonly string[],
): string {
  const whole: Looked = reading.whole!;
  const { shares } = reading.looked;
  const changed = changesOf(reading, whole.shares, shares).map(({ name, now, then }) => {
    const found = likeliest(then);
    return strings.nowIs(name, classes[found], percent(then[found]), classes[likeliest(now)]);
  });
  const words =
    changed.length > 0 ? changed.slice(0, TOLD).join(strings.and) : mostChanged(reading, whole, strings);
  return `${strings.cuts(count)}${strings.space}${words}${strings.end}`;
}

/** Where no class changes: the member whose shares do most. */
function mostChanged({ net, looked }: Reading, whole: Looked, strings: GraphStrings): string {
  const K = net.classes.length;
  let [best, most] = [0, -1];
  looked.shares.forEach((share, i) => {
    const by = Math.abs(share - whole.shares[i]);
    if (by > most) [best, most] = [Math.floor(i / K), by];
  });
  const [before, after] = [whole, looked].map(({ shares }) => Math.max(...rowOf(shares, best, K)));
  return strings.cutsChange(net.members[best].name, percent(before), percent(after));
}
