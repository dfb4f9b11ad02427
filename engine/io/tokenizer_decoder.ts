/** The last step of tokenizer.json: from tokens back to text. */
import { tokenBytes } from './byte_level';
import {
  character,
  component,
  count,
  expectGrowth,
  flag,
  list,
  oneOf,
  record,
  text as textOf,
} from './tokenizer_fields';
import { unsupported, type Component } from './tokenizer_json';
import { expectReplaced } from './tokenizer_normalizer';
import { pattern } from './tokenizer_pattern';

/** What is left to join. */
export type Decoder = (tokens: readonly string[]) => string[];

const utf8 = /* @__PURE__ */ new TextEncoder();

export function decoder(given: unknown): Decoder {
  const step = component(given, 'the decoder');
  switch (step.type) {
    case 'Sequence': {
      const parts = list(step, 'decoders').map(decoder);
      const length = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length + 1, 0);
      return (tokens) =>
        parts.reduce(
          (before, part, i) => {
            const done = part(before);
            expectGrowth(() => `step ${i + 1} of the decoder`, length(tokens), length(done));
            return done;
          },
          [...tokens],
        );
    }
    case 'ByteLevel':
      return (tokens) => [new TextDecoder('utf-8', { ignoreBOM: true }).decode(joined(tokens.map(bytesOf)))];
    case 'WordPiece': {
      const prefix = textOf(step, 'prefix');
      const clean = flag(step, 'cleanup') ? cleaned : String;
      return (tokens) =>
        tokens.map((token, i) =>
          clean(i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`),
        );
    }
    case 'Metaspace': {
      const sign = character(step, 'replacement');
      const first =
        oneOf(step, 'prepend_scheme', ['always', 'first', 'never'], 'always') === 'never' ? ' ' : '';
      return (tokens) => tokens.map((token, i) => token.replaceAll(sign, i === 0 ? first : ' '));
    }
    case 'BPEDecoder': {
      const suffix = textOf(step, 'suffix');
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
    }
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Strip':
      return strip(step);
    case 'Replace': {
      const find = pattern(record(step, 'pattern'), 'Replace');
      const content = textOf(step, 'content');
      return (tokens) =>
        tokens.map((token) => {
          const places = find(token);
          expectReplaced(step, places, token.length, content);
          return replaced(token, places, content);
        });
    }
    case 'CTC':
      return ctc(step);
    default:
      unsupported(`the decoder ${step.type}`);
  }
}

/** Bytes of GPT-2's alphabet; a token with other characters stands for itself. */
export function bytesOf(token: string): Uint8Array {
  return tokenBytes(token) ?? utf8.encode(token);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Tokens such as <0x0A> that follow each other are one UTF-8 text, or U+FFFD each. */
function byteFallback(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      out.push(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
    } catch {
      out.push(...bytes.map(() => '\ufffd'));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([\dA-Fa-f]{2})>$/.exec(token);
    if (byte) {
      bytes.push(parseInt(byte[1], 16));
    } else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

function strip(step: Component): Decoder {
  const content = character(step, 'content');
  const start = count(step, 'start');
  const stop = count(step, 'stop');
  return (tokens) =>
    tokens.map((token) => {
      const characters = [...token];
      let from = 0;
      let to = characters.length;
      while (from < Math.min(start, characters.length) && characters[from] === content) from++;
      while (to > Math.max(from, characters.length - stop) && characters[to - 1] === content) to--;
      return characters.slice(from, to).join('');
    });
}

/** Connectionist temporal classification: what repeats is one, padding is none. */
function ctc(step: Component): Decoder {
  const padding = textOf(step, 'pad_token');
  const delimiter = textOf(step, 'word_delimiter_token');
  const cleanup = flag(step, 'cleanup');
  return (tokens) =>
    tokens
      .filter((token, i) => i === 0 || token !== tokens[i - 1])
      .map((token) => {
        const spoken = token.replaceAll(padding, '');
        return cleanup ? cleaned(spoken).replaceAll(delimiter, ' ') : spoken;
      })
      .filter((token) => token !== '');
}

function replaced(text: string, places: readonly number[], content: string): string {
  let out = '';
  let done = 0;
  for (let i = 0; i < places.length; i += 2) {
    out += text.slice(done, places[i]) + content;
    done = places[i + 1];
  }
  return out + text.slice(done);
}

const SPACED = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", ' do not', " 's", " 've", " 're"];

/** English without the spaces that cutting it put before marks. Python's tokenizers also makes "don't" of "do not". */
function cleaned(text: string, spaced: readonly string[] = SPACED): string {
  for (const mark of spaced) {
    text = text.replaceAll(mark, mark === ' do not' ? " don't" : mark === " ' " ? "'" : mark.slice(1));
  }
  return text;
}

/** As Transformers cleans a whole text, where tokenizer_config.json asks for it. */
export function cleanedUp(text: string): string {
  return cleaned(
    text,
    SPACED.filter((mark) => mark !== ' do not'),
  );
}
