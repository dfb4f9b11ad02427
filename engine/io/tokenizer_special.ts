/** Special and added tokens of a folder without tokenizer.json: which they are, and which ids Transformers gives them. */
import { DataError } from '../errors';
import { isRecord, type AddedToken } from './tokenizer_json';

/** In the order in which Transformers adds those that the vocabulary lacks. */
export const ROLES = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
export type Role = (typeof ROLES)[number];

/** A token as files write it: its text, or with flags. */
type Written = string | Partial<AddedToken>;

/** What each role is where no file says it; null for a role that the class does not have. */
export type RoleDefaults = Readonly<Partial<Record<Role, Written | null>>>;

export interface SpecialFiles {
  readonly config: Readonly<Record<string, unknown>>;
  /** special_tokens_map.json and added_tokens.json, which older versions of Transformers wrote. */
  readonly map: Readonly<Record<string, unknown>>;
  readonly added: Readonly<Record<string, unknown>>;
}

export interface SpecialTokens {
  /** The token of a role, with its id. Throws `DataError` where there is none. */
  role(role: Role): AddedToken;
  /** All added tokens, by their ids. */
  readonly all: readonly AddedToken[];
}

/** `vocabulary` tells ids; tokens that it lacks get the next ones. `extra` are special beside those that files name. */
export function specialTokens(
  files: SpecialFiles,
  defaults: RoleDefaults,
  vocabulary: ReadonlyMap<string, number>,
  extra: readonly string[] = [],
): SpecialTokens {
  const { config } = files;
  const added = new Map<number, AddedToken>();
  const byContent = new Map<string, AddedToken>();
  const add = (token: AddedToken): void => {
    added.set(token.id, token);
    byContent.set(token.content, token);
  };
  const newer = isRecord(config.added_tokens_decoder) ? config.added_tokens_decoder : null;
  for (const [id, token] of Object.entries(newer ?? {})) {
    add({ ...written(token as Written, { normalized: true }), id: expectId(id, token) });
  }
  /** What the files say about a role; Transformers reads the map only where it did not write all into the config. */
  const said = (key: string): unknown => (newer ? config[key] : (files.map[key] ?? config[key]));
  const named = ROLES.flatMap((role): [Role, Written][] => {
    const value = said(`${role}_token`);
    const token = value === undefined ? defaults[role] : value;
    if (token === undefined || token === null) return [];
    const fallback = defaults[role];
    const flags =
      typeof token === 'string' && typeof fallback === 'object' ? { ...fallback, content: token } : token;
    return [[role, flags]];
  });
  const more = said('additional_special_tokens');
  const special = [
    ...named.map(([, token]) => token),
    ...(Array.isArray(more) ? (more as Written[]) : []),
    ...extra,
  ];
  if (!newer) {
    const contents = new Set(special.map((token) => written(token).content));
    for (const [content, id] of Object.entries(files.added)) {
      const isSpecial = contents.has(content);
      add({ ...written({ content, special: isSpecial, normalized: !isSpecial }), id: expectId(id, content) });
    }
  }
  let next = Math.max(vocabulary.size, ...[...added.keys()].map((id) => id + 1));
  for (const token of special) {
    const flags = { ...written(token), special: true };
    const known = byContent.get(flags.content);
    if (known) add({ ...known, special: true });
    else add({ ...flags, id: vocabulary.get(flags.content) ?? next++ });
  }
  const roles = new Map(named.map(([role, token]) => [role, byContent.get(written(token).content)!]));
  return {
    role(role) {
      const token = roles.get(role);
      if (token) return token;
      throw new DataError(
        'tokenizer_config.json',
        `it names no ${role}_token`,
        'Add it, or take the whole folder.',
      );
    },
    all: [...added.values()].sort((a, b) => a.id - b.id),
  };
}

/** A token with all flags; those that are not said are what Transformers takes. */
function written(token: Written, otherwise: Partial<AddedToken> = {}): AddedToken {
  const given = typeof token === 'string' ? { content: token } : token;
  const { content, single_word = false, lstrip = false, rstrip = false, special = false } = given;
  if (typeof content !== 'string') {
    const what = `${JSON.stringify(token)} is no token`;
    throw new DataError('tokenizer_config.json', what, 'Give a text, or an object with its content.');
  }
  const { normalized = otherwise.normalized ?? false } = given;
  return { id: -1, content, single_word, lstrip, rstrip, normalized, special };
}

function expectId(id: unknown, token: unknown): number {
  const value = Number(id);
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffff) return value;
  throw new DataError(
    'tokenizer_config.json',
    `the added token ${JSON.stringify(token)} has the id ${String(id)}`,
  );
}
