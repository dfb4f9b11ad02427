// What the tests' apps are made of beside the package itself: the examples of the docs, and the apps of this folder.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/package.mjs';

/** What the engine's files are called by who installs them. */
const ENTRIES = {
  'engine/index': 'heed',
  'engine/data': 'heed/data',
  'engine/attention': 'heed/attention',
  'models/finetune/index': 'heed/finetune',
  'models/explain/index': 'heed/explain',
  'models/graphs/index': 'heed/graphs',
  'models/adapters/index': 'heed/adapters',
  'models/items/index': 'heed/items',
  'models/tasks/index': 'heed/tasks',
  'models/translation/index': 'heed/translation',
  'models/index': 'heed/models',
  'models/node/index': 'heed/node',
};

/**
 * An example as its page prints it: with the package's names in the place of paths.
 *
 * @param {string} text
 * @param {string} up from the example's folder to the checkout
 */
export function asInstalled(text, up) {
  for (const [file, entry] of Object.entries(ENTRIES))
    text = text.replaceAll(`'${up}/${file}'`, `'${entry}'`);
  return text;
}

/** The examples of the README and of the guides, as their pages print them. @param {string} folder where to */
export function writeExamples(folder) {
  mkdirSync(folder, { recursive: true });
  const readme = readdirSync(join(root, 'tests')).filter((name) =>
    /^readme\.(?!gpu|test)\w+\.ts$/.test(name),
  );
  const guides = readdirSync(join(root, 'tests/docs')).filter((name) => !name.includes('.test.'));
  for (const [from, names] of /** @type {const} */ ([
    ['tests', readme],
    ['tests/docs', guides],
  ])) {
    const up = from === 'tests' ? '..' : '../..';
    for (const name of names) {
      const text = readFileSync(join(root, from, name), 'utf8');
      writeFileSync(join(folder, name.replace('readme.', '')), asInstalled(text, up));
    }
  }
}

/** Copies an app of this folder. @param {string} name @param {string} folder */
export function copyApp(name, folder) {
  cpSync(join(root, 'tests/apps', name), folder, { recursive: true });
}
