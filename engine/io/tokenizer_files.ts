/**
 * Tokenizers whose folder has no tokenizer.json: what their files say, as the tokenizer.json says it that Transformers
 * would make of them. Loaded only when such a folder is read.
 */
import { DataError, nearest } from '../errors';
import { describeSentencePiece, readSentencePiece, type Placing } from './sentencepiece';
import type { AddedToken, Component, TokenizerJson } from './tokenizer_json';
import { specialTokens, type RoleDefaults, type SpecialFiles, type SpecialTokens } from './tokenizer_special';
import { readLines, readMerges, readVocabulary } from './tokenizer_vocabulary';

/** Gives a file of the folder; null where it is not there. */
export interface Files {
  text(name: string): Promise<string | null>;
  bytes(name: string): Promise<Uint8Array | null>;
}

type Config = Readonly<Record<string, unknown>>;
type Steps = Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer' | 'post_processor' | 'decoder' | 'model'>;

/** How a class of Transformers reads its files. */
interface Kind {
  readonly roles: RoleDefaults;
  /** The model's own part, its vocabulary, and the steps that its file tells. */
  read(file: Reader, config: Config): Promise<Content>;
  steps(special: SpecialTokens, config: Config, content: Content): Omit<Steps, 'model'>;
}

/** Gives a file that has to be there. */
interface Reader {
  /** Of a tokenizer with two sides, the one that is wanted. */
  readonly part: 'source' | 'target' | undefined;
  text(name: string): Promise<string>;
  bytes(name: string): Promise<Uint8Array>;
}

interface Content extends Partial<Omit<Steps, 'model'>> {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly model: Component;
  /** Tokens that are special whether or not a file says so. */
  readonly extra?: readonly string[];
}

const BERT: Kind = {
  roles: { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' },
  async read(file, config) {
    for (const [key, allowed] of [
      ['do_basic_tokenize', (value: unknown) => value === true],
      ['never_split', (value: unknown) => Array.isArray(value) && value.length === 0],
    ] as const) {
      const value = config[key] ?? null;
      if (value === null || allowed(value)) continue;
      const todo =
        "Save its tokenizer.json and see whether Transformers' fast tokenizer gives what you expect.";
      throw new DataError(
        'tokenizer_config.json',
        `${key} is ${JSON.stringify(value)}, which is not done`,
        todo,
      );
    }
    const vocabulary = readLines(await file.text('vocab.txt'));
    const model = { type: 'WordPiece', continuing_subword_prefix: '##', max_input_chars_per_word: 100 };
    return { vocabulary, model };
  },
  steps: (special, config) => ({
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: flagOf(config, 'tokenize_chinese_chars', true),
      strip_accents: config.strip_accents ?? null,
      lowercase: flagOf(config, 'do_lower_case', true),
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: around(special.role('cls'), special.role('sep')),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  }),
};

async function readBPE(file: Reader, headed = false): Promise<Content> {
  const vocabulary = readVocabulary(await file.text('vocab.json'));
  const merges = readMerges(await file.text('merges.txt'), headed);
  return {
    vocabulary,
    model: { type: 'BPE', merges, continuing_subword_prefix: '', end_of_word_suffix: '' },
  };
}

const byteLevel = (config: Config): Component => ({
  type: 'ByteLevel',
  add_prefix_space: flagOf(config, 'add_prefix_space', false),
  trim_offsets: true,
  use_regex: true,
});
const BYTES: Component = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true };

const GPT2: Kind = {
  roles: { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>' },
  read: (file) => readBPE(file),
  steps: (special, config) => ({
    normalizer: null,
    pre_tokenizer: byteLevel(config),
    post_processor: flagOf(config, 'add_bos_token', false) ? around(special.role('bos'), null) : BYTES,
    decoder: BYTES,
  }),
};

const ROBERTA: Kind = {
  roles: {
    ...{ bos: '<s>', eos: '</s>', unk: '<unk>', sep: '</s>', pad: '<pad>', cls: '<s>' },
    mask: { content: '<mask>', lstrip: true },
  },
  read: (file) => readBPE(file),
  steps: (special, config) => ({
    normalizer: null,
    pre_tokenizer: byteLevel(config),
    post_processor: {
      type: 'RobertaProcessing',
      sep: [special.role('sep').content, special.role('sep').id],
      cls: [special.role('cls').content, special.role('cls').id],
      trim_offsets: true,
      add_prefix_space: flagOf(config, 'add_prefix_space', false),
    },
    decoder: BYTES,
  }),
};

/** Words as Qwen2 cuts them: numbers digit by digit. */
const QWEN2_WORDS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const QWEN2: Kind = {
  roles: { eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|endoftext|>' },
  read: (file) => readBPE(file, true),
  steps: (_, config) => ({
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: QWEN2_WORDS }, behavior: 'Isolated', invert: false },
        { ...byteLevel(config), use_regex: false },
      ],
    },
    post_processor: BYTES,
    decoder: BYTES,
  }),
};

