/**
 * A joint byte-level BPE vocabulary. A space goes before every text, as Marian's and Llama's tokenizers have it, so that
 * a word is the same token at the beginning of a sentence and within; capitals and punctuation are tokens of their own
 * right, as in GPT-2.
 */
import {
  DataError,
  tokenizerFromJson,
  trainByteLevelBPE,
  type Tokenizer,
  type TokenizerJson,
} from '../../engine/index';
import type { TextPair } from '../../engine/data';
import { joined } from '../joined';
import { SPECIAL, type VocabularyProgress, type VocabularySide, type VocabularySides } from './pair_tokens';

const SIZE = 8000;
/** Pairs that go to the trainer as one text: it gives the thread back after each. */
const CHUNK = 128;
/** Words whose ids are remembered. */
const REMEMBERED = 1 << 16;

export async function learnSubwords(
  pairs: readonly TextPair[],
  options: {
    readonly vocabularySize?: number;
    readonly minFrequency?: number;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: VocabularyProgress) => void;
  },
): Promise<VocabularySides> {
  const { vocabularySize = SIZE, minFrequency, signal, onProgress } = options;
  const chunks: string[] = [];
  for (let at = 0; at < pairs.length; at += CHUNK) {
    chunks.push(
      pairs
        .slice(at, at + CHUNK)
        .map(({ source, target }) => ` ${source}\n ${target}\n`)
        .join(''),
    );
  }
  const json = await trainByteLevelBPE(chunks, {
    vocabularySize,
    special: SPECIAL,
    minFrequency,
    signal,
    onProgress,
  });
  const prefixed = { ...json.pre_tokenizer!, add_prefix_space: true };
  return sides({ ...json, pre_tokenizer: prefixed });
}

export async function subwordsFromJson(json: object): Promise<VocabularySides> {
  const { tokenizer } = json as { tokenizer?: TokenizerJson };
  const given: unknown = tokenizer?.added_tokens;
  const special = Array.isArray(given)
    ? given.map((token: { readonly content?: unknown } | null) => token?.content)
    : [];
  if (SPECIAL.some((token, id) => special[id] !== token)) {
    const what = `its special tokens are ${special.slice(0, 6).join(', ') || 'missing'}, want ${SPECIAL.join(', ')}`;
    throw new DataError('PairVocabulary', what, 'Use the vocabulary that was saved with the model.');
  }
  return sides(tokenizer!);
}

async function sides(json: TokenizerJson): Promise<VocabularySides> {
  // Without its added tokens, so that a text which says "</s>" is text.
  const side = new Subwords(await tokenizerFromJson({ ...json, added_tokens: [] }));
  return { source: side, target: side, knowsUnknown: false, json: { tokenizer: json } };
}

class Subwords implements VocabularySide {
  readonly size: number;
  readonly #tokenizer: Tokenizer;
  readonly #words = new Map<string, Uint32Array>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.size = tokenizer.size;
  }

  /** Word by word: pre-tokenisation cuts before every space, and tidy texts have single ones. */
  encode(text: string): Uint32Array<ArrayBuffer> {
    if (text === '') return new Uint32Array(0);
    const words = text.split(' ').map((word) => this.#word(` ${word}`));
    return joined(Uint32Array, words);
  }

  #word(word: string): Uint32Array {
    let ids = this.#words.get(word);
    if (!ids) {
      ids = this.#tokenizer.encode(word, { special: false });
      if (this.#words.size < REMEMBERED) this.#words.set(word, ids);
    }
    return ids;
  }

  decode(ids: readonly number[], partial: boolean): string {
    // Targets were learnt without line breaks; bytes that make one all the same must not move later lines.
    const text = this.#tokenizer
      .decode(ids)
      .replace(/[\n-\r\x85\u2028\u2029]/g, ' ')
      .replace(/^ /, '');
    return partial ? text.replace(/\ufffd+$/, '') : text;
  }

  /** A character whose bytes are several tokens stands at the last of them, dots at the others. */
  pieces(ids: readonly number[]): string[] {
    const decoder = this.#tokenizer.decoder();
    const pieces = ids.map((id) => decoder.push(id) || '·');
    const rest = decoder.end();
    if (rest) pieces[pieces.length - 1] = rest;
    return pieces;
  }
}
