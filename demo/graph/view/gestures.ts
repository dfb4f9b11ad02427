/** Pointers on a drawing: a member is chosen, moved or tied; a tie is taken, or drawn away from where it is. */
import type { Place } from '../net/layout';

export interface GestureParts {
  readonly memberAt: (target: Element) => number | null;
  readonly tieAt: (target: Element) => number | null;
  /** The graph is being drawn: empty ground is a new member, and a line from one to another a tie. */
  readonly canDraw: () => boolean;
  readonly moved: (id: number, at: Place) => void;
  /** Null: none is. */
  readonly chosen: (id: number | null) => void;
  readonly taken: (tie: number) => void;
  readonly bent: (drawn: { readonly tie: number; readonly at: Place } | null) => void;
  readonly pointed: (tie: number | null) => void;
  readonly added: (at: Place) => void;
  /** A line from a member to a place; null: no more. */
  readonly reached: (from: number | null, at: Place) => void;
  readonly connected: (a: number, b: number) => void;
}

/** A pointer that moved less has pressed, px. */
const STILL = 5;
/** How far a tie is drawn away until it breaks, px. */
const BREAKS = 36;

interface Held {
  readonly pointer: number;
  readonly member: number | null;
  readonly tie: number | null;
  readonly from: Place;
  far: number;
}

export class Gestures {
  readonly #root: SVGSVGElement;
  readonly #parts: GestureParts;
  #held: Held | null = null;

  constructor(root: SVGSVGElement, parts: GestureParts) {
    [this.#root, this.#parts] = [root, parts];
    root.addEventListener('pointerdown', (event) => this.#down(event));
    root.addEventListener('pointermove', (event) => this.#move(event));
    root.addEventListener('pointerup', (event) => this.#up(event));
    root.addEventListener('pointercancel', () => this.#end());
    root.addEventListener('pointerleave', () => {
      if (!this.#held) parts.pointed(null);
    });
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || this.#held) return;
    const target = event.target as Element;
    const [member, tie] = [this.#parts.memberAt(target), this.#parts.tieAt(target)];
    this.#held = { pointer: event.pointerId, member, tie, from: placeOf(event, this.#root), far: 0 };
    if (member === null && tie === null) return;
    this.#root.setPointerCapture(event.pointerId);
    if (tie !== null) this.#parts.pointed(tie);
  }

  #move(event: PointerEvent): void {
    const held = this.#held;
    const at = placeOf(event, this.#root);
    if (!held) {
      if (event.pointerType === 'mouse') this.#parts.pointed(this.#parts.tieAt(event.target as Element));
      return;
    }
    if (event.pointerId !== held.pointer) return;
    held.far = Math.max(held.far, Math.hypot(at.x - held.from.x, at.y - held.from.y));
    if (held.far < STILL) return;
    if (held.member !== null) {
      if (this.#parts.canDraw()) this.#parts.reached(held.member, at);
      else this.#parts.moved(held.member, at);
    } else if (held.tie !== null) this.#parts.bent({ tie: held.tie, at });
  }

  #up(event: PointerEvent): void {
    const held = this.#held;
    if (!held || event.pointerId !== held.pointer) return;
    this.#end();
    const { member, tie, from, far } = held;
    const { chosen, taken, added, connected, canDraw, memberAt } = this.#parts;
    const at = placeOf(event, this.#root);
    if (member !== null) {
      if (far < STILL) return chosen(member);
      const over = document.elementFromPoint(event.clientX, event.clientY);
      const other = over && this.#root.contains(over) ? memberAt(over) : null;
      if (canDraw() && other !== null && other !== member) connected(member, other);
    } else if (tie !== null) {
      // Let go before it breaks, it springs back.
      if (far < STILL || Math.hypot(at.x - from.x, at.y - from.y) > BREAKS) taken(tie);
    } else if (far < STILL) {
      if (canDraw()) added(at);
      else chosen(null);
    }
  }

  #end(): void {
    this.#held = null;
    this.#parts.bent(null);
    this.#parts.reached(null, { x: 0, y: 0 });
  }
}

function placeOf({ clientX, clientY }: PointerEvent, root: SVGSVGElement): Place {
  const { left, top } = root.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}
