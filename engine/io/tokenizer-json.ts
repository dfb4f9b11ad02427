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
  if (typeof model.continuing_subword_prefix === 'string' && model.type === 'BPE') {
    if (model.continuing_subword_prefix !== '') unsupported('BPE with continuing_subword_prefix');
  }
  for (const step of [json.normalizer, json.pre_tokenizer, json.decoder]) checkComponent(step);
  const filled = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...json,
  } as unknown as TokenizerJson;
  checkIds(filled);
  return filled;
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
  const ids = [
    ...(Array.isArray(vocab) ? [] : Object.entries(vocab)),
    ...json.added_tokens.map(({ content, id }) => [content, id] as const),
  ];
  for (const [token, id] of ids) {
    if (!Number.isInteger(id) || id < 0 || id > 0xffffff) {
      throw new DataError('tokenizer.json', `token ${JSON.stringify(token)} has the id ${id}`, TODO);
    }
  }
}

/** Kinds that the reader would take for another kind, silently giving other ids than Python does. */
function checkComponent(step: unknown): void {
  if (!isRecord(step)) return;
  const { behavior, type } = step;
  if (behavior === 'MergedWithPrevious' || behavior === 'MergedWithNext' || behavior === 'Contiguous') {
    unsupported(`${type} with behavior ${behavior}`);
  }
  for (const parts of [step.normalizers, step.pretokenizers, step.decoders]) {
    if (Array.isArray(parts)) parts.forEach(checkComponent);
  }
}

function unsupported(what: string): never {
  throw new DataError(
    'tokenizer.json',
    `${what} is not supported`,
    'Encode the text elsewhere and pass token ids.',
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
