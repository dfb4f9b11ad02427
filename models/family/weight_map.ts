/** Which tensors of a checkpoint a model's parameters are, said once for reading and for writing. */
import {
  EngineError,
  formatShape,
  namePattern,
  ShapeError,
  sizeOf,
  type Parameter,
  type Shape,
} from '../../engine/index';
import type { Entry, Part } from '../pretrained_checkpoint';

/** A parameter's tensors there, where a name alone does not say it. */
export interface WeightRule {
  /** See `WeightMap.tensors`. */
  readonly from: string;
  /** Other names of the same tensor: a file may have one of them, or several with equal numbers, it is tied. */
  readonly copies?: readonly string[];
  /** Its shape there, as numbers in the same order. Default: as here. */
  readonly shape?: (shape: Shape) => Shape;
  /** What it is where a file leaves it out. Default: it must be there. */
  readonly absent?: (shape: Shape) => Float32Array;
  /**
   * Rows there are in as many groups, and each has the same part of each of the parameter's sections: BLOOM and GPT-NeoX
   * have a head's query, its key and its value, then the next head's. Default: sections follow each other.
   */
  readonly groups?: number;
}

/** How a family's files name its parameters, in both directions. */
export interface WeightMap {
  /**
   * Names of ours, and what they are there: `'layers.*.norm.{weight,bias}': 'h.*.ln.{weight,bias}'`. A star is a number,
   * and braces are one of several words; where the other side has the same ones they are filled in. Braces that only the
   * checkpoint has are several tensors whose rows follow each other in ours: `'h.*.{q,k,v}.weight'`. Of several rules that
   * a name of ours fits, the first holds.
   */
  readonly tensors: Readonly<Record<string, string | WeightRule>>;
  /** What all names of a model with a head begin with, but not those of the head: a bare model's names leave it out. */
  readonly prefix?: string;
  /** Endings that old versions wrote, and what they are now: `{ '.gamma': '.weight' }`. */
  readonly spellings?: Readonly<Record<string, string>>;
  /** Beginnings that other classes of the family have, and what they are in this one: `{ 'model.': 'transformer.' }`. */
  readonly beginnings?: Readonly<Record<string, string>>;
  /** Tensors that hold no weights, which Transformers itself skips. */
  readonly ignored?: RegExp;
  /** Weights of parts that the model does not have, such as another head: they are saved as they came. */
  readonly kept?: RegExp;
  /** Tensors of any head: where a new one is asked for they may be missing, and those of others are left out. */
  readonly heads?: RegExp;
}

/** Words of a name: a star or braces, which are filled in one after the other. */
const HOLES = /\*|\{[^}]*\}/g;

/** Every parameter's entry in a checkpoint with these names (none: in a new one); throws `EngineError` or `ShapeError` for mistakes of the map. */
export function entriesOf(
  map: WeightMap,
  parameters: ReadonlyMap<string, Parameter>,
  names: readonly string[],
): Map<string, Entry> {
  const { prefix = '' } = map;
  const bare = names.length > 0 && !names.some((name) => name.startsWith(prefix));
  const owners = new Map<string, string>();
  const plain = (template: string): string => template.replace(/\s/g, '');
  const patterns = Object.entries(map.tensors).map(([written, rule]) => ({ ours: plain(written), rule }));
  const rules = patterns.map(({ ours, rule }) => ({
    holes: ours.match(HOLES) ?? [],
    pattern: namePattern(ours),
    rule: typeof rule === 'string' ? { from: rule } : rule,
  }));
  const there = (name: string): string =>
    bare && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return new Map(
    [...parameters].map(([name, parameter]): [string, Entry] => {
      for (const { holes, pattern, rule } of rules) {
        const found = pattern.exec(name);
        if (!found) continue;
        const { shape: reshape = (shape) => shape, absent, copies = [], groups } = rule;
        const fill = (template: string): string[] =>
          filled(plain(template), holes, found.slice(1)).map(there);
        const from = fill(rule.from);
        const alike = copies.map(fill);
        if (alike.some(({ length }) => length !== from.length)) {
          throw new EngineError(name, `a copy is not of ${from.length} tensors`, 'Give it the same braces.');
        }
        const shapes = partShapes(name, parameter, from.length);
        const parts = from.map((part, i): Part => {
          const shape = reshape(shapes[i]);
          if (sizeOf(shape) !== sizeOf(shapes[i])) {
            const what = `shape makes ${formatShape(shape)} of ${formatShape(shapes[i])}`;
            throw new ShapeError(name, what, 'It must keep the count of numbers.');
          }
          return { name: part, shape, ...(alike.length && { copies: alike.map((copy) => copy[i]) }) };
        });
        for (const tensor of [from, ...alike].flat()) {
          const owner = owners.get(tensor);
          if (owner !== undefined) {
            throw new EngineError(
              name,
              `${tensor} is ${owner} already`,
              'Give each its own in the WeightMap.',
            );
          }
          owners.set(tensor, name);
        }
        return [
          name,
          {
            ...{ shape: parameter.shape, parts },
            ...(absent && { absent: () => absent(parameter.shape) }),
            ...(groups !== undefined && { order: groupedRows(name, parameter, groups) }),
          },
        ];
      }
      throw new EngineError(name, 'the family has no tensor for it', 'Add it to the WeightMap.');
    }),
  );
}

