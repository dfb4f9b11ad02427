/**
 * What tokenizer_config.json changes of a tokenizer.json: the fast classes of Transformers set some steps by it when they
 * open a folder, and add tokens that only the config has.
 */
import { isRecord, type AddedToken, type Component, type TokenizerJson } from './tokenizer_json';

type Config = Readonly<Record<string, unknown>>;

/** The tokenizer.json as Transformers uses it beside this config. */
export function withSettings(json: TokenizerJson, config: Config): TokenizerJson {
  const name = typeof config.tokenizer_class === 'string' ? config.tokenizer_class.replace(/Fast$/, '') : '';
  return {
    ...json,
    added_tokens: addedTokens(json, config),
    normalizer: json.normalizer?.type === 'BertNormalizer' ? bert(json.normalizer, config) : json.normalizer,
    pre_tokenizer: BYTE_LEVEL.has(name) ? spaced(json.pre_tokenizer, config) : json.pre_tokenizer,
  };
}

/** Classes that set the prefix space of their pre-tokenizer. */
const BYTE_LEVEL = /* @__PURE__ */ new Set(
  ['GPT2', 'Roberta', 'Bart', 'Longformer', 'LED', 'CodeGen', 'GPTNeoX', 'Bloom'].map(
    (name) => `${name}Tokenizer`,
  ),
);

function bert(step: Component, config: Config): Component {
  const given = Object.entries({
    lowercase: config.do_lower_case,
    strip_accents: config.strip_accents,
    handle_chinese_chars: config.tokenize_chinese_chars,
  }).filter(([, value]) => value !== undefined);
  return { ...step, ...Object.fromEntries(given) };
}

function spaced(step: Component | null, config: Config): Component | null {
  if (typeof config.add_prefix_space !== 'boolean' || step?.type !== 'ByteLevel') return step;
  return { ...step, add_prefix_space: config.add_prefix_space };
}

function addedTokens({ added_tokens: tokens }: TokenizerJson, config: Config): AddedToken[] {
  if (!isRecord(config.added_tokens_decoder)) return tokens;
  const known = new Set(tokens.map(({ content }) => content));
  const more = Object.entries(config.added_tokens_decoder).flatMap(([id, token]) => {
    const content = isRecord(token) ? token.content : undefined;
    if (typeof content !== 'string' || known.has(content)) return [];
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
    return [{ ...flags, ...(token as Partial<AddedToken>), content, id: Number(id) }];
  });
  return [...tokens, ...more.sort((a, b) => a.id - b.id)];
}
