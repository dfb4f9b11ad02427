/** Scenes of the page, which its address can name: drawn by a number, or put together by hand. */
import { RandomStream } from '../../engine/index';
import {
  COLOURS,
  drawScene,
  placed,
  RELATIONS,
  SHAPES,
  SIZES,
  type Kind,
  type Relation,
  type Scene,
} from '../../corpora/pictures/scene';
import { holds } from '../../corpora/pictures/captions';

/** What someone chose: one thing, or two and how the first stands to the second. */
export interface Chosen {
  readonly kinds: readonly Kind[];
  readonly relation: Relation;
  /** Of the places, which are by lot. */
  readonly seed: number;
}

/** The scene that the page opens with. */
export const FIRST = 5;

/** A scene by its number: of every three, one has an unseen colour and shape, and one an unseen pair of shapes. */
export const sceneOf = (number: number): Scene =>
  drawScene(
    new RandomStream(number, 'scene'),
    (['seen', 'unseen pair', 'unseen beside'] as const)[number % 3],
  );

/** Kinds and relation of a scene. */
export function chosenOf({ things }: Scene, seed: number): Chosen {
  const [a, b] = things;
  // Along the axis on which they are further apart.
  const upright = b !== undefined && Math.abs(a.y - b.y) > Math.abs(a.x - b.x);
  const order = upright ? [...RELATIONS].reverse() : RELATIONS;
  const relation = b === undefined ? RELATIONS[0] : order.find((one) => holds(one, a, b))!;
  return { kinds: things.map(({ shape, colour, size }) => ({ shape, colour, size })), relation, seed };
}

/** A scene as it was chosen: the first of its seed's placings in which the relation holds. */
export function sceneFrom({ kinds, relation, seed }: Chosen): Scene {
  const random = new RandomStream(seed, 'places');
  for (;;) {
    const scene = placed(kinds, random);
    const [a, b] = scene.things;
    if (b === undefined || holds(relation, a, b)) return scene;
  }
}

/** As an address has it: `large-red-star.left-of.small-blue-ring.4`. */
export function addressOf({ kinds, relation, seed }: Chosen): string {
  const [a, b] = kinds.map(({ size, colour, shape }) => [size, colour, shape].join('-'));
  return [a, ...(b === undefined ? [] : [relation.replace(' ', '-'), b]), seed].join('.');
}

/** Null for what is none. */
export function chosenFrom(address: string): Chosen | null {
  const parts = address.split('.');
  const seed = Number(parts.pop());
  const kindOf = (text = ''): Kind | null => {
    const [size, colour, shape] = text.split('-');
    const known: boolean =
      (SIZES as readonly string[]).includes(size) &&
      (COLOURS as readonly string[]).includes(colour) &&
      (SHAPES as readonly string[]).includes(shape);
    return known ? ({ size, colour, shape } as Kind) : null;
  };
  const [first, between, second] = parts;
  const relation = RELATIONS.find((one) => one === between?.replace('-', ' ')) ?? null;
  const kinds = [kindOf(first), ...(parts.length > 1 ? [kindOf(second)] : [])];
  const whole = Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32;
  if (!whole || parts.length === 2 || parts.length > 3 || kinds.includes(null)) return null;
  if (parts.length === 3 && relation === null) return null;
  return { kinds: kinds as Kind[], relation: relation ?? RELATIONS[0], seed };
}
