// Setup file of the dawn project.
import process from 'node:process';
import { afterAll } from 'vitest';
import { installDawn } from './dawn.mjs';

// lavapipe compiles every kernel with LLVM, and a suite compiles hundreds to run each a few times: without LLVM's
// optimisation passes that takes half the time. Benches keep them.
process.env.GALLIVM_PERF ??= 'nopt';

afterAll(installDawn());
