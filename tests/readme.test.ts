// The README's examples are files that the GPU suite runs.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

for (const name of ['example', 'look', 'translate']) {
  it(`the README's ${name} is tests/readme.${name}.ts`, () => {
    const readme = readFileSync('README.md', 'utf8');
    const block = new RegExp(`<!-- ${name}:start -->\\n\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
    const run = readFileSync(`tests/readme.${name}.ts`, 'utf8')
      .replace("'../engine/index'", "'heed'")
      .replace("'../engine/data'", "'heed/data'")
      .replace("'../models/translation/index'", "'heed/translation'")
      .replace("'../models/index'", "'heed/models'");
    expect(block).toBe(run);
  });
}
