// Draws the pictures of docs/positions.md from the engine's own tables. Run: npm run node -- docs/make_pictures.ts
// [NAME…]; all of them without a name. `learned` trains a small GPT first, which takes a minute or so.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { learned, sinusoidal } from './draw/absolute';
import type { Picture } from './draw/picture';
import { alibi, t5, transformerXL } from './draw/relative';
import { rope, ropeScaling } from './draw/rotary';

const folder = new URL('.', import.meta.url);
const pictures: Readonly<Record<string, () => Picture | Promise<Picture>>> = {
  sinusoidal,
  learned,
  rope,
  rope_scaling: ropeScaling,
  t5,
  alibi,
  transformer_xl: transformerXL,
};

export async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in pictures));
  if (unknown.length > 0) {
    throw new Error(
      `make_pictures: no picture ${unknown.join(', ')}. There are: ${Object.keys(pictures).join(', ')}.`,
    );
  }
  mkdirSync(new URL('pictures/', folder), { recursive: true });
  for (const name of names.length > 0 ? names : Object.keys(pictures)) {
    const svg = (await pictures[name]()).toString();
    const file = new URL(`pictures/${name}.svg`, folder);
    writeFileSync(file, svg);
    console.log(`${fileURLToPath(file)}: ${(svg.length / 1024).toFixed(1)} KB`);
  }
}
