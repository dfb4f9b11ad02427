/** Parallel text of a visitor or of the demo, read and named. */
import { readPairs, type TextPair } from '../../../engine/data';
import type { PairVocabularyKind } from '../../../models/translation/pair_vocabulary';
import { fetchFile } from '../../session/fetched';
import type { KeptPairs, PairsToKeep } from './keeper';
import type { PairsName, PairsReport, PairsSource } from './protocol';

export interface LoadedPairs {
  readonly name: PairsName;
  readonly pairs: readonly TextPair[];
  /** For `splitPairs`. */
  readonly apart: 'source' | 'both';
}

/** Reads a file or pasted text. Throws a `DataError` that says what is wrong with it. */
export async function readOwn(
  source: Exclude<PairsSource, { kind: 'corpus' }>,
): Promise<{ readonly loaded: LoadedPairs; readonly report: PairsReport }> {
  const title = source.kind === 'file' ? source.file.name : 'pasted pairs';
  const file = await readPairs(source.kind === 'file' ? source.file : source.text, { name: title });
  const { pairs, skipped, furtherColumns } = file;
  const id = await fingerprint(tableOf(pairs));
  const name: PairsName = { kind: source.kind, id, title, languages: ['', ''] };
  return {
    loaded: { name, pairs, apart: 'both' },
    report: { ...name, count: pairs.length, skipped, further: furtherColumns.count },
  };
}

/** Of pairs that the browser kept: what was left out of them is long gone. */
export function reportOf({ name, pairs }: LoadedPairs): PairsReport {
  const none = { count: 0, lines: [] };
  const skipped = { empty: none, missingColumn: none, emptyField: none, openQuote: none };
  return { ...name, count: pairs.length, skipped, further: 0 };
}

/** Fetches a bundled corpus. */
export async function fetchCorpus(
  source: Extract<PairsSource, { kind: 'corpus' }>,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<LoadedPairs> {
  const { id, title, url, languages, apart } = source;
  const { pairs } = await readPairs(await fetchFile(url, title, signal), {
    name: title,
    signal,
    onProgress: ({ loaded, total }) => onProgress(total ? loaded / total : 0),
  });
  return { name: { kind: 'corpus', id, title, languages }, pairs, apart };
}

/** What a reload needs of pairs that no address brings back. */
export function keptOf({ name, pairs }: LoadedPairs): PairsToKeep | null {
  return name.kind === 'corpus' ? null : { id: name.id, text: () => tableOf(pairs) };
}

/** The pairs that were kept, under the name that the run has for them. */
export async function fromKept({ text }: KeptPairs, name: PairsName): Promise<LoadedPairs> {
  const { pairs } = await readPairs(text, { name: name.title, quotes: 'literal' });
  return { name, pairs, apart: 'both' };
}

/** Sources that a run offers to be tried. */
const EXAMPLES = 4;
/** Pairs that tell what kind of tokens suit them. */
const LOOKED_AT = 1000;
/** Different symbols that an alphabet of sounds or signs has at most. */
const ALPHABET = 200;

/** Single words to a few symbols apart by spaces, as letters to phonemes are; single words to words; or sentences. */
export function vocabularyKind({ pairs }: LoadedPairs): PairVocabularyKind {
  const some = pairs.slice(0, LOOKED_AT);
  const share = (holds: (pair: TextPair) => boolean): number => some.filter(holds).length / some.length;
  if (share(({ source }) => !/\s/.test(source) && source.length <= 40) < 0.95) return 'subwords';
  const symbols = new Set(some.flatMap(({ target }) => target.split(' ')));
  if (share(({ target }) => target.includes(' ')) > 0.8 && symbols.size <= ALPHABET) return 'symbols';
  return 'characters';
}

const tableOf = (pairs: readonly TextPair[]): string =>
  pairs.map(({ source, target }) => `${source}\t${target}\n`).join('');

async function fingerprint(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** So many items, evenly over a list. */
export function spread<T>(list: readonly T[], count: number): T[] {
  const taken = Math.min(count, list.length);
  return Array.from({ length: taken }, (_, i) => list[Math.floor((i * list.length) / taken)]);
}

/** Short sources, to be tried. */
export function examplesOf(pairs: readonly TextPair[]): string[] {
  const short = pairs.map(({ source }) => source).filter(({ length }) => length >= 4 && length <= 40);
  return [...new Set(spread(short, 2 * EXAMPLES + 1).slice(1))].slice(0, EXAMPLES);
}