/** A kind whose vocabulary is a model of SentencePiece. */
function sentencePiece(
  file: string,
  roles: RoleDefaults,
  place: (config: Config) => Partial<Placing>,
  ends: (special: SpecialTokens, config: Config) => Component | null,
): Kind {
  return {
    roles,
    async read(reader, config) {
      const model = readSentencePiece(file, await reader.bytes(file));
      const once = config.legacy === false;
      if (once && model.normalizer.trimmed) {
        const todo = 'Save its tokenizer.json: AutoTokenizer.from_pretrained(…).save_pretrained(…).';
        throw new DataError(
          'tokenizer_config.json',
          'legacy is false, which is not done for this model',
          todo,
        );
      }
      const placing = { before: [], skipped: 0, after: [], unknown: model.unknown, once, ...place(config) };
      const { tokens, ...steps } = describeSentencePiece(file, model, placing);
      const vocabulary = new Map(tokens.map((token, id) => [token, id]));
      return { ...steps, vocabulary, extra: placing.after };
    },
    steps: (special, config, { normalizer = null, pre_tokenizer = null, decoder = null }) => {
      return { normalizer, pre_tokenizer, decoder, post_processor: ends(special, config) };
    },
  };
}

const LLAMA = (roles: RoleDefaults): Kind =>
  sentencePiece(
    'tokenizer.model',
    roles,
    () => ({}),
    (special, config) =>
      around(
        flagOf(config, 'add_bos_token', true) ? special.role('bos') : null,
        flagOf(config, 'add_eos_token', false) ? special.role('eos') : null,
      ),
  );

const T5: Kind = sentencePiece(
  'spiece.model',
  { eos: '</s>', unk: '<unk>', pad: '<pad>' },
  ({ extra_ids: count = 100 }) => {
    if (!(Number.isInteger(count) && (count as number) >= 0 && (count as number) < 10_000))
      throw new DataError(
        'tokenizer_config.json',
        `extra_ids is ${JSON.stringify(count)}`,
        'It must be a count.',
      );
    const names = Array.from({ length: count as number }, (_, i) => `<extra_id_${i}>`);
    return { after: names.reverse() };
  },
  (special) => around(null, special.role('eos')),
);

const XLM_ROBERTA: Kind = sentencePiece(
  'sentencepiece.bpe.model',
  {
    ...{ bos: '<s>', eos: '</s>', unk: '<unk>', sep: '</s>', pad: '<pad>', cls: '<s>' },
    mask: { content: '<mask>', lstrip: true },
  },
  () => ({ before: ['<s>', '<pad>', '</s>', '<unk>'], skipped: 3, after: ['<mask>'], unknown: 3 }),
  (special) => around(special.role('cls'), special.role('sep')),
);

const CAMEMBERT: Kind = sentencePiece(
  'sentencepiece.bpe.model',
  XLM_ROBERTA.roles,
  () => ({
    before: ['<s>NOTUSED', '<pad>', '</s>NOTUSED', '<unk>', '<unk>NOTUSED'],
    ...{ skipped: 1, after: ['<mask>'], unknown: 3 },
  }),
  (special) => around(special.role('cls'), special.role('sep')),
);

/** Two models and the ids of both: one reads what is translated, the other writes. */
const MARIAN: Kind = {
  roles: { eos: '</s>', unk: '<unk>', pad: '<pad>' },
  async read(reader, config) {
    if (config.separate_vocabs === true)
      throw new DataError(
        'tokenizer_config.json',
        'separate_vocabs is true',
        'Two vocabularies are not done.',
      );
    const file = `${reader.part ?? 'source'}.spm`;
    const model = readSentencePiece(file, await reader.bytes(file));
    const given = readVocabulary(await reader.text('vocab.json'));
    const named = new Map([...given].sort(([, a], [, b]) => a - b));
    const unknown = named.get('<unk>') ?? -1;
    if (unknown < 0 || [...named.values()].some((id, i) => id !== i))
      throw new DataError(
        'vocab.json',
        'its ids do not run from 0 on, or it lacks <unk>',
        'Is the file whole?',
      );
    const placing = { before: [], skipped: 0, after: [], unknown, once: false, named };
    const { tokens, ...steps } = describeSentencePiece(file, model, placing);
    const codes = tokens.filter((token) => /^>>.+<<$/.test(token)); // of the language to translate to
    return { ...steps, vocabulary: named, extra: codes };
  },
  steps: (special, _, { normalizer = null, pre_tokenizer = null, decoder = null }) => {
    return { normalizer, pre_tokenizer, decoder, post_processor: around(null, special.role('eos')) };
  },
};

