import './disposal'; // here, because every class of the engine comes after its errors

/**
 * Every error that a user can cause reads *where: what, with the numbers. What to do.*
 * Internal invariants throw plain `Error`s; if one reaches a user it is a bug in Heed.
 */
export class EngineError extends Error {
  // Written out in each class: minifiers rename classes, and apps tell errors apart by name.
  override readonly name: string = 'EngineError';
  /** The place that found the fault: an op's scope, a file, a call. */
  readonly where: string;
  /** What is wrong, with the numbers. */
  readonly what: string;
  /** What to do about it; may be empty when `what` already says so. */
  readonly todo: string;

  constructor(where: string, what: string, todo = '', options?: ErrorOptions) {
    const parts = [clip(where), clip(what), clip(todo)];
    super(
      `${parts[0]}: ${parts[1]}.${parts[2] ? ` ${parts[2]}` : ''}`.replace(/\.\.(?=\s|$)/g, '.'),
      options,
    );
    [this.where, this.what, this.todo] = parts as [string, string, string];
  }
}

/** Tensors whose shapes or dtypes do not fit together. */
export class ShapeError extends EngineError {
  override readonly name = 'ShapeError';
}

/** A kernel that does not compile, link or bind. */
export class KernelError extends EngineError {
  override readonly name = 'KernelError';
}

/** No adapter, a missing feature, a limit exceeded, out of memory, a lost device. */
export class DeviceError extends EngineError {
  override readonly name = 'DeviceError';
}

/** Files, texts, tokens and checkpoints that cannot be used. */
export class DataError extends EngineError {
  override readonly name = 'DataError';
}

/** Training that cannot go on: a loss or gradient that is not finite. */
export class TrainingError extends EngineError {
  override readonly name = 'TrainingError';
}

type NamesOf<T> = T extends unknown ? keyof T : never;

/** What a value that is wrong is, in messages: strings in quotes, what is no number or word by its kind. */
function told(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** Throws `EngineError` for options that are no object: null and numbers would be taken for none. */
export function expectObject(where: string, name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new EngineError(where, `${name} is ${told(value)}`, 'Give an object, such as {}.');
}

/** Throws `EngineError` for what is given and is no function. */
export function expectFunction(where: string, name: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === 'function') return;
  throw new EngineError(where, `${name} is ${told(value)}`, 'Give a function.');
}

/**
 * Throws unless every option has a name that `known` has: a misspelt one would be left out without a word. The values of
 * `known` do not matter. Options that are no object are refused, too.
 */
export function expectOptions<T extends object>(
  where: string,
  options: T,
  known: { readonly [K in NamesOf<T>]-?: unknown },
): void {
  expectObject(where, 'options', options);
  for (const name in options) {
    if (Object.hasOwn(known, name)) continue;
    const names = nearest(name, Object.keys(known), Infinity);
    const all = `It takes ${names.join(', ')}.`;
    throw new EngineError(
      where,
      `there is no option "${name}"`,
      distance(name, names[0] ?? '') < 3 ? `Did you mean ${names[0]}? ${all}` : all,
    );
  }
}

/** Throws unless a word is one of those that mean something: any other would be taken for one of them. */
export function expectOneOf(where: string, name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new EngineError(where, `${name} is ${String(value)}`, `Use one of ${allowed.join(', ')}.`);
}

/** Seeds have 32 bits: a fraction would be cut off, and every `Math.random()` be 0. */
export const isSeed = (value: unknown): boolean => typeof value === 'number' && value >>> 0 === value;
/** What messages say of seeds that cannot be. */
export const SEEDS = 'Use a whole number from 0 to 4294967295, such as Math.floor(Math.random() * 2 ** 32).';

/** Throws `EngineError` unless a seed is a whole number from 0 to 2^32 - 1. */
export function expectSeed(where: string, seed: unknown): void {
  if (!isSeed(seed)) throw new EngineError(where, `seed is ${String(seed)}`, SEEDS);
}

/** Throws the signal's reason if it has been aborted; the one check that all long work calls. `EngineError` for what is no signal. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal) return;
  if (typeof (signal as Partial<AbortSignal>).throwIfAborted !== 'function')
    throw new EngineError('signal', `it is ${told(signal)}`, "Give an AbortController's signal.");
  signal.throwIfAborted();
}

/** Messages quote files, and a file may hold a name of megabytes: its two ends say which it is. */
function clip(text: string, most = 1000): string {
  const half = most / 2 - 2;
  return text.length <= most ? text : `${text.slice(0, half)} … ${text.slice(-half)}`;
}

/**
 * Those of `known` that `name` was most likely meant to be, the likeliest first; for messages only. By edit distance,
 * of the hundred that share most of both ends, so that it takes milliseconds whatever a file holds.
 */
export function nearest(name: string, known: Iterable<string>, count = 3): string[] {
  const ends = (other: string): number => {
    const most = Math.min(name.length, other.length);
    let before = 0;
    while (before < most && name[before] === other[before]) before++;
    let after = 0;
    while (after < most - before && name.at(-1 - after) === other.at(-1 - after)) after++;
    return before + after - Math.max(name.length, other.length);
  };
  const rank = <T>(items: readonly T[], cost: (item: T) => number, keep: number): T[] =>
    items
      .map((item) => ({ item, cost: cost(item) }))
      .sort((a, b) => a.cost - b.cost)
      .slice(0, keep)
      .map(({ item }) => item);
  const close = rank([...new Set(known)], (other) => -ends(other), 100);
  const best = rank(close, (other) => distance(name.slice(-200), other.slice(-200)), count);
  return best.map((other) => clip(other, 120));
}

/** Edit distance, less where one name ends with the other: a missing prefix is the usual slip. */
function distance(a: string, b: string): number {
  if (a.endsWith(b) || b.endsWith(a)) return Math.abs(a.length - b.length) / 100;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j] + (a[i] === b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** `1536` -> `1.5 KiB`; for messages only. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}
