/** Where in a model `adapt` puts things. */
import { EngineError, nearest } from '../../errors';
import { Attention } from '../blocks/attention';
import { Linear } from '../linear';
import { namePattern } from '../name_pattern';
import type { AdapterKind } from './addition';
import type { Columns } from './place';

/** A layer with its name, and the columns that are meant. */
export type Site =
  | { readonly name: string; readonly layer: Linear; readonly columns: Columns }
  | { readonly name: string; readonly layer: Attention };

/** Every place of a model, by dotted path; columns of a fused layer by its path and their name. */
export function sitesOf(model: object): ReadonlyMap<string, Site> {
  const sites = new Map<string, Site>();
  const seen = new Set<object>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    if (value instanceof Attention) sites.set(name, { name, layer: value });
    if (value instanceof Linear) {
      sites.set(name, { name, layer: value, columns: { from: 0, outputs: value.outputs } });
      let from = 0;
      for (const [part, outputs] of Object.entries(value.sections)) {
        const own = `${name}.${part}`;
        sites.set(own, { name: own, layer: value, columns: { from, outputs } });
        from += outputs;
      }
      return;
    }
    for (const [key, child] of Object.entries(value)) walk(child, name ? `${name}.${key}` : key);
  };
  walk(model, '');
  return sites;
}

const takes = ({ linear, attention }: AdapterKind, { layer }: Site): boolean =>
  (layer instanceof Linear ? linear : attention) !== undefined;

/** Where a pattern is: a star is a number, braces are one of several words. Throws `EngineError` with the nearest names. */
export function matching(sites: ReadonlyMap<string, Site>, pattern: string, kind: AdapterKind): Site[] {
  const expression = namePattern(pattern);
  const found = [...sites.values()].filter(({ name }) => expression.test(name));
  const fit = found.filter((site) => takes(kind, site));
  if (fit.length > 0 && fit.length === found.length) return fit;
  const others = [...sites.values()].filter((site) => takes(kind, site));
  const names = new Set(others.map(({ name }) => name.replace(/\b\d+\b/g, '*')));
  const wrong = found.find((site) => !takes(kind, site));
  const what = wrong
    ? `${kind.kind} is not for ${wrong.layer instanceof Linear ? 'linear layers' : 'attentions'} such as ${wrong.name}`
    : `"${pattern}" is none of its ${others.length} places for ${kind.kind}`;
  throw new EngineError('adapt', what, `The nearest are ${nearest(pattern, names).join(', ') || 'none'}.`);
}
