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
import { factsOf } from './text-facts';

export interface LoadedText {
  readonly info: TextInfo;
  readonly text: string;
}

export type OnProgress = (phase: Phase, share: number) => void;

/** A text as it was chosen: what it is, and itself once it is needed. */
export interface ChosenText {
  readonly info: TextInfo;
  load(signal?: AbortSignal): Promise<LoadedText>;
}

/**
 * Reads a text and checks it; a bundled one, of which the site knows everything, is fetched when it is needed. Throws a
 * `DataError` that says what is wrong with it.
 */
export async function chooseText(source: TextSource): Promise<ChosenText> {
  if (source.kind === 'corpus') {
    const { id, title, url, facts } = source;
    const info: TextInfo = { kind: 'corpus', id, title, ...facts };
    let fetched: Promise<LoadedText> | null = null;
    const fetchText = async (signal?: AbortSignal): Promise<LoadedText> => {
      const file = await fetchFile(url, title, signal);
      return { info, text: await readText(file, { name: title }) };
    };
    return {
      info,
      load: (signal) =>
        (fetched ??= fetchText(signal).catch((error: unknown) => {
          fetched = null;
          throw error;
        })),
    };
  }
  const { title, text } = await read(source);
  const info: TextInfo = { kind: source.kind, id: '', title, ...(await factsOf(text)) };
  return { info, load: () => Promise.resolve({ info, text }) };
}

async function read(
  source: Exclude<TextSource, { kind: 'corpus' }>,
): Promise<{ title: string; text: string }> {
  if (source.kind === 'pasted') return { title: 'pasted text', text: checkText(source.text, 'pasted text') };
  return { title: source.file.name, text: normalise(await readText(source.file)) };
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
