// The reference: each name that the package exports stands there, with a docstring, and no link of it leads nowhere.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { GUIDES } from '../../site/guides';
import { REFERENCE } from '../../site/reference';
import { guideMarkup } from '../markdown';
import { textOf } from './code';
import { make, type Reference } from './make';
import { firstSentence } from './prose';
import type { Item } from './read';

let read: Reference;
/** Markup by its path below docs/. */
const pages = new Map<string, string>();
beforeAll(() => {
  read = make();
  for (const [path, html] of read.pages) pages.set(path, html);
  for (const { name } of GUIDES) {
    pages.set(`${name}/`, guideMarkup(readFileSync(`docs/${name}.md`, 'utf8'), read.names));
  }
});

const item = (name: string, entry = 'heed'): Item =>
  read.items.find((one) => one.name === name && one.page.entry === entry)!;
const idsOf = (html: string): string[] => Array.from(html.matchAll(/\bid="([^"]+)"/g), ([, id]) => id);

describe('what is exported', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, { readonly types: string }>;
  };
  const entries = Object.entries(exports)
    .filter(([path]) => path !== './package.json')
    .map(([path, { types }]) => [path.replace(/^\./, 'heed'), types.replace(/^.*?types\/|\.d\.ts$/g, '')]);

  test('every entry of the package has pages', () => {
    const named = entries.map(([entry]) => entry).sort();
    expect([...new Set(REFERENCE.map(({ entry }) => entry))].sort()).toEqual(named);
  });

  test.each(entries)('every name that %s has when it runs is on one of its pages', async (entry, file) => {
    const present = Object.keys(
      (await import(/* @vite-ignore */ `${process.cwd()}/${file}.ts`)) as object,
    ).sort();
    expect(present.length).toBeGreaterThan(0);
    const shown = REFERENCE.filter((page) => page.entry === entry).flatMap(({ name }) =>
      idsOf(pages.get(`reference/${name}/`)!),
    );
    expect(present.filter((name) => !shown.includes(name))).toEqual([]);
  });

  test('types, too, each once', () => {
    expect(item('AdamWOptions').kind).toBe('interface');
    expect(item('Shape').kind).toBe('type');
    const all = read.items.map(({ page, name }) => `${page.entry} ${name}`);
    expect(new Set(all).size).toBe(all.length);
    const shown = [...pages].filter(([path]) => path.startsWith('reference/')).map(([, html]) => html);
    const sections = shown.flatMap((html) => html.match(/<section id=/g) ?? []);
    expect(sections).toHaveLength(all.length);
  });

  test('everything has a docstring', () => {
    const without = read.items.filter(({ doc }) => doc.text === '');
    expect(without.map(({ name, file }) => `${name}, ${file}, has no docstring`)).toEqual([]);
  });
});

describe('links', () => {
  test('none is dead, and no id is there twice', () => {
    const dead: string[] = [];
    let followed = 0;
    for (const [path, html] of pages) {
      const ids = idsOf(html);
      expect(
        ids.filter((id, i) => ids.indexOf(id) !== i),
        path,
      ).toEqual([]);
      for (const [, href] of html.matchAll(/<a href="([^"]*)"/g)) {
        if (/^https?:/.test(href)) continue;
        const { pathname, hash } = new URL(href, `http://site/docs/${path}`);
        const target = pages.get(pathname.replace('/docs/', ''));
        if (!target || (hash && !idsOf(target).includes(decodeURIComponent(hash.slice(1))))) {
          dead.push(`${path}: ${href}`);
        }
        followed++;
      }
    }
    expect(followed).toBeGreaterThan(3000);
    expect(dead).toEqual([]);
  });

  test('code words of guides and docstrings lead to what they name, where that is one thing', () => {
    const { names } = read;
    const at = (code: string, entry?: string): string | null => {
      const found = names.find(code, entry);
      return found && `${found.page.name}#${found.name}${found.member ? `.${found.member}` : ''}`;
    };
    expect(at('Graph')).toBe('device#Graph');
    expect(at('Graph.compile')).toBe('device#Graph.compile');
    expect(at('new AdamW({ clip: 2 })')).toBe('training#AdamW');
    expect(at('load(folder, { device })')).toBe('loading#load');
    expect(at('load'), 'a method elsewhere').toBeNull();
    expect(at('ClassifyOptions'), 'of training or of tasks').toBeNull();
    expect(at('ClassifyOptions', 'heed/tasks')).toBe('tasks#ClassifyOptions');
    expect(at('nothingOfTheKind')).toBeNull();
    // In what a class says, its own members.
    expect(pages.get('reference/device/')).toContain('<a href="#Graph-backprop"><code>backprop</code></a>');
    expect(pages.get('ops/')).toContain(
      '<a href="../reference/ops/#crossEntropy"><code>crossEntropy</code></a>',
    );
  });
});

describe('what stands there', () => {
  const codes = (name: string, entry?: string): string[] => item(name, entry).code.map(textOf);

  test('functions: arguments, defaults, results, errors', () => {
    expect(codes('matmul')).toEqual([
      'matmul(g: Graph, a: Tensor, b: Tensor, options?: MatmulOptions): Tensor',
    ]);
    expect(codes('alibiSlopes')[0]).toBe('alibiSlopes(heads: number): number[]');
    expect(item('concat').doc.errors).toEqual(['ShapeError']);
    expect(item('decodeAttention').doc.throws[0]).toMatch(/^ShapeError if heads/);
    expect(pages.get('reference/ops/')).toMatch(/id="matmul"[^]*?#MatmulOptions-transposeB[^]*?<\/section>/);
  });

  test('classes: how they are made, what they have, and from whom', () => {
    const { members, inherited } = item('GPT', 'heed/models');
    expect(members[0].kind).toBe('constructor');
    expect(textOf(members[0].code[0])).toBe('new GPT(config: GPTConfig)');
    expect(inherited.find(({ from }) => from.name === 'CausalLM')?.names).toContain('loss');
    const plan = item('Plan').members.map(({ name }) => name);
    expect(plan).toEqual(expect.arrayContaining(['run', 'attention', '[Symbol.dispose]']));
    expect(plan.filter((name) => name.startsWith('#'))).toEqual([]);
    expect(plan, 'private').not.toContain('constructor');
  });

  test('interfaces: each option with its type and what it says', () => {
    const beta = item('AdamWOptions').members.find(({ name }) => name === 'beta1')!;
    expect(textOf(beta.code[0])).toBe('beta1?: number');
    expect(beta.doc.text).toBe('Default 0.9.');
  });

  test('types that the source does not write, and those that nobody exports', () => {
    expect(codes('bert', 'heed/models')).toEqual(['const bert: Family<MaskedLM<Required<BertConfig>>>']);
    expect(item('GPT', 'heed/models').unexported.map(textOf)).toContain(
      'type CompleteGPTConfig = Required<GPTConfig>;',
    );
  });

  test('what a second entry exports, too, leads to the first', () => {
    expect(item('SequenceGenerator', 'heed/translation').described?.page.name).toBe('generation');
    expect(pages.get('reference/translation/')).toContain('href="../generation/#SequenceGenerator"');
  });

  test('formulas stay as they are written, and the index has the first sentence', () => {
    expect(firstSentence('y = a *b* c <d> of `x.y`, or\nelse. More.')).toBe(
      'y = a *b* c &lt;d&gt; of <code>x.y</code>, or else.',
    );
    expect(firstSentence('From e.g. 2.5 on.\n\nMore')).toBe('From e.g. 2.5 on.');
  });
});
