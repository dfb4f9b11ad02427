import { finder } from '../../view/dom';
import { inside, layOut, type Place, type Room } from '../net/layout';
import type { Net } from '../net/net';
import { Gestures } from './gestures';
import { bandBetween, RADIUS, shapeOf, svg } from './marks';
import { attentionOf, likeliest, sharesOf, type Scene } from './scene';

/** Widths of ties, px: of none, and what all of a member's attention adds. */
const THINNEST = 1;
const WIDEST = 15;

/** A member's part of the drawing. */
interface Mark {
  readonly node: SVGGElement;
  readonly body: SVGPathElement;
  readonly ring: SVGPathElement;
  readonly text: SVGTextElement;
}

/** The graph as it is drawn, and what pointers and keys do with it. */
export class Drawing {
  onChoose: (id: number | null) => void = () => undefined;
  onTie: (tie: number) => void = () => undefined;
  /** A tie is pointed at; null: none is any more. */
  onPoint: (tie: number | null) => void = () => undefined;
  onAdd: (place: Place) => void = () => undefined;
  onConnect: (a: number, b: number) => void = () => undefined;
  onKey: (id: number, key: string) => void = () => undefined;
  /** What those who do not see it are told of a member. */
  describe: (id: number) => string = String;
  drawing = false;
  readonly #host = finder()('drawing');
  readonly #ties = svg('g', { class: 'ties' });
  readonly #members = svg('g', { class: 'members' });
  readonly #rubber = svg('path', { class: 'rubber' });
  readonly #root = svg('svg', { role: 'group' }, this.#ties, this.#rubber, this.#members);
  readonly #marks = new Map<number, Mark>();
  /** As parts of the room, from 0 to 1. */
  #places = new Map<number, Place>();
  #room: Room = { width: 0, height: 0 };
  #scene: Scene | null = null;
  #pointed: number | null = null;
  /** The member that Tab comes to. */
  #stop: number | null = null;
  /** A tie that is being drawn away. */
  #drawn: { readonly tie: number; readonly at: Place } | null = null;

