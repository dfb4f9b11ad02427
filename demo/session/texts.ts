/** Texts and their tokens, read once and kept while the page is open. */
import {
  characterTokenizer,
  checkText,
  encodeLong,
  readText,
  tokenizerFromJson,
  trainByteLevelBPE,
  type Tokenizer,
} from '../../engine/index';
import { fetchFile } from './fetched';
import type { Phase, TextInfo, TextSource, TokenizerKind } from './protocol';
import { BPE_VOCABULARY } from './sizes';

export interface LoadedText {
  readonly info: TextInfo;
  readonly text: string;
}

export type OnProgress = (phase: Phase, share: number) => void;

/** Fetches or reads a text and checks it. Throws a `DataError` that says what is wrong with it. */
export async function loadText(source: TextSource): Promise<LoadedText> {
  const { title, text } = await read(source);
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const fingerprint = Array.from(hash.subarray(0, 16), (b) => b.toString(16).padStart(2, '0')).join('');
  let characters = 0;
  const distinct = new Set<string>();
  for (const character of text) {
    characters++;
    distinct.add(character);
  }
  const info: TextInfo = {
    kind: source.kind,
    id: source.kind === 'corpus' ? source.id : '',
    title,
    characters,
    distinct: distinct.size,
    fingerprint,
    opening: [...text.slice(0, 600)].slice(0, 280).join(''),
  };
  return { info, text };
}

async function read(source: TextSource): Promise<{ title: string; text: string }> {
  if (source.kind === 'pasted') return { title: 'pasted text', text: checkText(source.text, 'pasted text') };
  if (source.kind === 'file') {
    return { title: source.file.name, text: normalise(await readText(source.file)) };
  }
  const { title } = source;
  const file = await fetchFile(source.url, title);
  return { title, text: await readText(file, { name: title }) };
}

/** One kind of line break, so that a file from Windows costs no extra token. */
const normalise = (text: string): string => text.replace(/\r\n?/g, '\n');

/** The tokenizer that a text is trained with. Byte-level BPE learns its vocabulary from the text. */
export async function makeTokenizer(
  { text }: LoadedText,
  kind: TokenizerKind,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Tokenizer> {
  if (kind === 'characters') return characterTokenizer(text);
  const json = await trainByteLevelBPE(text, {
    vocabularySize: BPE_VOCABULARY,
    signal,
    onProgress: ({ phase, done, total }) => {
      if (phase === 'merge' && total) onProgress('tokenizer', done / total);
    },
  });
  return tokenizerFromJson(json);
}

export async function encodeText(
  tokenizer: Tokenizer,
  { text }: LoadedText,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Uint32Array> {
  return encodeLong(tokenizer, text, {
    signal,
    onProgress: ({ done, total }) => onProgress('encode', done / total),
  });
}
