/** Where in a model `adapt` puts things. */
import { EngineError, nearest } from '../../errors';
import { Attention } from '../blocks/attention';
import { LanguageHead } from '../blocks/language_head';
import { PromptPlace } from '../blocks/prompt_place';
import { Embedding } from '../embedding';
import { Linear } from '../linear';
import { namePattern } from '../name_pattern';
import { Parameter } from '../parameter';
import type { AdapterKind, ParameterSite } from './addition';

/** Some outputs of a linear layer. */
export interface Columns {
  /** The first. */
  readonly from: number;
  readonly outputs: number;
}

/** A linear layer, and the columns of it that are meant. */
export interface LinearPlace {
  readonly name: string;
  readonly layer: Linear;
  readonly columns: Columns;
}

/** An attention of a model, with its name. */
export interface AttentionPlace {
  readonly name: string;
  readonly layer: Attention;
}

/** A table of embeddings, with its name. */
export interface EmbeddingPlace {
  readonly name: string;
  readonly table: Embedding;
  /** Whether the output layer reads it, too. */
  readonly tied: boolean;
}

/** Where virtual tokens may stand before those of a text. */
export interface TextStart {
  readonly name: string;
  readonly start: PromptPlace;
}

/** A place of a model that an adapter may be put into. */
export type Site = LinearPlace | EmbeddingPlace | AttentionPlace | ParameterSite | TextStart;

/** Every place of a model, by dotted path; columns of a fused layer by its path and their name. */
export function sitesOf(model: object): ReadonlyMap<string, Site> {
  const sites = new Map<string, Site>();
  const seen = new Set<object>();
  const add = (site: Site): void => void sites.set(site.name, site);
  const { tokens, head } = model as { readonly tokens?: unknown; readonly head?: unknown };
  const tied = head instanceof LanguageHead && !head.weight;
  const linear = (layer: Linear, name: string): void => {
    add({ name, layer, columns: { from: 0, outputs: layer.outputs } });
    let from = 0;
    for (const [part, outputs] of Object.entries(layer.sections)) {
      const columns = { from, outputs };
      add({ name: `${name}.${part}`, layer, columns });
      const own = layer.partial ? layer.partial.of(part, layer.sections) : columns;
      if (layer.bias && own) add({ name: `${name}.${part}.bias`, parameter: layer.bias, part: own });
      from += outputs;
    }
  };
  const walk = (value: unknown, name: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
    seen.add(value);
    if (value instanceof Parameter) return add({ name, parameter: value, part: null });
    if (value instanceof Attention) add({ name, layer: value });
    if (value instanceof PromptPlace) return add({ name, start: value });
    if (value instanceof Linear) linear(value, name);
    if (value instanceof LanguageHead && value.matrix) linear(value.matrix, name);
    if (value instanceof Embedding) add({ name, table: value, tied: tied && value === tokens });
    for (const [key, child] of Object.entries(value)) walk(child, name ? `${name}.${key}` : key);
  };
  walk(model, '');
  return sites;
}

const WORDS = {
  linear: 'linear layers',
  embedding: 'tables of embeddings',
  attention: 'attentions',
  parameter: 'parameters',
  prompt: 'beginnings of texts',
} as const;

function sortOf(site: Site): keyof typeof WORDS {
  if ('columns' in site) return 'linear';
  if ('parameter' in site) return 'parameter';
  if ('table' in site) return 'embedding';
  return 'start' in site ? 'prompt' : 'attention';
}

/** Where a pattern is: a star is a number, braces are one of several words. Throws `EngineError` with the nearest names. */
export function matching(sites: ReadonlyMap<string, Site>, pattern: string, kind: AdapterKind): Site[] {
  const expression = namePattern(pattern);
  const takes = (site: Site): boolean => kind[sortOf(site)] !== undefined;
  const found = [...sites.values()].filter(({ name }) => expression.test(name));
  const fit = found.filter(takes);
  if (fit.length > 0 && fit.length === found.length) return fit;
  const others = [...sites.values()].filter(takes);
  const names = new Set(others.map(({ name }) => name.replace(/\b\d+\b/g, '*')));
  const wrong = found.find((site) => !takes(site));
  const what = wrong
    ? `${kind.kind} is not for ${WORDS[sortOf(wrong)]} such as ${wrong.name}`
    : `"${pattern}" is none of its ${others.length} places for ${kind.kind}`;
  throw new EngineError('adapt', what, `The nearest are ${nearest(pattern, names).join(', ') || 'none'}.`);
}
