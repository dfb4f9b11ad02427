/** SentencePiece's models (Kudo and Richardson 2018), as the tokenizer.json that gives their ids. Loaded on demand. */
import { DataError } from '../errors';
import {
  bytesField,
  flagField,
  floatField,
  numberField,
  readMessage,
  textField,
  type Message,
} from './protobuf';
import type { Component } from './tokenizer_json';

/** What a piece is for; UNUSED ones are in no text. */
const [NORMAL, UNKNOWN, USER_DEFINED, UNUSED] = [1, 2, 4, 5];

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  readonly unknown: number;
  readonly kind: 'Unigram' | 'BPE';
  readonly byteFallback: boolean;
  readonly normalizer: {
    readonly charsmap: Uint8Array;
    readonly dummyPrefix: boolean;
    readonly trimmed: boolean;
    readonly escaped: boolean;
    readonly suffix: boolean;
  };
}

/** Reads a `.model` or `.spm` file; throws `DataError` for what is none, and for kinds that are not done. */
export function readSentencePiece(name: string, bytes: Uint8Array): SentencePieceModel {
  const model = readMessage(name, bytes);
  const part = (field: number): Message => readMessage(name, bytesField(model, field) ?? new Uint8Array(0));
  const [trainer, normalizer] = [part(2), part(3)];
  const pieces = (model.get(1) ?? []).map((value): Piece => {
    const piece = readMessage(name, typeof value === 'number' ? new Uint8Array(0) : value);
    return {
      text: textField(piece, 1, ''),
      score: floatField(piece, 2),
      type: numberField(piece, 3, NORMAL),
    };
  });
  const unknown = pieces.findIndex(({ type }) => type === UNKNOWN);
  if (unknown < 0)
    throw new DataError(name, 'it has no piece for unknown text', "Give a model of SentencePiece's trainer.");
  const kind = ([null, 'Unigram', 'BPE'] as const)[numberField(trainer, 3, 1)];
  if (!kind) {
    const what = `it cuts texts by ${['words', 'characters'][numberField(trainer, 3, 1) - 3] ?? 'another kind of model'}`;
    throw new DataError(name, what, 'Done are unigram models and BPE.');
  }
  if (kind === 'BPE' && pieces.some(({ type }) => type === UNUSED))
    throw new DataError(name, 'its BPE has unused pieces', 'Encode the text elsewhere and pass token ids.');
  return {
    ...{ pieces, unknown, kind, byteFallback: flagField(trainer, 35, false) },
    normalizer: {
      charsmap: bytesField(normalizer, 2) ?? new Uint8Array(0),
      dummyPrefix: flagField(normalizer, 3, true),
      trimmed: flagField(normalizer, 4, true),
      escaped: flagField(normalizer, 5, true),
      suffix: flagField(trainer, 24, false),
    },
  };
}

/** Which ids the pieces have. */
export interface Placing {
  /** Tokens in the place of the first pieces, and after the last: see `describeSentencePiece`. */
  readonly before: readonly string[];
  readonly skipped: number;
  readonly after: readonly string[];
  readonly unknown: number;
  /** Whether a space goes only before the first stretch of a text, and signs in texts are spaces (`legacy: false`). */
  readonly once: boolean;
  /** Ids of all tokens by their texts, instead of the order of pieces; pieces that are not among them are unknown text. */
  readonly named?: ReadonlyMap<string, number>;
}

/**
 * The steps of a tokenizer.json with this model's ids: those of `before`, then of its pieces but the first `skipped`, then of
 * `after`; or `named`.
 */
export function describeSentencePiece(
  name: string,
  { pieces, kind, byteFallback, normalizer: own }: SentencePieceModel,
  { before, skipped, after, unknown, once, named }: Placing,
): {
  normalizer: Component;
  pre_tokenizer: Component | null;
  decoder: Component;
  model: Component;
  tokens: string[];
} {
  const kept = pieces.slice(skipped);
  const special = (text: string): Piece => ({ text, score: 0, type: 3 });
  const byText = new Map(kept.map((piece) => [piece.text, piece]));
  const all = named
    ? [...named.keys()].map((text) => byText.get(text) ?? special(text))
    : [...before.map(special), ...kept, ...after.map(special)];
  const userDefined = kept.filter(({ type }) => type === USER_DEFINED).map(({ text }) => text);
  const prefix = !own.dummyPrefix ? 'never' : own.suffix ? 'behind' : once ? 'first' : 'always';
  const normalizer = {
    ...{
      type: 'SentencePiece',
      charsmap: base64(own.charsmap),
      prefix,
      plain_signs: once,
      user_defined: userDefined,
    },
    ...{ remove_extra_whitespaces: own.trimmed, escape_whitespaces: own.escaped },
  };
  const decoder = {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      {
        type: 'Strip',
        content: ' ',
        start: own.dummyPrefix && !own.suffix ? 1 : 0,
        stop: 0,
      },
    ],
  };
  const tokens = all.map(({ text }) => text);
  if (kind === 'Unigram') {
    const model = {
      ...{ type: 'Unigram', vocab: all.map(({ text, score }) => [text, score]), unk_id: unknown },
      ...{ byte_fallback: byteFallback, pieces: all.map(({ type }) => type) },
      unnamed: named
        ? kept.flatMap(({ text, score, type }) =>
            type === NORMAL && !named.has(text) ? [[text, score]] : [],
          )
        : [],
    };
    return { normalizer, decoder, model, tokens, pre_tokenizer: null };
  }
  if (named) throw new DataError(name, 'it is a BPE beside vocab.json', 'Done are unigram models there.');
  const { merges, ranks } = mergesOf(name, kept);
  const model = {
    ...{
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((text, id) => [text, id])),
      unk_token: tokens[unknown],
    },
    ...{ merges, ranks, fuse_unk: true, byte_fallback: byteFallback, frozen: userDefined },
  };
  const pre_tokenizer = userDefined.length > 0 ? { type: 'SentencePiece', user_defined: userDefined } : null;
  return { normalizer, decoder, model, tokens, pre_tokenizer };
}

/** All pairs that make a piece. Those of one piece have one rank: the pair that is first in the text is merged first. */
function mergesOf(name: string, pieces: readonly Piece[]): { merges: [string, string][]; ranks: number[] } {
  const normal = pieces.filter(({ type }) => type === NORMAL);
  const known = new Set(normal.map(({ text }) => text));
  const merges: [string, string][] = [];
  const ranks: number[] = [];
  const long = normal.filter(({ text }) => [...text].length > 1).sort((a, b) => b.score - a.score);
  for (const [rank, { text, score }] of long.entries()) {
    if (rank > 0 && long[rank - 1].score === score) {
      const what = `the pieces ${JSON.stringify(long[rank - 1].text)} and ${JSON.stringify(text)} have the score ${score}`;
      throw new DataError(name, what, 'Encode the text elsewhere and pass token ids.');
    }
    let at = 0;
    for (const character of text) {
      at += character.length;
      const [left, right] = [text.slice(0, at), text.slice(at)];
      if (right === '' || !known.has(left) || !known.has(right)) continue;
      merges.push([left, right]);
      ranks.push(rank);
    }
  }
  return { merges, ranks };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
