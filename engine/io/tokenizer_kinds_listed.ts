/** Kinds whose vocabularies are lists: WordPiece and byte-level BPE. */
import { DataError } from '../errors';
import type { Component } from './tokenizer_json';
import { around, flagOf, type Config, type Content, type Kind, type Reader } from './tokenizer_kind';
import { readLines, readMerges, readVocabulary } from './tokenizer_vocabulary';

export const BERT: Kind = {
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

export const GPT2: Kind = {
  roles: { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>' },
  read: (file) => readBPE(file),
  steps: (special, config) => ({
    normalizer: null,
    pre_tokenizer: byteLevel(config),
    post_processor: flagOf(config, 'add_bos_token', false) ? around(special.role('bos'), null) : BYTES,
    decoder: BYTES,
  }),
};

export const ROBERTA: Kind = {
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

export const QWEN2: Kind = {
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
