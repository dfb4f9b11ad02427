/**
 * Brackets of several kinds (Dyck words): the answer has the closing brackets that are missing, in order, then ✓; of balanced
 * ones that is ✓ alone. Where a bracket closes what is not open, no bracket can mend it: the answer is ✗.
 */
import type { RandomStream } from '../../../engine/index';
import { drawLength, readSymbols, type Task } from './task';

export interface BracketSettings {
  /** Brackets of the longest input. */
  readonly length: number;
  readonly kinds: number;
  /** Brackets that are open at once, at most. */
  readonly depth: number;
}

const KINDS = ['()', '[]', '{}'];

export function brackets({ length, kinds, depth }: BracketSettings): Task {
  const written = KINDS.slice(0, kinds).flatMap((kind) => [...kind]);
  const symbols = [...written, '✓', '✗'];
  const [fine, wrong] = [2 * kinds, 2 * kinds + 1];
  const deepest = Math.min(depth, length);
  /** Places of the brackets that are open in the end; null where one closes what is not open. */
  const openIn = (input: readonly number[]): number[] | null => {
    const open: number[] = [];
    for (const [place, bracket] of input.entries()) {
      if (bracket % 2 === 0) open.push(place);
      else if (open.length === 0 || input[open.pop()!] !== bracket - 1) return null;
    }
    return open;
  };
  return {
    symbols,
    longest: { input: length, answer: deepest + 1 },
    align: 'end',
    draw: (random) => draw(random, drawLength(random, length), kinds, deepest),
    answer: (input) => {
      const open = openIn(input);
      return open ? [...open.reverse().map((place) => input[place] + 1), fine] : [wrong];
    },
    kin: (input) => input,
    sources: (input) => [...(openIn(input) ?? []).reverse().map((place) => [place]), []],
    read: (text) => {
      const typed = readSymbols(text, written, length);
      if (!('input' in typed)) return typed;
      const nested = deepestIn(typed.input);
      return nested > deepest ? { problem: 'deep', depth: nested } : typed;
    },
  };
}

/** A third each is balanced, lacks brackets, and cannot be mended; an odd number of brackets is never balanced. */
function draw(random: RandomStream, length: number, kinds: number, depth: number): number[] {
  const outcome = random.below(3);
  const odd = length % 2;
  if (outcome === 0 && !odd) return walk(random, length, kinds, depth, 0);
  const least = outcome === 1 && !odd ? 2 : odd;
  const left = least + 2 * random.below(Math.floor((Math.min(depth, length) - least) / 2) + 1);
  const input = walk(random, length, kinds, depth, left);
  return outcome === 1 ? input : broken(random, input, kinds);
}

/** Brackets of which `left` stay open: by coin, wherever both an opening and a closing one can come. */
function walk(random: RandomStream, length: number, kinds: number, depth: number, left: number): number[] {
  const open: number[] = [];
  return Array.from({ length }, (_, i) => {
    const rest = length - i;
    const canOpen = open.length < depth && open.length + 1 - left < rest;
    const canClose = open.length > 0 && left - open.length + 1 < rest;
    if (canOpen && (!canClose || random.uniform() < 0.5)) {
      open.push(2 * random.below(kinds));
      return open.at(-1)!;
    }
    return open.pop()! + 1;
  });
}

/** One bracket is another one: a closing one of the wrong kind, or one where nothing is open. */
function broken(random: RandomStream, input: readonly number[], kinds: number): number[] {
  const closing = input.flatMap((bracket, place) => (bracket % 2 === 1 ? [place] : []));
  const changed = [...input];
  if (kinds > 1 && closing.length > 0 && random.uniform() < 0.7) {
    const place = closing[random.below(closing.length)];
    const kind = (changed[place] - 1) / 2;
    changed[place] = 2 * ((kind + 1 + random.below(kinds - 1)) % kinds) + 1;
    return changed;
  }
  let open = 0;
  const bare = input.flatMap((bracket, place) => {
    const before = open;
    open += bracket % 2 === 0 ? 1 : -1;
    return before === 0 ? [place] : [];
  });
  changed[bare[random.below(bare.length)]] = 2 * random.below(kinds) + 1;
  return changed;
}

function deepestIn(input: readonly number[]): number {
  let [open, deepest] = [0, 0];
  for (const bracket of input) {
    open += bracket % 2 === 0 ? 1 : -1;
    deepest = Math.max(deepest, open);
  }
  return deepest;
}