/** By the names of their classes, without "Fast". */
const KINDS: Readonly<Record<string, Kind>> = {
  BertTokenizer: BERT,
  DistilBertTokenizer: BERT,
  ElectraTokenizer: BERT,
  MobileBertTokenizer: BERT,
  LayoutLMTokenizer: BERT,
  SqueezeBertTokenizer: BERT,
  GPT2Tokenizer: GPT2,
  CodeGenTokenizer: GPT2,
  RobertaTokenizer: ROBERTA,
  BartTokenizer: ROBERTA,
  LongformerTokenizer: ROBERTA,
  LEDTokenizer: ROBERTA,
  Qwen2Tokenizer: QWEN2,
  LlamaTokenizer: LLAMA({ bos: '<s>', eos: '</s>', unk: '<unk>' }),
  GemmaTokenizer: LLAMA({ bos: '<bos>', eos: '<eos>', unk: '<unk>', pad: '<pad>' }),
  T5Tokenizer: T5,
  XLMRobertaTokenizer: XLM_ROBERTA,
  CamembertTokenizer: CAMEMBERT,
  MarianTokenizer: MARIAN,
};

/** What AutoTokenizer takes for a model_type where tokenizer_config.json names no class. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ bert: 'BertTokenizer', distilbert: 'DistilBertTokenizer', electra: 'ElectraTokenizer' },
  ...{
    mobilebert: 'MobileBertTokenizer',
    layoutlm: 'LayoutLMTokenizer',
    squeezebert: 'SqueezeBertTokenizer',
  },
  ...{ gpt2: 'GPT2Tokenizer', gpt_neo: 'GPT2Tokenizer', gptj: 'GPT2Tokenizer', opt: 'GPT2Tokenizer' },
  ...{ codegen: 'CodeGenTokenizer', roberta: 'RobertaTokenizer', bart: 'BartTokenizer' },
  ...{
    longformer: 'LongformerTokenizer',
    led: 'LEDTokenizer',
    qwen2: 'Qwen2Tokenizer',
    qwen3: 'Qwen2Tokenizer',
  },
};

/**
 * A tokenizer.json from older files: vocab.txt of WordPiece, or vocab.json with merges.txt of byte-level BPE, beside
 * tokenizer_config.json, special_tokens_map.json and added_tokens.json.
 *
 * @param modelType that of config.json, which tells the class where tokenizer_config.json does not.
 * @throws DataError for classes that are not done, by name, for missing files and for what they hold that cannot be.
 */
export async function describeTokenizer(
  files: Files,
  special: SpecialFiles,
  modelType: string | null,
  part?: 'source' | 'target',
): Promise<TokenizerJson> {
  const { config } = special;
  const name = classOf(config, modelType);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : null;
  if (!kind) {
    const near = nearest(name, Object.keys(KINDS), Infinity).join(', ');
    const todo = `Known are ${near}. Others save a tokenizer.json: AutoTokenizer.from_pretrained(…).save_pretrained(…).`;
    throw new DataError('tokenizer_config.json', `the files of ${name} are not read`, todo);
  }
  const needed = <T>(file: string, found: T | null): T => {
    if (found !== null) return found;
    throw new DataError(file, `it is not there, and neither is tokenizer.json`, `${name} needs one of them.`);
  };
  if (part !== undefined && kind !== MARIAN) {
    const what = `${name} has no part ${part}`;
    throw new DataError('loadTokenizer', what, 'Leave part out: one tokenizer is for both.');
  }
  const reader: Reader = {
    part,
    text: async (file) => needed(file, await files.text(file)),
    bytes: async (file) => needed(file, await files.bytes(file)),
  };
  const content = await kind.read(reader, config);
  const { vocabulary, model } = content;
  const tokens = specialTokens(special, kind.roles, vocabulary, content.extra);
  const unknown = kind === BERT ? { unk_token: tokens.role('unk').content } : {};
  return {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: [...tokens.all] },
    ...kind.steps(tokens, config, content),
    model: { vocab: Object.fromEntries(vocabulary), ...model, ...unknown },
  };
}

function classOf(config: Config, modelType: string | null): string {
  if (typeof config.tokenizer_class === 'string') return config.tokenizer_class.replace(/Fast$/, '');
  if (modelType !== null && Object.hasOwn(CLASSES, modelType)) return CLASSES[modelType];
  const what = `it names no tokenizer_class, nor does ${modelType === null ? 'a config.json' : JSON.stringify(modelType)} tell it`;
  throw new DataError('tokenizer_config.json', what, 'Add "tokenizer_class", such as "BertTokenizer".');
}

/** [first] text [last], and for two texts [first] one [last] other [last]; null for nothing around. */
function around(first: AddedToken | null, last: AddedToken | null): Component | null {
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

function flagOf(config: Config, name: string, otherwise: boolean): boolean {
  const value = config[name] ?? otherwise;
  if (typeof value === 'boolean') return value;
  throw new DataError(
    'tokenizer_config.json',
    `${name} is ${JSON.stringify(value)}`,
    'It must be true or false.',
  );
}
