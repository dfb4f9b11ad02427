// The engine runs in a worker; the page takes but one function of the library.
import { learningRate } from 'heed';

const done: Record<string, unknown> = { lr: learningRate({ kind: 'constant', lr: 1 }, 3) };
Object.assign(globalThis, { done });
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<Record<string, unknown>>) => Object.assign(done, data);
worker.onerror = (event) => (done['error'] = event.message || 'the worker did not load');
