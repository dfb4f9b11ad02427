/** How a class of Transformers' tokenizers reads its files, and what kinds have in common. */
import { DataError } from '../errors';
import type { AddedToken, Component, TokenizerJson } from './tokenizer_json';
import type { RoleDefaults, SpecialTokens } from './tokenizer_special';

export type Config = Readonly<Record<string, unknown>>;
type Steps = Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer' | 'post_processor' | 'decoder' | 'model'>;

/** How a class of Transformers reads its files. */
export interface Kind {
  readonly roles: RoleDefaults;
  /** The model's own part, its vocabulary, and the steps that its file tells. */
  read(file: Reader, config: Config): Promise<Content>;
  steps(special: SpecialTokens, config: Config, content: Content): Omit<Steps, 'model'>;
}

/** Gives a file that has to be there. */
export interface Reader {
  /** Of a tokenizer with two sides, the one that is wanted. */
  readonly part: 'source' | 'target' | undefined;
  text(name: string): Promise<string>;
  bytes(name: string): Promise<Uint8Array>;
}

export interface Content extends Partial<Omit<Steps, 'model'>> {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly model: Component;
  /** Tokens that are special whether or not a file says so. */
  readonly extra?: readonly string[];
}

/** [first] text [last], and for two texts [first] one [last] other [last]; null for nothing around. */
export function around(first: AddedToken | null, last: AddedToken | null): Component | null {
  const own = [first, last].filter((token) => token !== null);
  if (own.length === 0) return null;
  const place = (token: AddedToken | null, type_id: number): object[] =>
    token ? [{ SpecialToken: { id: token.content, type_id } }] : [];
  const text = (id: 'A' | 'B', type_id: number) => ({ Sequence: { id, type_id } });
  return {
    type: 'TemplateProcessing',
    single: [...place(first, 0), text('A', 0), ...place(last, 0)],
    pair: [...place(first, 0), text('A', 0), ...place(last, 0), text('B', 1), ...place(last, 1)],
    special_tokens: Object.fromEntries(
      own.map(({ content, id }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
}

export function flagOf(config: Config, name: string, otherwise: boolean): boolean {
  const value = config[name] ?? otherwise;
  if (typeof value === 'boolean') return value;
  throw new DataError(
    'tokenizer_config.json',
    `${name} is ${JSON.stringify(value)}`,
    'It must be true or false.',
  );
}
