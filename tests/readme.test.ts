// Examples in the README and in docs/ are files that the GPU suite runs, and links lead somewhere.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asInstalled } from './apps/examples.mjs';

/** Pages, where the files of their examples are, and what the engine is called from there. */
const pages = [
  { page: 'README.md', fileOf: (name: string) => `tests/readme.${name}.ts`, up: '..' },
  { page: 'docs/adapters.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/attention.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/distributed.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/embedding.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/files.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/fine-tuning.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/gpus.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/graphs.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/images.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/items.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/models.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/ops.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/speech.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/tasks.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
  { page: 'docs/positions.md', fileOf: (name: string) => `tests/docs/${name}.ts`, up: '../..' },
] as const;

/** What a heading is called in links, as GitHub does: lower case, spaces to dashes, punctuation gone. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
const anchorsOf = (markdown: string): string[] =>
  [...markdown.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading));

describe.each(pages)('$page', ({ page, fileOf, up }) => {
  const text = readFileSync(page, 'utf8');

  it('has no TypeScript but what the suite runs', () => {
    const blocks = [...text.matchAll(/(?:<!-- (\w+):start -->\n)?```ts\n([\s\S]*?)```/g)];
    if (page === 'README.md' || page === 'docs/attention.md') expect(blocks.length).toBeGreaterThan(0);
    for (const [block, name] of blocks) expect(name, block).toBeDefined();
    for (const [, name, block] of blocks) {
      expect(block, fileOf(name)).toBe(asInstalled(readFileSync(fileOf(name), 'utf8'), up));
    }
  });

  it('links to what there is', () => {
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https:/.test(target)) continue;
      const [path, heading] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      expect(existsSync(file), target).toBe(true);
      if (heading) expect(anchorsOf(readFileSync(file, 'utf8')), target).toContain(heading);
    }
  });
});
