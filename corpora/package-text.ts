/** What the corpora share: texts that are made once, and the folders of the npm packages they are made from. For Node. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Makes the text of each key once, however often it is asked for. */
export function madeOnce<Arguments extends readonly string[]>(
  make: (...of: Arguments) => Promise<string>,
): (...of: Arguments) => Promise<string> {
  const made = new Map<string, Promise<string>>();
  return (...of) => {
    const key = of.join('\n');
    let text = made.get(key);
    if (!text) {
      made.set(key, (text = make(...of)));
      text.catch(() => made.delete(key));
    }
    return text;
  };
}

/** `from`: a module or folder whose packages are used (default: this one's). */
export function packageFolder(name: string, from: string = import.meta.url): string {
  const require = createRequire(from);
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    // Packages whose "exports" keep package.json to themselves still lie in a folder of their name.
    const folder = require.resolve.paths(name)?.map((path) => join(path, name)) ?? [];
    const found = folder.find((path) => existsSync(join(path, 'package.json')));
    if (found) return found;
    throw new Error(`the package ${name} is not installed: npm install --save-dev ${name}`);
  }
}
