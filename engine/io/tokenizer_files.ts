/**
 * Tokenizers whose folder has no tokenizer.json: what their files say, as the tokenizer.json says it that Transformers
 * would make of them. Loaded only when such a folder is read.
 */
import { DataError, nearest } from '../errors';
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
  /** The model's own part, and its vocabulary. */
  read(
    text: (name: string) => Promise<string>,
    config: Config,
  ): Promise<{ vocabulary: Map<string, number>; model: Component }>;
  steps(special: SpecialTokens, config: Config, model: Component): Omit<Steps, 'model'>;
}

const BERT: Kind = {
  roles: { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' },
  async read(text, config) {
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
    const vocabulary = readLines(await text('vocab.txt'));
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

async function readBPE(text: (name: string) => Promise<string>, headed = false) {
  const vocabulary = readVocabulary(await text('vocab.json'));
  const merges = readMerges(await text('merges.txt'), headed);
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
  read: (text) => readBPE(text),
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
  read: (text) => readBPE(text),
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
  read: (text) => readBPE(text, true),
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
): Promise<TokenizerJson> {
  const { config } = special;
  const name = classOf(config, modelType);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : null;
  if (!kind) {
    const near = nearest(name, Object.keys(KINDS), Infinity).join(', ');
    const todo = `Known are ${near}. Others save a tokenizer.json: AutoTokenizer.from_pretrained(…).save_pretrained(…).`;
    throw new DataError('tokenizer_config.json', `the files of ${name} are not read`, todo);
  }
  const needed = async (file: string): Promise<string> => {
    const found = await files.text(file);
    if (found !== null) return found;
    throw new DataError(file, `it is not there, and neither is tokenizer.json`, `${name} needs one of them.`);
  };
  const { vocabulary, model } = await kind.read(needed, config);
  const tokens = specialTokens(special, kind.roles, vocabulary);
  const unknown = kind === BERT ? { unk_token: tokens.role('unk').content } : {};
  return {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: [...tokens.all] },
    ...kind.steps(tokens, config, model),
    model: { ...model, ...unknown, vocab: Object.fromEntries(vocabulary) },
  };
}

function classOf(config: Config, modelType: string | null): string {
  if (typeof config.tokenizer_class === 'string') return config.tokenizer_class.replace(/Fast$/, '');
  if (modelType !== null && Object.hasOwn(CLASSES, modelType)) return CLASSES[modelType];
  const what = `it names no tokenizer_class, nor does ${modelType === null ? 'a config.json' : JSON.stringify(modelType)} tell it`;
  throw new DataError('tokenizer_config.json', what, 'Add "tokenizer_class", such as "BertTokenizer".');
}

/** [first] text [last], and for two texts [first] one [last] other [last]. */
function around(first: AddedToken, last: AddedToken | null): Component {
  const place = ({ content }: AddedToken, type_id: number) => ({ SpecialToken: { id: content, type_id } });
  const text = (id: 'A' | 'B', type_id: number) => ({ Sequence: { id, type_id } });
  const end = (type_id: number): object[] => (last ? [place(last, type_id)] : []);
  return {
    type: 'TemplateProcessing',
    single: [place(first, 0), text('A', 0), ...end(0)],
    pair: [place(first, 0), text('A', 0), ...end(0), text('B', 1), ...end(1)],
    special_tokens: Object.fromEntries(
      [first, ...(last ? [last] : [])].map(({ content, id }) => [
        content,
        { id: content, ids: [id], tokens: [content] },
      ]),
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
