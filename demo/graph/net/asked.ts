/** A graph as the worker is told of it. */
import { memberOf, type Net } from './net';
import type { Asked, Taught } from '../session/protocol';

/** As a network reads it that was taught members of these ids, in this order. Ties that are cut are left out. */
export function askedOf(net: Net, known: readonly number[], without = -1): Asked {
  const at = new Map(net.members.map(({ id }, i) => [id, i]));
  const ties = net.ties.filter(({ cut }, i) => !cut && i !== without);
  return {
    rows: net.members.map(({ id }) => known.indexOf(id)),
    source: ties.map(({ a }) => at.get(a)!),
    target: ties.map(({ b }) => at.get(b)!),
  };
}

/** What a network is taught. */
export function taughtOf(net: Net): Taught {
  const known = net.members.map(({ id }) => id);
  return {
    ...askedOf(net, known),
    known,
    labels: net.members.map(({ label }) => label),
    told: [...net.members.keys()].filter((i) => net.members[i].told),
    classes: net.classes.length,
  };
}

/** The names of a tie's members. */
export const namesOf = (net: Net, tie: number): readonly [string, string] => {
  const { a, b } = net.ties[tie];
  return [memberOf(net, a)!.name, memberOf(net, b)!.name];
};
