import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, createServer } from 'vite';
import { describe, expect, test } from 'vitest';
import { brownParagraphs, detokenize } from './brown';
import { corpora } from './corpora-plugin';
import { corpusText } from './corpora';
import { tangText } from './tang';

describe('Brown', () => {
  const set = (text: string) => detokenize(text.split(' '));

  test.each([
    ['He did not go ; ; he stayed , of course .', 'He did not go; he stayed, of course.'],
    ["He said , `` No , thanks '' , so softly .", 'He said, "No, thanks," so softly.'],
    ["`` I recommend it '' . `` Why '' ? ? `` Go '' ! !", '"I recommend it." "Why?" "Go!"'],
    ["`` Why '' ? ? , he said .", '"Why?" he said.'],
    ['men -- in suits -- came ( at noon ) .', 'men--in suits--came (at noon).'],
    ["`` He said , ' Here he comes ' '' .", '"He said, \'Here he comes.\'"'],
    ["his parents ' room", "his parents' room"],
    ['She knew Smith & Co. .', 'She knew Smith & Co.'],
    ['it cost $ 500 : cheap', 'it cost $500: cheap'],
    ["the `` celebration lunch '' at noon", 'the "celebration lunch" at noon'],
  ])('%s', (tokens, text) => expect(set(tokens)).toBe(text));

  test('paragraphs without headlines, lists and slurs', () => {
    const file = [
      '\n\nThirty-three/cd-hl \nScotty/np did/dod not/* go/vb ./.\nHe/pps ate/vbd 1/2/cd pie/nn ;/. ;/.\nit/pps was/bedz good/jj ./.',
      '\tA/at list/nn of/in words/nns',
      "\t``/`` I'm/ppss+bem full/jj ''/'' ./.",
      '\tThe/at whores/nns left/vbd ./.',
    ];
    expect(brownParagraphs(file.join('\n\n\n'))).toEqual([
      'Scotty did not go. He ate 1/2 pie; it was good.',
      '"I\'m full."',
    ]);
  });

  test('a megabyte of clean prose', async () => {
    const text = await corpusText('english');
    expect(text.length).toBeGreaterThan(1_000_000);
    expect(text.length).toBeLessThan(1_200_000);
    expect(new Set(text).size).toBeLessThan(90);
    expect(text).toContain('Scotty did not go back to school. His parents talked seriously');
    expect(text).not.toMatch(/``|''| [,.;:?!]|\/[a-z]|,,|;;|\?\?|\( | \)|\t|\n\n\n/);
    expect(text.match(/"/g)!.length).toBeGreaterThan(5000);
  });
});

test('French messages and pronunciations, a line each, from all over their tables', async () => {
  const [french, phonemes] = [await corpusText('french'), await corpusText('phonemes')];
  for (const text of [french, phonemes]) {
    expect(text.length).toBeGreaterThan(200_000);
    expect(text).not.toMatch(/\t|\n\n|undefined/);
  }
  expect(french).toMatch(/[éèàç]/);
  const words = phonemes.trimEnd().split('\n');
  expect(words).toHaveLength(12_000);
  for (const line of words) expect(line).toMatch(/^[a-z']+ = [A-Z]+( [A-Z]+)*$/);
  const firsts = (some: readonly string[]): number => new Set(some.map(([letter]) => letter)).size;
  expect(firsts(words.slice(0, 1000))).toBeGreaterThan(20);
  expect(firsts(words.slice(-1000))).toBeGreaterThan(20);
});

describe('Tang poems', () => {
  const poem = {
    title: '登鸛雀樓',
    author: '王之渙',
    paragraphs: ['白日依山盡，黃河入海流。', '欲窮千里目，更上一層樓。'],
  };

  test('title, poet, rows; other forms, notes and duplicates are left out', () => {
    const others = [
      { ...poem, title: '同上' },
      { ...poem, author: '無名氏', paragraphs: ['一二三四五，六七八九十。', '一二三四五，六七八九十。'] },
      { ...poem, paragraphs: ['白日依山盡，黃河入海流。'] },
      { ...poem, paragraphs: ['白日依山盡，黃河入海□。', '欲窮千里目，更上一層樓。'] },
      { ...poem, paragraphs: ['白日依山盡，黃河入海流。', '欲窮千里目日月，更上一層樓日月。'] },
      { ...poem, title: '詩（其一）', paragraphs: ['白日依山盡，黃河入海流。', '白日依山盡，黃河入海流。'] },
    ];
    expect(tangText([poem, ...others])).toBe(
      '登鸛雀樓\n王之渙\n白日依山盡，黃河入海流。\n欲窮千里目，更上一層樓。\n',
    );
  });

  test('poems with rare characters are left out', () => {
    const rare = { ...poem, paragraphs: ['白日依山盡，黃河入海流。', '欲窮千里目，更上一層龘。'] };
    expect(tangText([poem, poem, rare], 29)).not.toContain('龘');
  });

  test('a bounded vocabulary of traditional characters', async () => {
    const text = await corpusText('tang');
    const bytes = Buffer.byteLength(text);
    expect(bytes).toBeGreaterThan(700_000);
    expect(bytes).toBeLessThan(1_100_000);
    const vocabulary = new Set(text);
    expect(vocabulary.size).toBeGreaterThan(2000);
    expect(vocabulary.size).toBeLessThanOrEqual(2500);
    expect(text).toContain('\n李白\n');
    expect(text).toContain('風');
    expect(text).not.toMatch(/[风马鸟\r]|\n\n\n|[^\n]{30}/);
  });
});

test('the texts are the same on every machine', async () => {
  const hash = async (name: 'english' | 'tang') =>
    createHash('sha256')
      .update(await corpusText(name))
      .digest('hex')
      .slice(0, 16);
  expect({ english: await hash('english'), tang: await hash('tang') }).toMatchInlineSnapshot(`
    {
      "english": "b20b07fa3d35c64e",
      "tang": "2458998531a31a40",
    }
  `);
});

describe('the Vite plugin', () => {
  const entry = [
    "import { corpus } from 'virtual:corpus/english';",
    'export { corpus };',
    "export const later = () => import('virtual:corpus/tang');",
  ].join('\n');

  test('build: each text is an asset of its own, named by its content', async () => {
    const root = await mkdtemp(join(tmpdir(), 'corpora-'));
    try {
      await writeFile(join(root, 'index.html'), '<script type="module" src="/main.js"></script>');
      await writeFile(join(root, 'main.js'), `${entry}\nconsole.log(corpus.url, later);`);
      await build({
        configFile: false,
        root,
        base: './',
        logLevel: 'silent',
        plugins: [corpora()],
        build: { outDir: 'out' },
      });
      const assets = await readdir(join(root, 'out/assets'));
      const text = assets.find((file) => /^english-.*\.txt$/.test(file))!;
      expect(await readFile(join(root, 'out/assets', text), 'utf8')).toBe(await corpusText('english'));
      expect(assets.some((file) => /^tang-.*\.txt$/.test(file))).toBe(true);
      const scripts = assets.filter((file) => file.endsWith('.js'));
      const code = await Promise.all(scripts.map((file) => readFile(join(root, 'out/assets', file), 'utf8')));
      expect(code.join('')).toContain(text);
      expect(code.join('').length).toBeLessThan(10_000);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test('dev server: the module names an address that serves the text', async () => {
    const root = await mkdtemp(join(tmpdir(), 'corpora-'));
    const server = await createServer({
      configFile: false,
      root,
      logLevel: 'silent',
      plugins: [corpora()],
      server: { port: 0, host: '127.0.0.1' },
    });
    try {
      await server.listen();
      const { corpus } = (await server.ssrLoadModule('virtual:corpus/tang')) as {
        corpus: { url: string; facts: { characters: number }; language: string };
      };
      expect(corpus.language).toBe('zh-Hant');
      const response = await fetch(new URL(corpus.url, server.resolvedUrls!.local[0]));
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const text = await response.text();
      expect(text).toBe(await corpusText('tang'));
      expect([...text].length).toBe(corpus.facts.characters);
    } finally {
      await server.close();
      await rm(root, { recursive: true });
    }
  });
});
