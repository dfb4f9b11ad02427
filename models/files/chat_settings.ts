/** What the folder of a tokenizer says about conversations: their templates, and the special tokens that these name. */
import { DataError } from '../../engine/index';
import type { Json } from '../pretrained_config';

const FILE = 'tokenizer_config.json';

/**
 * Templates by their names; `default` is the one that nobody has to name. As in Transformers, chat_template.jinja (`alone`) stands
 * for all that tokenizer_config.json has.
 */
export function chatTemplatesOf(
  { chat_template: template }: Json,
  alone: string | null,
): Readonly<Record<string, string>> {
  if (alone !== null) return { default: alone };
  if (template === undefined || template === null) return {};
  if (typeof template === 'string') return { default: template };
  const todo = 'It must be a template, or a list of { name, template }.';
  if (!Array.isArray(template)) throw new DataError(FILE, `chat_template is ${typeof template}`, todo);
  return Object.fromEntries(
    (template as readonly unknown[]).map((one, i) => {
      const { name, template: text } = Object(one) as {
        readonly name?: unknown;
        readonly template?: unknown;
      };
      if (typeof name === 'string' && typeof text === 'string') return [name, text];
      throw new DataError(FILE, `chat_template has no name and template at ${i}`, todo);
    }),
  );
}

const ROLES = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((role) => `${role}_token`);

const END_OF_TEXT = '<|endoftext|>';
/** Those of the classes that chat, where no file says otherwise. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LlamaTokenizer: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
  GemmaTokenizer: { bos_token: '<bos>', eos_token: '<eos>', unk_token: '<unk>', pad_token: '<pad>' },
  BloomTokenizer: { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' },
  Qwen2Tokenizer: { eos_token: END_OF_TEXT, unk_token: END_OF_TEXT, pad_token: END_OF_TEXT },
  GPT2Tokenizer: { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT, unk_token: END_OF_TEXT },
  GPTNeoXTokenizer: { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT, unk_token: END_OF_TEXT },
};

/**
 * Special tokens by the names that templates know them by (`bos_token` …), as `special_tokens_map` of Transformers has them: only
 * those that there are. `map` is special_tokens_map.json, which Transformers reads where it did not write all into the config.
 */
export function specialTokensOf(
  config: Json,
  map: Json | null,
): Readonly<Record<string, string | readonly string[]>> {
  const name = typeof config.tokenizer_class === 'string' ? config.tokenizer_class.replace(/Fast$/, '') : '';
  const defaults = Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : {};
  const { extra_special_tokens: extra } = config;
  const named = typeof extra === 'object' && extra !== null && !Array.isArray(extra) ? (extra as Json) : {};
  const said: Json = { ...defaults, ...named, ...config, ...map };
  const found: Record<string, string | readonly string[]> = {};
  for (const key of [...ROLES, ...Object.keys(named)]) {
    const text = textOf(said[key], key);
    if (text) found[key] = text;
  }
  const more = said.additional_special_tokens;
  if (Array.isArray(more) && more.length > 0) {
    found.additional_special_tokens = more.map((one) => textOf(one, 'additional_special_tokens') ?? '');
  }
  return found;
}

/** A token is a text, or an object with its content. */
function textOf(token: unknown, key: string): string | null {
  if (token === undefined || token === null) return null;
  const text: unknown = typeof token === 'object' ? (token as { readonly content?: unknown }).content : token;
  if (typeof text === 'string') return text;
  throw new DataError(
    FILE,
    `${key} is ${JSON.stringify(token)}`,
    'Give a text, or an object with its content.',
  );
}
