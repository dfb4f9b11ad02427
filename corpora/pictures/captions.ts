/** What can truly be said of a scene, and whether what is said is true. */
import {
  APART,
  COLOURS,
  RELATIONS,
  SHAPES,
  SIZES,
  type Kind,
  type Relation,
  type Scene,
  type Thing,
} from './scene';

/** Every word of captions, in the order of their ids behind the special tokens. */
export const WORDS: readonly string[] = [
  ...['a', ...SIZES, ...COLOURS, ...SHAPES],
  ...new Set(RELATIONS.flatMap((relation) => relation.split(' '))),
];

const named = ({ size, colour, shape }: Kind): string => `a ${size} ${colour} ${shape}`;

/** Whether the first of two things is left of, right of, above or below the second: each by 0.15 of the picture's side at least. */
export function holds(relation: Relation, a: Thing, b: Thing): boolean {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  return { 'left of': dx, 'right of': -dx, above: dy, below: -dy }[relation] >= APART;
}

/**
 * The one caption that is taught: of two things the larger first, or of two alike the upper left one; and how they stand to each
 * other along the axis on which they are further apart.
 */
export function taught({ things }: Scene): string {
  const [a, b] = things;
  if (b === undefined) return named(a);
  const ahead = a.size === b.size ? a.x + a.y <= b.x + b.y : a.size === 'large';
  const [first, second] = ahead ? [a, b] : [b, a];
  const [dx, dy] = [second.x - first.x, second.y - first.y];
  const [across, down] = [dx > 0 ? 'left of' : 'right of', dy > 0 ? 'above' : 'below'];
  return `${named(first)} ${Math.abs(dx) > Math.abs(dy) ? across : down} ${named(second)}`;
}

/** All captions that are true of a scene and name all that it holds. */
export function references({ things }: Scene): string[] {
  const [a, b] = things;
  if (b === undefined) return [named(a)];
  return [
    [a, b],
    [b, a],
  ].flatMap(([first, second]) =>
    RELATIONS.filter((relation) => holds(relation, first, second)).map(
      (relation) => `${named(first)} ${relation} ${named(second)}`,
    ),
  );
}

const KIND = `a (${SIZES.join('|')}) (${COLOURS.join('|')}) (${SHAPES.join('|')})`;
const CAPTION = new RegExp(`^${KIND}(?: (${RELATIONS.join('|')}) ${KIND})?$`);

/** What a caption says; null for what is none. */
export function readCaption(
  caption: string,
): { readonly kinds: readonly Kind[]; readonly relation: Relation | null } | null {
  const found = CAPTION.exec(caption);
  if (!found) return null;
  const [size, colour, shape, relation, ...second] = found.slice(1);
  const kind = (words: readonly string[]): Kind =>
    ({ size: words[0], colour: words[1], shape: words[2] }) as Kind;
  const kinds = [kind([size, colour, shape]), ...(relation === undefined ? [] : [kind(second)])];
  return { kinds, relation: (relation as Relation | undefined) ?? null };
}

/** Why a caption is not true of a scene; null where it is: 'words' of none, 'count' of things, 'kind' of one, 'relation'. */
export type Fault = 'words' | 'count' | 'kind' | 'relation';

/**
 * Judges a caption. True is what names every thing of the scene as what it is, and of two how they stand to each other. Any order and
 * any relation that holds will do.
 */
export function faultOf(caption: string, scene: Scene): Fault | null {
  const said = readCaption(caption);
  if (!said) return 'words';
  const { kinds, relation } = said;
  const { things } = scene;
  if (kinds.length !== things.length) return 'count';
  const is = (kind: Kind, thing: Thing): boolean => named(kind) === named(thing);
  const orders = things.length === 1 ? [things] : [things, [...things].reverse()];
  const fitting = orders.filter((order) => kinds.every((kind, i) => is(kind, order[i])));
  if (fitting.length === 0) return 'kind';
  const true_ = relation === null || fitting.some(([a, b]) => holds(relation, a, b));
  return true_ ? null : 'relation';
}
