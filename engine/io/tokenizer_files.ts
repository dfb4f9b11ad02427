/**
 * Tokenizers whose folder has no tokenizer.json: what their files say, as the tokenizer.json says it that Transformers
 * would make of them. Loaded only when such a folder is read.
 */
import { DataError, nearest } from '../errors';
import type { TokenizerJson } from './tokenizer_json';
import type { Config, Kind, Reader } from './tokenizer_kind';
import { BERT, GPT2, QWEN2, ROBERTA } from './tokenizer_kinds_listed';
import { CAMEMBERT, LLAMA, MARIAN, T5, XLM_ROBERTA } from './tokenizer_kinds_sentencepiece';
import { specialTokens, type SpecialFiles } from './tokenizer_special';

/** Gives a file of the folder; null where it is not there. */
export interface Files {
  text(name: string): Promise<string | null>;
  bytes(name: string): Promise<Uint8Array | null>;
}

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
