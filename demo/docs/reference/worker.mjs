// A thread that makes the reference, so that Vite goes on meanwhile. Its result is what `make` returns, but for the names.
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { runnerImport } from 'vite';

const maker = fileURLToPath(new URL('./make.ts', import.meta.url));
const imported = await runnerImport(maker, { configFile: false, logLevel: 'error' });
const { make } = /** @type {typeof import('./make.ts')} */ (imported.module);
const { items, pages } = make();
parentPort?.postMessage({ items, pages });
