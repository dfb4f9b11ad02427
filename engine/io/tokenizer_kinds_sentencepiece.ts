/** Kinds whose vocabularies are models of SentencePiece. */
import { DataError } from '../errors';
import { describeSentencePiece, readSentencePiece, type Placing } from './sentencepiece';
import type { Component } from './tokenizer_json';
import { around, flagOf, type Config, type Kind } from './tokenizer_kind';
import type { RoleDefaults, SpecialTokens } from './tokenizer_special';
import { readVocabulary } from './tokenizer_vocabulary';

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

export const LLAMA = (roles: RoleDefaults): Kind =>
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

export const T5: Kind = sentencePiece(
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

export const XLM_ROBERTA: Kind = sentencePiece(
  'sentencepiece.bpe.model',
  {
    ...{ bos: '<s>', eos: '</s>', unk: '<unk>', sep: '</s>', pad: '<pad>', cls: '<s>' },
    mask: { content: '<mask>', lstrip: true },
  },
  () => ({ before: ['<s>', '<pad>', '</s>', '<unk>'], skipped: 3, after: ['<mask>'], unknown: 3 }),
  (special) => around(special.role('cls'), special.role('sep')),
);

export const CAMEMBERT: Kind = sentencePiece(
  'sentencepiece.bpe.model',
  XLM_ROBERTA.roles,
  () => ({
    before: ['<s>NOTUSED', '<pad>', '</s>NOTUSED', '<unk>', '<unk>NOTUSED'],
    ...{ skipped: 1, after: ['<mask>'], unknown: 3 },
  }),
  (special) => around(special.role('cls'), special.role('sep')),
);

/** Two models and the ids of both: one reads what is translated, the other writes. */
export const MARIAN: Kind = {
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
