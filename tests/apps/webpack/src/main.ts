import { runExamples } from './readme.js';

const done: Record<string, unknown> = {};
Object.assign(globalThis, { done });
runExamples().then(
  (outcome) => Object.assign(done, outcome),
  (error: unknown) => (done['error'] = error instanceof Error ? error.stack : String(error)),
);
