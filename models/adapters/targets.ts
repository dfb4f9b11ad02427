/** Which modules a configuration of PEFT means, by the rules that PEFT has. */
import { DataError, nearest } from '../../engine/index';
import { HEADS, type TheirLinear, type TheirModules, type TheirTable } from './modules';

const FILE = 'adapter_config.json';

export interface Targets {
  /** Names or their ends; or an expression of whole names; or 'all-linear'. */
  readonly targets: readonly string[] | string;
  /** The same of those that are left out. */
  readonly exclude: readonly string[] | string | null;
  /** Numbers of layers. */
  readonly layers: readonly number[] | null;
  /** What numbers of layers stand behind in names, such as 'layer'. Default: any word. */
  readonly layersPattern: readonly string[] | null;
  /** Whether it is for classes of texts, whose scores 'all-linear' leaves out. */
  readonly classes: boolean;
}

/** A regular expression of Python, as JavaScript's. Throws `DataError` for what that does not know. */
function expression(text: string, key: string, whole: (inner: string) => string): RegExp {
  try {
    return new RegExp(whole(text.replaceAll('(?P<', '(?<')), 'u');
  } catch (cause) {
    const what = `${key} is ${JSON.stringify(text)}`;
    const todo = 'JavaScript does not read that expression: name the modules in a list.';
    throw new DataError(FILE, what, todo, { cause });
  }
}

const wholeName = (text: string, key: string): RegExp => expression(text, key, (s) => `^(?:${s})$`);

const ends = (name: string, list: readonly string[]): boolean =>
  list.some((end) => name === end || name.endsWith(`.${end}`));

/** Heads, which 'all-linear' leaves out. */
const isHead = ({ name }: TheirLinear, classes: boolean): boolean =>
  HEADS.test(name) || (classes && /^(score|classifier)(\.|$)/.test(name));

/** The number of the layer that a module is in, null where it is in none. */
function layerOf(name: string, patterns: readonly string[] | null): number | null {
  if (!patterns) return Number(/.*\.[^.]*\.(\d+)\./.exec(name)?.[1] ?? NaN);
  for (const pattern of patterns) {
    const found = expression(pattern, 'layers_pattern', (s) => `^.*\\.${s}\\.(\\d+)\\.`).exec(name);
    if (found) return Number(found[1]);
  }
  return null;
}

/** What a configuration means. */
export interface Targeted {
  readonly linear: readonly TheirLinear[];
  /** Tables of embeddings. */
  readonly tables: readonly TheirTable[];
}

/** The linear layers that are meant, as `targetedOf`. Throws `DataError` for tables of embeddings, too. */
export function targeted(
  targets: Targets,
  modules: TheirModules,
  saved: (name: string) => boolean,
): readonly TheirLinear[] {
  const { linear, tables } = targetedOf(targets, modules, saved);
  if (tables.length === 0) return linear;
  const what = `target_modules has ${tables[0].name}, which is a table of embeddings`;
  throw new DataError(FILE, what, 'Only LoRA adapts these: leave it out.');
}

/**
 * The linear layers and tables of embeddings that are meant, in the order of the model. Throws `DataError` where there are none
 * (with the nearest names), and for modules of other kinds.
 */
export function targetedOf(
  { targets, exclude, layers, layersPattern, classes }: Targets,
  modules: TheirModules,
  saved: (name: string) => boolean,
): Targeted {
  const isMeant = matcher(targets, 'target_modules');
  const isOut = exclude === null ? (): boolean => false : matcher(exclude, 'exclude_modules');
  const all = targets === 'all-linear';
  const within = (name: string): boolean =>
    layers === null || layers.includes(layerOf(name, layersPattern) ?? NaN);
  const found: TheirLinear[] = [];
  const tables: TheirTable[] = [];
  for (const name of modules.names) {
    if (saved(name) || isOut(name)) continue;
    const linear = modules.linear.get(name);
    if (all ? !linear || isHead(linear, classes) : !isMeant(name)) continue;
    // Names that are given in full are meant whatever the layer, as in PEFT.
    if (!(Array.isArray(targets) && targets.includes(name)) && !within(name)) continue;
    const table = all ? undefined : modules.tables.get(name);
    if (table) {
      expectAlone(table);
      tables.push(table);
      continue;
    }
    if (!linear?.place) {
      const what = `target_modules has ${name}, which is ${linear ? 'a part of a layer' : 'no linear layer'} here`;
      throw new DataError(FILE, what, 'Only linear layers and tables of embeddings are adapted: name those.');
    }
    found.push(linear);
  }
  if (found.length + tables.length > 0) return { linear: found, tables };
  const known = [...modules.linear.keys()];
  const given = typeof targets === 'string' ? [targets] : targets;
  const near = given.flatMap((name) => nearest(name, endsOf(known), 2));
  throw new DataError(
    FILE,
    `target_modules ${JSON.stringify(targets)} is none of the model's ${known.length} linear layers` +
      (layers ? ` within the layers ${layers.join(', ')}` : ''),
    `The nearest are ${[...new Set(near)].join(', ')}: is the adapter for another base?`,
  );
}

/** Throws `DataError` for a table that several modules share, of which PEFT adapts each by itself. */
function expectAlone({ name, others }: TheirTable): void {
  if (others.length === 0) return;
  const what = `target_modules has ${name}, whose table ${others.join(' and ')} read, too`;
  throw new DataError(FILE, what, 'That is not done: name linear layers.');
}

/** Whether a name is meant by an expression of whole names, or by ends, which PEFT does not ask to be whole words here. */
export function isFeedForward(given: readonly string[] | string, name: string): boolean {
  if (typeof given === 'string') return wholeName(given, 'feedforward_modules').test(name);
  return given.some((end) => name.endsWith(end));
}

function matcher(given: readonly string[] | string, key: string): (name: string) => boolean {
  if (typeof given !== 'string') return (name) => ends(name, given);
  const whole = wholeName(given, key);
  return (name) => whole.test(name);
}

/** Last words of names, each once. */
export const endsOf = (names: readonly string[]): string[] => [
  ...new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1))),
];

/** The value of the first expression that is the end of a name. */
export function byPattern<T>(patterns: Readonly<Record<string, T>>, name: string, fallback: T): T {
  const found = Object.keys(patterns).find((key) =>
    expression(key, 'a pattern', (s) => `^(?:.*\\.)?(?:${s})$`).test(name),
  );
  return found === undefined ? fallback : patterns[found];
}
