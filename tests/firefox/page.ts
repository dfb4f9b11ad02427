/**
 * What Firefox runs of the suite, in a page: every op once, the optimizer's kernels, and a GPT beside PyTorch that takes
 * ten steps and writes. All of them run on wgpu and naga in Deno; here it is seen that a browser's do the same.
 */
import { beginFile } from '../harness/op';
import { TestFile } from '../deno/vitest';

const files = import.meta.glob([
  '/engine/shaders/**/*.test.ts',
  '!/engine/shaders/attention/readers.test.ts', // lavapipe takes half a minute to compile it; `npm run test:deep -- wgpu` has it
  '/tests/adapter.gpu.test.ts',
  '/tests/models/gpt.gpu.test.ts',
]);

/** Tests by parts of their full names; of other ops, what op.ts makes of them here. */
const chosen: Readonly<Record<string, RegExp>> = {
  '/engine/shaders/adamw/adamw.test.ts': /takes torch's three steps/,
  '/engine/shaders/norm_clip/norm_clip.test.ts': /gives torch's norm/,
  '/engine/shaders/sampling/sampling.test.ts': /, one case|draws by counters/,
  '/engine/shaders/sgd/sgd.test.ts': /takes torch's steps/,
  '/tests/adapter.gpu.test.ts': /./,
  '/tests/models/gpt.gpu.test.ts': /GPT-2 equals PyTorch.*(logits|\(own|ten steps)|gpt-small.*greedy/,
};
const wanted = (file: string): RegExp => chosen[file] ?? /, one case/;

export interface Listed {
  readonly file: string;
  readonly tests: readonly { readonly name: string; readonly skipped: boolean }[];
  /** Why it does not load. */
  readonly error?: string;
}
export interface Outcome {
  readonly state: string;
  readonly message: string;
}

const loaded = new Map<string, TestFile>();

/** All files, with the tests of each that are to run. */
async function list(): Promise<Listed[]> {
  const all: Listed[] = [];
  for (const [file, load] of Object.entries(files)) {
    try {
      const tests = await TestFile.load(load);
      loaded.set(file, tests);
      const named = tests.tests.filter(({ name }) => wanted(file).test(name));
      if (named.length > 0) all.push({ file, tests: named });
    } catch (error) {
      all.push({ file, tests: [], error: String(error) });
    }
  }
  return all;
}

async function run(file: string, name: string): Promise<Outcome> {
  beginFile();
  let outcome: Outcome = { state: 'failed', message: 'it did not run' };
  const errors = await loaded.get(file)!.run(
    (_, state, message = '') => (outcome = { state, message }),
    (one) => one === name,
  );
  return errors.length > 0 ? { state: 'failed', message: errors.join('\n') } : outcome;
}

export type Suite = typeof suite;
const suite = { list, run };
Object.assign(window, { suite });
