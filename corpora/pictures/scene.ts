/** Scenes of one or two coloured shapes, drawn by lot from a seed, and which of their combinations no model is trained on. */
import type { RandomStream } from '../../engine/index';

export const SHAPES = ['circle', 'square', 'triangle', 'star', 'cross', 'ring'] as const;
export const COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'black'] as const;
export const SIZES = ['small', 'large'] as const;
export const RELATIONS = ['left of', 'right of', 'above', 'below'] as const;

export type Shape = (typeof SHAPES)[number];
export type Colour = (typeof COLOURS)[number];
export type Size = (typeof SIZES)[number];
export type Relation = (typeof RELATIONS)[number];

/** What one thing in a picture is called by. */
export interface Kind {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
}

/** A thing in a picture whose sides are 1: where its middle is, how far it reaches, and how it is turned, in radians. */
export interface Thing extends Kind {
  readonly x: number;
  readonly y: number;
  readonly reach: number;
  readonly turn: number;
  /** Added to each channel of its colour, from -1 to 1. */
  readonly tint: readonly [number, number, number];
}

/** One thing or two, which do not touch. */
export interface Scene {
  readonly things: readonly Thing[];
  /** Of the background, 0 to 1 each. */
  readonly paper: readonly [number, number, number];
}

/** Colours of shapes that no picture to train on has, one for each shape and two for some: `colour shape`. */
export const HELD_PAIRS: ReadonlySet<string> = new Set([
  'red star',
  'blue circle',
  'green square',
  'yellow triangle',
  'purple cross',
  'orange ring',
  'black circle',
  'pink square',
]);

/** Shapes that no picture to train on has beside each other: `shape shape`, in the order of `SHAPES`. */
export const HELD_BESIDE: ReadonlySet<string> = new Set([
  'circle star',
  'square ring',
  'triangle cross',
  'square triangle',
]);

/** Which pictures: of combinations to train on, or with a pair of colour and shape, or of two shapes, that is held out. */
export type Part = 'seen' | 'unseen pair' | 'unseen beside';
export const PARTS = ['seen', 'unseen pair', 'unseen beside'] as const satisfies readonly Part[];

const isHeldPair = ({ colour, shape }: Kind): boolean => HELD_PAIRS.has(`${colour} ${shape}`);
const isHeldBeside = ([a, b]: readonly Kind[]): boolean =>
  b !== undefined && (HELD_BESIDE.has(`${a.shape} ${b.shape}`) || HELD_BESIDE.has(`${b.shape} ${a.shape}`));

/** Which part a scene of these belongs to; one that has both kinds of unseen combinations belongs to none, null. */
export function partOf(kinds: readonly Kind[]): Part | null {
  const [pair, beside] = [kinds.some(isHeldPair), isHeldBeside(kinds)];
  if (pair && beside) return null;
  return pair ? 'unseen pair' : beside ? 'unseen beside' : 'seen';
}

/** How far things of a size reach from their middle. */
const REACH: Readonly<Record<Size, readonly [number, number]>> = {
  small: [0.125, 0.14],
  large: [0.195, 0.218],
};
/** Middles stand on lines that divide a side in so many parts. */
const LINES = 12;
/** How much two middles differ along an axis, or do not: what is between could be said either way. */
export const APART = 0.15;
const ALIKE = 0.1;
/** Between the reaches of two things, and of a thing and the edge. */
const GAP = 0.03;

const pick = <T>(random: RandomStream, of: readonly T[]): T => of[random.below(of.length)];
const between = (random: RandomStream, [from, to]: readonly [number, number]): number =>
  from + (to - from) * random.uniform();

/** A kind by lot. */
export const drawKind = (random: RandomStream): Kind => ({
  shape: pick(random, SHAPES),
  colour: pick(random, COLOURS),
  size: pick(random, SIZES),
});

/** Places of things of these kinds by lot: along each axis their middles are clearly apart, or clearly not. */
export function placed(kinds: readonly Kind[], random: RandomStream): Scene {
  const grey = 0.86 + 0.14 * random.uniform();
  const paper = [0, 1, 2].map(() => Math.min(1, grey + 0.04 * random.uniform() - 0.02));
  for (;;) {
    const things = kinds.map((kind): Thing => {
      const reach = between(random, REACH[kind.size]);
      const edge = reach + GAP;
      const [from, to] = [Math.ceil(edge * LINES), Math.floor((1 - edge) * LINES)];
      const [x, y] = [0, 1].map(() => (from + random.below(to - from + 1)) / LINES);
      const turn = 0.16 * (random.uniform() - 0.5);
      const tint = [0, 1, 2].map(() => 2 * random.uniform() - 1) as [number, number, number];
      return { ...kind, x, y, reach, turn, tint };
    });
    if (isClear(things)) return { things, paper: paper as [number, number, number] };
  }
}

/** Whether two things do not touch, and how they stand to each other can be said. */
export function isClear([a, b]: readonly Thing[]): boolean {
  if (b === undefined) return true;
  const [dx, dy] = [Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
  const sure = (d: number): boolean => d >= APART || d <= ALIKE;
  const apart = Math.hypot(dx, dy) >= a.reach + b.reach + GAP;
  return apart && sure(dx) && sure(dy) && Math.max(dx, dy) >= APART;
}

/** A scene of a part by lot: two things three times out of four, of different kinds. */
export function drawScene(random: RandomStream, part: Part = 'seen'): Scene {
  for (;;) {
    const two = part === 'unseen beside' || random.uniform() < 0.75;
    const kinds = two ? [drawKind(random), drawKind(random)] : [drawKind(random)];
    const [a, b] = kinds;
    const alike = b !== undefined && a.shape === b.shape && a.colour === b.colour && a.size === b.size;
    if (!alike && partOf(kinds) === part) return placed(kinds, random);
  }
}
