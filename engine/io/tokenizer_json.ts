import { DataError } from '../errors';

/** The parts of Hugging Face's `tokenizer.json` that we write or look at. */
export interface TokenizerJson {
  version: string;
  truncation: unknown;
  padding: unknown;
  added_tokens: AddedToken[];
  normalizer: Component | null;
  pre_tokenizer: Component | null;
  post_processor: Component | null;
  decoder: Component | null;
  model: Component & { vocab: Record<string, number> | [string, number][]; unk_token?: string | null };
}

export interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

export interface Component {
  type: string;
  [key: string]: unknown;
}

const TODO = 'Pass the content of a Hugging Face tokenizer.json.';

/** Checks what a tokenizer.json must have and fills the fields that older files leave out. */
export function parseTokenizerJson(input: unknown): TokenizerJson {
  let json = input;
  if (typeof json === 'string') {
    try {
      json = JSON.parse(json);
    } catch (cause) {
      throw new DataError('tokenizer.json', `it is not JSON (${(cause as Error).message})`, TODO, { cause });
    }
  }
  if (!isRecord(json)) throw new DataError('tokenizer.json', 'it is not a JSON object', TODO);
  if (isDeep(json, DEEPEST)) {
    throw new DataError('tokenizer.json', `its parts nest more than ${DEEPEST} deep`, TODO);
  }
  const { model } = json;
  if (!isRecord(model)) {
    const hint =
      'vocab' in json || '[PAD]' in json || '<s>' in json ? ' (a bare vocabulary file, perhaps)' : '';
    throw new DataError('tokenizer.json', `it has no model${hint}`, TODO);
  }
  const models = ['BPE', 'WordPiece', 'Unigram', 'WordLevel'];
  if (model.type !== undefined && !models.includes(model.type as string)) {
    const what = `its model is of type ${JSON.stringify(model.type)}`;
    throw new DataError('tokenizer.json', what, `Supported are ${models.join(', ')}.`);
  }
  if (!isRecord(model.vocab) && !Array.isArray(model.vocab)) {
    throw new DataError('tokenizer.json', 'its model has no vocabulary', TODO);
  }
  const filled = {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...json,
    added_tokens: addedTokens(json.added_tokens === undefined ? [] : json.added_tokens),
  } as unknown as TokenizerJson;
  checkIds(filled);
  return filled;
}

const DEEPEST = 100;

function isDeep(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((part) => isDeep(part, most - 1));
}

/** Ids of a vocabulary, added tokens included: id -> token. Holes stay undefined. */
export function tokensById(json: TokenizerJson): (string | undefined)[] {
  const tokens: (string | undefined)[] = [];
  const { vocab } = json.model;
  if (Array.isArray(vocab)) vocab.forEach(([token], id) => (tokens[id] = token));
  else for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  for (const { content, id } of json.added_tokens) tokens[id] = content;
  return tokens;
}

function checkIds(json: TokenizerJson): void {
  const { vocab } = json.model;
  const check = (token: string, id: unknown) => {
    if (Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 0xffffff) return;
    throw new DataError('tokenizer.json', `token ${JSON.stringify(token)} has the id ${String(id)}`, TODO);
  };
  if (!Array.isArray(vocab)) for (const [token, id] of Object.entries(vocab)) check(token, id);
  for (const { content, id } of json.added_tokens) check(content, id);
}

function addedTokens(given: unknown): AddedToken[] {
  if (!Array.isArray(given)) throw new DataError('tokenizer.json', 'its added_tokens are no list', TODO);
  return given.map((token: unknown) => {
    const flags = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'];
    const good =
      isRecord(token) &&
      typeof token.content === 'string' &&
      flags.every((flag) => token[flag] === undefined || typeof token[flag] === 'boolean');
    if (!good)
      throw new DataError('tokenizer.json', `${JSON.stringify(token)} is among its added_tokens`, TODO);
    const special = token.special === true;
    return {
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: !special,
      ...token,
      special,
    } as AddedToken;
  });
}

export function unsupported(what: string): never {
  throw new DataError(
    'tokenizer.json',
    `${what} is not supported`,
    'Encode the text elsewhere and pass token ids.',
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
