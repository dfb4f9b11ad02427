/** The whole reference. For Node. */
import { REFERENCE } from '../../site/reference.ts';
import { indexMarkup, pageMarkup } from './markup.ts';
import { Names } from './names.ts';
import { readReference, type Item } from './read.ts';

export interface Reference {
  readonly items: readonly Item[];
  readonly names: Names;
  /** Markup of what stands on its pages, by their paths below docs/. */
  readonly pages: ReadonlyMap<string, string>;
}

/** Takes seconds. */
export function make(): Reference {
  const items = readReference();
  const names = new Names(items);
  const pages = REFERENCE.map((page): [string, string] => [
    `reference/${page.name}/`,
    pageMarkup(page, items, names),
  ]);
  return { items, names, pages: new Map([['reference/', indexMarkup(items)], ...pages]) };
}
