/** Texts that are learnt from, as a page names them. */
import type { RunInfo } from '../session/protocol';
import type { Strings } from '../train/english';

/** Texts that the site has, with their languages. */
const CORPORA = { english: 'en', tang: 'zh-Hant', french: 'fr', phonemes: 'en' } as const;
type CorpusId = keyof typeof CORPORA;

const isCorpus = (id: string): id is CorpusId => Object.hasOwn(CORPORA, id);

/** A text's language, for the lang attribute; '' where nobody knows. */
export const languageOfText = (id: string): string => (isCorpus(id) ? CORPORA[id] : '');

/** A text's name in the language of the page. */
export function titleOf(
  { kind, id, title }: RunInfo['text'],
  strings: Pick<Strings, 'pastedText'> & Partial<Record<CorpusId, string>>,
): string {
  if (kind === 'pasted') return strings.pastedText;
  return (kind === 'corpus' && isCorpus(id) ? strings[id] : undefined) ?? title;
}
