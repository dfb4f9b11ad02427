/** Texts that are learnt from, as a page names them. */
import type { RunInfo } from '../session/protocol';
import type { Strings } from '../train/english';

const CORPORA = ['english', 'tang'] as const;

/** A text's language, for the lang attribute; '' where nobody knows. */
export const languageOfText = (id: string): string =>
  id === 'english' ? 'en' : id === 'tang' ? 'zh-Hant' : '';

/** A text's name in the language of the page. */
export function titleOf(
  { kind, id, title }: RunInfo['text'],
  strings: Pick<Strings, (typeof CORPORA)[number] | 'pastedText'>,
): string {
  if (kind === 'pasted') return strings.pastedText;
  const known = CORPORA.find((one) => kind === 'corpus' && one === id);
  return known ? strings[known] : title;
}
