/**
 * `import { pairs } from 'virtual:pairs/french'` gives the address of tab-separated pairs to fetch and what they are.
 */
import { type Plugin } from 'vite';
import { textAssets } from './asset-plugin.ts';
import { isPairCorpusName, PAIR_CORPORA, pairCorpusText } from '../../corpora/pair-corpora.ts';

/** `from`: a file or folder whose packages are used (default: this repository's). */
export function pairCorpora({ from }: { readonly from?: string } = {}): Plugin {
  return textAssets({
    kind: 'pairs',
    extension: 'tsv',
    contentType: 'text/tab-separated-values; charset=utf-8',
    isName: isPairCorpusName,
    text: (name) => pairCorpusText(name, from),
    info: (name, text) => ({ ...PAIR_CORPORA[name], count: text.split('\n').length - 1 }),
  });
}
