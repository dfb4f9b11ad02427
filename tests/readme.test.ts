// The README's example is the file that the GPU suite runs.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it("the README's example is tests/readme.example.ts", () => {
  const readme = readFileSync('README.md', 'utf8');
  const block = /<!-- example:start -->\n```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  const run = readFileSync('tests/readme.example.ts', 'utf8')
    .replace("'../engine/index'", "'heed'")
    .replace("'../models/index'", "'heed/models'");
  expect(block).toBe(run);
});
