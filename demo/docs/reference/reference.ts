/** The reference, made when it is first asked for, and again only after the sources changed. For Node. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Reference } from './make.ts';
import { Names } from './names.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Changes with every file that names can come from. */
const stamp = (): string =>
  ['engine', 'models']
    .flatMap((folder) => {
      const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
      return names.map((name) => join(folder, name));
    })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `${name} ${statSync(join(root, name)).mtimeMs}`)
    .join('\n');

let known: { readonly stamp: string; readonly reference: Promise<Reference> } | null = null;

/** Takes seconds the first time, in a thread of its own. */
export function reference(): Promise<Reference> {
  const now = stamp();
  if (known?.stamp !== now) known = { stamp: now, reference: read() };
  return known.reference;
}

/** Only that thread loads TypeScript's compiler: most visits of the dev server need none. */
function read(): Promise<Reference> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url));
    worker.once('message', ({ items, pages }: Omit<Reference, 'names'>) => {
      resolve({ items, pages, names: new Names(items) });
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread of the reference ended without a result')));
  });
}
