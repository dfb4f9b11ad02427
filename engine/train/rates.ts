/** Parameters that learn faster or slower than others. */
import { EngineError, nearest } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { namePattern } from '../nn/name_pattern';
import type { Block } from '../nn/parameter_store';
import { RATE_SPAN } from '../shaders/lib/rates';

/**
 * Shares of the learning rate by dotted names, of a parameter or of all that is inside of a module: a star is a number, braces are
 * one of several words. Of several that fit the last counts; what none fits has a share of 1.
 *
 *     { tokens: 0.1, 'stack.layers.{0,1}': 0.5 }
 */
export type Rates = Readonly<Record<string, number>>;

/** Throws `EngineError` for shares that are none. */
export function checkRates(where: string, rates: Rates): void {
  if (typeof rates !== 'object' || rates === null || Array.isArray(rates))
    throw new EngineError(where, 'rates are no object', "Give { 'stack.layers.0': 0.5 }.");
  for (const [pattern, share] of Object.entries(rates)) {
    if (typeof share === 'number' && share >= 0 && share < Infinity) continue;
    const what = `the rate of "${pattern}" is ${String(share)}`;
    throw new EngineError(where, what, 'Use a finite number of at least 0: 1 is the schedule as it is.');
  }
}

/** Each name's share. Throws `EngineError` for a pattern that fits no name, with the nearest. */
export function ratesOf(where: string, names: Iterable<string>, rates: Rates): ReadonlyMap<string, number> {
  const shares = new Map([...names].map((name) => [name, 1]));
  for (const [pattern, share] of Object.entries(rates)) {
    const expression = namePattern(pattern);
    const fit = [...shares.keys()].filter((name) => insides(name).some((module) => expression.test(module)));
    for (const name of fit) shares.set(name, share);
    if (fit.length > 0) continue;
    const modules = new Set([...shares.keys()].flatMap(insides));
    throw new EngineError(
      where,
      `"${pattern}" fits none of ${shares.size} parameters`,
      `The nearest names are ${nearest(pattern, modules).join(', ') || 'none'}.`,
    );
  }
  return shares;
}

/** The modules that a parameter is inside of, and itself: 'a.b.c' -> 'a', 'a.b', 'a.b.c'. */
const insides = (name: string): string[] =>
  name.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'));

/** What an optimizer's kernel reads for a block: null where its parameters all have a share of 1. */
export function blockRates(g: Graph, block: Block, shares: ReadonlyMap<string, number>): Tensor | null {
  const shareOf = (name: string): number => shares.get(name) ?? 1;
  if (block.members.every(({ name }) => shareOf(name) === 1)) return null;
  const table = new Float32Array(Math.ceil(block.weights.shape[0] / RATE_SPAN)).fill(1);
  for (const { name, offset, size } of block.members)
    table.fill(shareOf(name), offset / RATE_SPAN, Math.ceil((offset + size) / RATE_SPAN));
  return g.constant(`rates of ${block.weights.name}`, [table.length], table);
}