/** A template with its holes filled by the words at the holes of ours that look the same; other braces are spread. */
function filled(template: string, holes: readonly string[], words: readonly string[]): string[] {
  const used = new Set<number>();
  return template.split(/(\*|\{[^}]*\})/).reduce<string[]>(
    (names, piece) => {
      if (!/^(\*|\{)/.test(piece)) return names.map((name) => name + piece);
      const hole = holes.findIndex((own, i) => own === piece && !used.has(i));
      if (hole >= 0) {
        used.add(hole);
        return names.map((name) => name + words[hole]);
      }
      if (piece === '*')
        throw new EngineError(template, 'a star has no number to take', 'Give ours one, too.');
      return names.flatMap((name) =>
        piece
          .slice(1, -1)
          .split(',')
          .map((word) => name + word),
      );
    },
    [''],
  );
}

/** Shapes of `count` tensors whose rows make up a parameter. */
function partShapes(name: string, { shape, sections }: Parameter, count: number): Shape[] {
  if (count === 1) return [shape];
  const [rows, ...rest] = shape;
  const all = sections?.length === count ? sections : Array.from({ length: count }, () => rows / count);
  if (all.every(Number.isInteger) && all.reduce((sum, n) => sum + n, 0) === rows) {
    return all.map((n) => [n, ...rest]);
  }
  throw new EngineError(name, `${count} tensors do not make up its ${rows} rows`, 'Give it sections.');
}

/** For each row of ours its row there, see `WeightRule.groups`. */
function groupedRows(name: string, parameter: Parameter, groups: number): Uint32Array {
  const { shape } = parameter;
  const sections = parameter.sections ?? [shape[0]];
  const all = sections.reduce((sum, n) => sum + n, 0);
  if (all !== shape[0] || sections.some((n) => n % groups !== 0)) {
    const what = `sections of ${sections.join(', ')} rows are not in ${groups} groups`;
    throw new EngineError(name, what, 'Give it sections that the groups divide.');
  }
  const inGroup = all / groups;
  const order = new Uint32Array(all);
  let [row, before] = [0, 0];
  for (const section of sections) {
    const own = section / groups;
    for (let i = 0; i < section; i++) order[row++] = Math.floor(i / own) * inGroup + before + (i % own);
    before += own;
  }
  return order;
}

/** The names of a file in today's spelling, and what each is called there. */
export function respelt(
  { spellings = {}, beginnings = {} }: WeightMap,
  names: readonly string[],
): ReadonlyMap<string, string> {
  return new Map(
    names.map((name) => {
      const old = Object.keys(spellings).find((ending) => name.endsWith(ending));
      const now = old === undefined ? name : name.slice(0, -old.length) + spellings[old];
      const other = Object.keys(beginnings).find((beginning) => now.startsWith(beginning));
      return [other === undefined ? now : beginnings[other] + now.slice(other.length), name];
    }),
  );
}
