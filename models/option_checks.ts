/** Options that cannot be are refused by name: one that is ignored gives wrong results without a word. */
import {
  EngineError,
  expectOneOf,
  expectOptions,
  formatShape,
  ShapeError,
  type Tensor,
  type TextInput,
} from '../engine/index';

/** The options that are given: `undefined` asks for the default, as a missing one does. */
export function definedOf<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Of a model's sizes: ids, for one, are exact in float32 up to here. */
export const LARGEST = 2 ** 24;

export function isWhole(value: unknown, from: number, to = Infinity): boolean {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

/** What an option is, whether it can be that, and what to do otherwise. */
export type OptionCheck = readonly [name: string, value: unknown, valid: boolean, todo: string];

/** Throws an `EngineError` for the first option that is not valid. */
export function checkEach(where: string, checks: readonly OptionCheck[]): void {
  for (const [name, value, valid, todo] of checks) {
    if (!valid) throw new EngineError(where, `${name} is ${String(value)}`, todo);
  }
}

/** Throws an `EngineError` for an option that is none of the words, or none of true and false, that it can be. */
export function expectKinds<T extends object>(
  where: string,
  options: T,
  kinds: { readonly [K in keyof T]?: readonly (string | boolean)[] },
): void {
  for (const [name, allowed] of Object.entries(kinds) as [keyof T & string, readonly unknown[]][]) {
    expectOneOf(where, name, options[name], allowed);
  }
}

/** Throws a `ShapeError` for a size that is no whole number from 1 to `LARGEST`. */
export function expectSizes<T extends object>(where: string, options: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    if (isWhole(options[name], 1, LARGEST)) continue;
    const what = `${String(name)} is ${String(options[name])}`;
    throw new ShapeError(where, what, `Use a whole number from 1 to ${LARGEST}.`);
  }
}

/** Throws an `EngineError` for an epsilon, or for probabilities of dropping, that cannot be. */
export function expectRates<T extends object>(where: string, options: T, names: readonly (keyof T)[]): void {
  const { epsilon = 0 } = options as { readonly epsilon?: unknown };
  const isRate = (p: unknown): boolean => typeof p === 'number' && p >= 0 && p < 1;
  checkEach(where, [
    [
      'epsilon',
      epsilon,
      Number.isFinite(epsilon) && (epsilon as number) >= 0,
      'Use a finite number of at least 0.',
    ],
    ...names.map((name): OptionCheck => {
      const p: unknown = options[name];
      return [String(name), p, isRate(p), 'It must be at least 0 and below 1.'];
    }),
  ]);
}

/** Throws a `ShapeError` for ids that are not (B, T) with T at most `context`. */
export function expectContext(where: string, ids: Tensor, context: number, todo: string, what = 'ids'): void {
  const [, time = 0] = ids.shape;
  if (ids.shape.length === 2 && time <= context) return;
  throw new ShapeError(
    `${where} context`,
    `${what} are ${formatShape(ids.shape)}, that is ${time} tokens in a context of ${context}`,
    `Give ids as (B, T), ${todo}.`,
  );
}

/** The lengths of texts, u32 (B), for a model that has no segments; null where all are whole. Throws `EngineError` for segments. */
export function lengthsIn(where: string, input: TextInput): Tensor | null {
  const { lengths = null, segments = null } = input;
  expectOptions(where, input, { lengths, segments });
  if (segments) throw new EngineError(where, 'segments are given, but it knows none', 'Leave them out.');
  return lengths;
}
