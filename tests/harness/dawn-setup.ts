// Setup file of the dawn project, run before each test file. Dawn stays for all of them, for they share a device.
import process from 'node:process';
import { installDawn } from '../../tools/dawn.mjs';

// lavapipe compiles every kernel with LLVM, and a suite compiles hundreds to run each a few times: without LLVM's
// optimisation passes that takes half the time. Benches keep them.
process.env.GALLIVM_PERF ??= 'nopt';
// Another suite runs beside this one (suites.mjs), and threads of two that share two cores wait for each other.
process.env.LP_NUM_THREADS ??= '1';

if (!(globalThis.navigator as Navigator | undefined)?.gpu) installDawn();
