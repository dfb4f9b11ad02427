/** The demo as it is deployed, built once for all test files and processes: pages of many modules load twice as fast as from Vite's server. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, preview, type Plugin, type PreviewServer } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const builds = join(root, '.build/site');
const config = { configFile: 'vite.config.ts', configLoader: 'runner', logLevel: 'error' } as const;
/** All that the pages are made of. */
const SOURCES = ['bench', 'checks', 'corpora', 'demo', 'docs', 'engine', 'models', 'vite.config.ts'];
const MANIFESTS = ['package-lock.json', 'package.json', 'CHANGELOG.md', 'README.md'];

/** A name for the sources as they are: which files there are, how long, and when they changed. */
function stamp(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    const about = statSync(join(root, path));
    if (about.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(join(path, name));
    else hash.update(`${path} ${about.size} ${about.mtimeMs}\n`);
  };
  for (const path of [...SOURCES, ...MANIFESTS]) if (existsSync(join(root, path))) add(path);
  return hash.digest('hex').slice(0, 16);
}

/** Whether the process that wrote its number to this file goes on. */
function goesOn(path: string): boolean {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

/** @returns the folder of the built site, from an earlier call where the sources are as they were then */
export async function builtSite(): Promise<string> {
  const folder = join(builds, stamp());
  const [draft, lock] = [`${folder}.draft`, join(builds, 'lock')];
  mkdirSync(builds, { recursive: true });
  while (!existsSync(folder)) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch {
      if (!goesOn(lock)) rmSync(lock, { force: true }); // it was ended as it built
      await sleep(200);
      continue;
    }
    try {
      for (const name of readdirSync(builds))
        if (name !== 'lock') rmSync(join(builds, name), { recursive: true, force: true });
      await build({ ...config, root: join(root, 'demo'), build: { outDir: draft, emptyOutDir: true } });
      renameSync(draft, folder);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return folder;
}

/**
 * Serves the built site as plain files, each with the policy that its pages bring: so that it holds in workers, too, no eval and no
 * WebAssembly there either.
 */
export async function serveBuilt(plugins: readonly Plugin[] = []): Promise<PreviewServer> {
  const outDir = await builtSite();
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(
    readFileSync(join(outDir, 'index.html'), 'utf8'),
  )!;
  return preview({
    ...config,
    build: { outDir },
    plugins: [...plugins],
    preview: {
      port: 0,
      host: '127.0.0.1',
      headers: { 'Content-Security-Policy': policy.replaceAll('&#39;', "'") },
    },
  });
}
