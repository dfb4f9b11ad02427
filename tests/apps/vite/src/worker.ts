import { runExamples } from './readme.js';

runExamples().then(
  (outcome) => postMessage(outcome),
  (error: unknown) => postMessage({ error: error instanceof Error ? error.stack : String(error) }),
);
