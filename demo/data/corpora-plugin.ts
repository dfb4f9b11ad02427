/**
 * `import { corpus } from 'virtual:corpus/english'` gives the address of a text to fetch and what it is.
 */
import { type Plugin } from 'vite';
import { factsOf } from '../session/text-facts.ts';
import { textAssets } from './asset-plugin.ts';
import { CORPORA, corpusText, isCorpusName } from './corpora.ts';

export function corpora(): Plugin {
  return textAssets({
    kind: 'corpus',
    extension: 'txt',
    contentType: 'text/plain; charset=utf-8',
    isName: isCorpusName,
    text: corpusText,
    info: async (name, text) => ({ ...CORPORA[name], facts: await factsOf(text) }),
  });
}
