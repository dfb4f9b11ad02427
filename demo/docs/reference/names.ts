/** Finds what code words of a text mean: `Graph`, `Graph.compile`, `load(folder, …)`, `new AdamW()`. For Node. */
import type { Item } from './read.ts';
import type { Place } from './source.ts';

/** A place, or a member there. */
export interface Target extends Place {
  readonly member?: string;
}

const WORDS = /^(?:new )?([A-Za-z]\w*)(?:\.(\w+))?(\(.*\))?$/s;

export class Names {
  readonly #items = new Map<string, Item[]>();
  /** Names of members and arguments, which a word in small letters may mean as well. */
  readonly #others = new Set<string>();

  constructor(items: readonly Item[]) {
    for (const item of items) {
      for (const { name } of [...item.members, ...item.arguments]) this.#others.add(name);
      if (!item.described) this.#items.set(item.name, [...(this.#items.get(item.name) ?? []), item]);
    }
  }

  /** Null for what is not exported, and for what may mean several things. */
  find(code: string, entry?: string): Target | null {
    const [, name, member, call] = WORDS.exec(code) ?? [];
    if (!name) return null;
    const all = this.#items.get(name) ?? [];
    const own = all.filter(({ page }) => page.entry === entry);
    const found = own.length === 1 ? own : all;
    if (found.length !== 1) return null;
    const [{ page, members }] = found;
    if (!call && !member && /^[a-z]+$/.test(name) && this.#others.has(name)) return null;
    if (!member) return { page, name };
    const has = members.some((one) => one.name === member);
    return has ? { page, name, member } : /^[A-Z]/.test(name) ? { page, name } : null;
  }
}

/** The id of a name on its page, and of a member. */
export const idOf = ({ name, member }: Pick<Target, 'name' | 'member'>): string =>
  member === undefined ? name : `${name}-${member.replace(/\W/g, '')}`;

/** The address of a name. `root`: the reference's own, from where the link stands. */
export const addressIn = (root: string, target: Target): string =>
  `${root}${target.page.name}/#${idOf(target)}`;