  constructor() {
    this.#host.append(this.#root);
    new Gestures(this.#root, {
      memberAt: (target) => idOf(target.closest('.member')),
      tieAt: (target) => idOf(target.closest('.tie')),
      canDraw: () => this.drawing,
      moved: (id, at) => this.#move(id, at),
      chosen: (id) => this.onChoose(id),
      taken: (tie) => this.onTie(tie),
      bent: (drawn) => {
        this.#drawn = drawn;
        this.#drawTies();
      },
      pointed: (tie) => this.#point(tie),
      added: (at) => this.onAdd(this.#parts(at)),
      reached: (from, at) => this.#reach(from, at),
      connected: (a, b) => this.onConnect(a, b),
    });
    this.#members.addEventListener('keydown', (event) => this.#onKey(event));
    this.#members.addEventListener('focusin', ({ target }) => {
      const id = idOf((target as Element).closest('.member'));
      if (id !== null) this.#stopAt(id);
    });
    new ResizeObserver(() => this.#measure()).observe(this.#host);
  }

  set label(label: string) {
    if (this.#root.getAttribute('aria-label') !== label) this.#root.setAttribute('aria-label', label);
  }

  show(scene: Scene): void {
    const before = this.#scene?.net;
    this.#scene = scene;
    if (this.#room.width === 0) return;
    if (!before || !scene.net.members.every(({ id }) => this.#places.has(id))) this.#place(scene.net);
    this.#draw();
  }

  /** Where a new member is to stand. */
  put(id: number, place: Place): void {
    this.#places.set(id, place);
  }

  /** Finds all places anew. */
  arrange(): void {
    if (!this.#scene || this.#room.width === 0) return;
    this.#places = layOut(this.#scene.net, this.#room);
    this.#draw();
  }

  /** Another graph comes: nobody's place is kept. */
  forget(): void {
    this.#places.clear();
  }

  focus(id: number): void {
    this.#marks.get(id)?.node.focus();
  }

  /** Whoever has a place keeps it. */
  #place(net: Net): void {
    const found = layOut(net, this.#room, this.#places);
    for (const { id } of net.members) if (!this.#places.has(id)) this.#places.set(id, found.get(id)!);
  }

  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width === 0 || (width === this.#room.width && height === this.#room.height)) return;
    // Another shape of the room: places of the former one may be too near to each other.
    const anew = this.#room.width > 0 && Math.abs(width / this.#room.width - 1) > 0.2;
    this.#room = { width, height };
    this.#root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    if (!this.#scene) return;
    if (anew) this.#places = layOut(this.#scene.net, this.#room, this.#places);
    else this.#place(this.#scene.net);
    this.#draw();
  }

  #at(id: number): Place {
    const { x, y } = this.#places.get(id)!;
    return inside({ x: x * this.#room.width, y: y * this.#room.height }, this.#room);
  }

  #parts({ x, y }: Place): Place {
    const at = inside({ x, y }, this.#room);
    return { x: at.x / this.#room.width, y: at.y / this.#room.height };
  }

  #draw(): void {
    this.#drawTies();
    this.#drawMembers();
  }

  #drawTies(): void {
    const scene = this.#scene;
    if (!scene) return;
    const { net, chosen } = scene;
    const host = this.#ties;
    while (host.childElementCount > net.ties.length) host.lastElementChild!.remove();
    while (host.childElementCount < net.ties.length) {
      host.append(svg('g', { class: 'tie' }, svg('path', { class: 'hit' }), svg('path', { class: 'band' })));
    }
    net.ties.forEach(({ a, b, cut }, i) => {
      const group = host.children[i];
      const [hit, band] = group.children;
      const [p, q] = [this.#at(a), this.#at(b)];
      const bend = this.#drawn?.tie === i ? this.#drawn.at : null;
      const wide = (from: number, to: number): number =>
        cut ? THINNEST : THINNEST + WIDEST * (attentionOf(scene, from, to) ?? 0.03);
      // Wide at the end of the one who listens.
      const path = bandBetween(p, q, wide(a, b), wide(b, a), bend);
      if (band.getAttribute('d') !== path) {
        band.setAttribute('d', path);
        hit.setAttribute('d', bandBetween(p, q, 12, 12, bend));
      }
      group.setAttribute('data-id', String(i));
      const far = chosen !== null && a !== chosen && b !== chosen;
      const classes = { cut, far, pointed: i === this.#pointed, near: chosen !== null && !far };
      for (const [name, on] of Object.entries(classes)) group.classList.toggle(name, on);
    });
  }

  #drawMembers(): void {
    const { net, chosen } = this.#scene!;
    const ids = new Set(net.members.map(({ id }) => id));
    for (const [id, { node }] of this.#marks) {
      if (ids.has(id)) continue;
      node.remove();
      this.#marks.delete(id);
    }
    if (this.#stop === null || !ids.has(this.#stop)) this.#stop = chosen ?? net.members.at(0)?.id ?? null;
    for (const { id, name, label, told } of net.members) {
      const { node, body, ring, text } = this.#markOf(id);
      const shares = sharesOf(this.#scene!, id);
      const says = shares ? likeliest(shares) : told ? label : null;
      const { x, y } = this.#at(id);
      node.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      node.setAttribute('aria-label', this.describe(id));
      node.setAttribute('aria-pressed', String(id === chosen));
      node.setAttribute('tabindex', id === this.#stop ? '0' : '-1');
      body.setAttribute('d', shapeOf(says));
      body.setAttribute('class', `body class-${says ?? 'none'}`);
      body.style.setProperty('--sure', shares ? `${sureness(shares)}%` : '0%');
      ring.setAttribute('d', shapeOf(says, RADIUS + 4));
      node.classList.toggle('told', told);
      node.classList.toggle('wrong', !told && shares !== null && label !== null && says !== label);
      const long = [...name].length > 3;
      node.classList.toggle('long', long);
      text.setAttribute('y', long ? String(RADIUS + 15) : '0');
      if (text.textContent !== name) text.textContent = name;
    }
  }

  #markOf(id: number): Mark {
    const known = this.#marks.get(id);
    if (known) return known;
    const [body, ring, text] = [svg('path'), svg('path', { class: 'ring' }), svg('text')];
    const target = svg('circle', { class: 'target', r: APART_TARGET });
    const node = svg('g', { class: 'member', role: 'button', 'data-id': id }, ...[target, ring, body, text]);
    this.#members.append(node);
    const mark = { node, body, ring, text };
    this.#marks.set(id, mark);
    return mark;
  }

  #move(id: number, at: Place): void {
    this.#places.set(id, this.#parts(at));
    this.#draw();
  }

  #point(tie: number | null): void {
    if (tie === this.#pointed) return;
    this.#pointed = tie;
    this.#drawTies();
    this.onPoint(tie);
  }

  /** A line on its way from a member to another one. */
  #reach(from: number | null, at: Place): void {
    if (from === null) return this.#rubber.removeAttribute('d');
    const { x, y } = this.#at(from);
    this.#rubber.setAttribute('d', `M${x} ${y}L${at.x} ${at.y}`);
  }

  #stopAt(id: number): void {
    this.#marks.get(this.#stop ?? -1)?.node.setAttribute('tabindex', '-1');
    this.#stop = id;
    this.#marks.get(id)?.node.setAttribute('tabindex', '0');
  }

  /** Arrow keys go to the next member in their direction. */
  #onKey(event: KeyboardEvent): void {
    const id = idOf((event.target as Element).closest('.member'));
    if (id === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (way) {
      const to = this.#nextFrom(id, way);
      if (to !== null) this.focus(to);
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.onChoose(this.#scene!.chosen === id ? null : id);
    } else if (event.key === 'Escape') this.onChoose(null);
    else if (event.key === 'Delete' || /^\d$/.test(event.key)) this.onKey(id, event.key);
    else return;
    event.preventDefault();
  }

  #nextFrom(id: number, [wx, wy]: readonly [number, number]): number | null {
    const from = this.#at(id);
    let [best, least]: [number | null, number] = [null, Infinity];
    for (const { id: other } of this.#scene!.net.members) {
      const { x, y } = this.#at(other);
      const along = (x - from.x) * wx + (y - from.y) * wy;
      const aside = Math.abs((x - from.x) * wy) + Math.abs((y - from.y) * wx);
      if (along <= 0 || other === id) continue;
      if (along + 2 * aside < least) [best, least] = [other, along + 2 * aside];
    }
    return best;
  }
}

/** Half of the room that a finger has. */
const APART_TARGET = 14;

const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

const idOf = (element: Element | null): number | null => {
  const id = element?.getAttribute('data-id');
  return id === null || id === undefined ? null : Number(id);
};

/** 0 where all classes are alike, 100 where one has all. */
function sureness(shares: readonly number[]): number {
  const even = 1 / shares.length;
  return Math.round((100 * (Math.max(...shares) - even)) / (1 - even));
}
