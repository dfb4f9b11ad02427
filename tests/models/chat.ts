/** The Llama of tests/fixtures/make_gpt.py as a folder that chats, in a format of this file. */
import type { Tokenizer } from '../../engine/index';
import modern from '../fixtures/gpt-modern.json';
import { fixtureTensors } from '../fixtures/load';
import { checkpointOf } from './folders';

export const USER = '<|user|>';
export const ASSISTANT = '<|assistant|>';
export const TEMPLATE = `{% for message in messages %}{{ '<|' + message.role + '|>' + message.content }}{% if message.role == 'assistant' %}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;

/** Letters for ids, of which `end` is what ends an answer, and the last two begin turns. */
export function chattingTokenizer(end: number): object {
  const { vocab_size: size } = modern.config;
  const spelled = Array.from({ length: size }, (_, id) => String.fromCharCode(33 + id));
  const special: Readonly<Record<number, string>> = {
    [end]: '<|end|>',
    [size - 2]: USER,
    [size - 1]: ASSISTANT,
  };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(special).map(([id, content]) => ({ id: Number(id), content, ...flags })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, merges: [] },
      vocab: Object.fromEntries(spelled.map((letter, id) => [special[id] ?? letter, id])),
    },
  };
}

export async function chattingFiles(end: number): Promise<Record<string, Uint8Array<ArrayBuffer> | object>> {
  const all = await fixtureTensors('gpt-modern.safetensors');
  return {
    'config.json': modern.config,
    'model.safetensors': checkpointOf(
      new Map(Object.keys(modern.parameters).map((key) => [key, all.get(key)!])),
    ),
    'tokenizer.json': chattingTokenizer(end),
    'tokenizer_config.json': { chat_template: TEMPLATE },
  };
}

/** A conversation as TEMPLATE writes it. */
export const asked = (tokenizer: Tokenizer, text: string): Uint32Array<ArrayBuffer> =>
  tokenizer.encode(`${USER}${text}${ASSISTANT}`, { special: false });
