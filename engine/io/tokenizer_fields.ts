import { DataError } from '../errors';
import { isRecord, type Component } from './tokenizer_json';

/**
 * Fields of a step in tokenizer.json. One of the wrong kind is an error, as in Python, and so is one that is missing and
 * has no default there: what it would mean is not for us to guess.
 */
export function flag(step: Component, name: string, otherwise?: boolean): boolean {
  const value = step[name] ?? otherwise;
  return typeof value === 'boolean' ? value : wrong(step, name, 'true or false');
}

export function text(step: Component, name: string, otherwise?: string): string {
  const value = step[name] ?? otherwise;
  return typeof value === 'string' ? value : wrong(step, name, 'a text');
}

export function character(step: Component, name: string): string {
  const value = text(step, name);
  return [...value].length === 1 ? value : wrong(step, name, 'one character');
}

export function count(step: Component, name: string, otherwise?: number): number {
  const value = step[name] ?? otherwise;
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : wrong(step, name, 'a count');
}

export function oneOf<T extends string>(
  step: Component,
  name: string,
  values: readonly T[],
  otherwise?: T,
): T {
  const value = step[name] ?? otherwise;
  return values.includes(value as T) ? (value as T) : wrong(step, name, `one of ${values.join(', ')}`);
}

export function record(step: Component, name: string): Record<string, unknown> {
  const value = step[name];
  return isRecord(value) ? value : wrong(step, name, 'an object');
}

export function list(step: Component, name: string): unknown[] {
  const value = step[name];
  return Array.isArray(value) ? value : wrong(step, name, 'a list');
}

/** A step or part of one: an object with a type. */
export function component(value: unknown, what: string): Component {
  if (isRecord(value) && typeof value.type === 'string') return value as Component;
  throw new DataError('tokenizer.json', `${what} is ${show(value)}`, 'It must be an object with a type.');
}

export function wrong(step: Component, name: string, wanted: string): never {
  const value = step[name];
  const what =
    value === undefined ? `${step.type} has no ${name}` : `${name} of ${step.type} is ${show(value)}`;
  throw new DataError('tokenizer.json', what, `It must be ${wanted}, as Python's tokenizers writes it.`);
}

/** Times as long may a text become, and so many characters longer: normalisation forms make 18 of one. */
const GROWTH = 32;
const LONGER = 4096;

/** Refuses what makes ever more of a text, before it is made where that can be told. `who` is a step with its rule. */
export function expectGrowth(who: () => string, before: number, after: number): void {
  if (after <= GROWTH * before + LONGER) return;
  const what = `${who()} makes ${after} characters of ${before}`;
  throw new DataError('tokenizer', what, 'Encode or decode the text elsewhere.');
}

function show(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
