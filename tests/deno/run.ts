// On Deno's WebGPU, wgpu and naga as in Firefox, which has a GPT beside PyTorch: every op. What strings the same kernels together runs when
// it is named (`npm run test:deep -- wgpu` names all): lavapipe compiles it slowly. Built by Vite (vite.config.ts here).
// Run: deno run -A --unstable-webgpu run.js JOURNAL [PART OF A FILE NAME…]
import { beginFile } from '../harness/op';
import type { Entry } from '../../tools/supervise.mjs';
import { TestFile } from './vitest';

declare const Deno: {
  readonly args: readonly string[];
  writeTextFileSync(path: string, text: string, options: { append: boolean }): void;
  exit(status: number): never;
};

const [journal, ...parts] = Deno.args;
const files = import.meta.glob([
  '/engine/shaders/**/*.test.ts',
  '/tests/adapter.gpu.test.ts',
  '/tests/models/gpt.gpu.test.ts',
  '/tests/models/{attention_maps,t5_attention,transformer_xl}.chromium.test.ts',
]);
/** Only when they are named. Of gated linear attention, ONNX's cases run. */
const LONG =
  /attention\/(cache\/decode_properties|combinations|edges|memory|maps|options|properties|readers|tile)[./]|relative_attention\/chunks|gated_linear_attention\/gated|tests\/models\//;

async function main(): Promise<void> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const fail = (what: string): void => {
    total.failed++;
    console.error(`FAILED ${what}`);
  };
  const write = (entry: Entry): void =>
    Deno.writeTextFileSync(journal, `${JSON.stringify(entry)}\n`, { append: true });
  const runs = Object.entries(files)
    .map(([path, load]) => ({ file: path.slice(1), load }))
    .filter(({ file }) =>
      parts.length === 0 ? !LONG.test(file) : parts.some((part) => file.includes(part)),
    );
  write({ kind: 'plan', files: runs.map(({ file }) => file) });
  // One after the other: of two, each takes three times as long, since lavapipe's threads wait for each other.
  for (const { file, load } of runs) {
    write({ kind: 'begin', file });
    beginFile();
    const before = { ...total };
    const start = performance.now();
    let message: string | undefined;
    try {
      const tests = await TestFile.load(load);
      const errors = await tests.run((name, state, told) => {
        write({ kind: 'test', file, name, state, message: told });
        if (state === 'failed') fail(`${file} > ${name}\n${told}`);
        else total[state]++;
      });
      if (errors.length > 0) message = errors.join('\n');
    } catch (error) {
      message = String(error);
    }
    if (message !== undefined) fail(`${file}\n${message}`);
    write({ kind: 'end', file, message });
    const time = Math.round(performance.now() - start);
    const [passed, failed] = [total.passed - before.passed, total.failed - before.failed];
    console.log(`${file}: ${passed} passed, ${failed} failed (${time} ms)`);
  }
  write({ kind: 'finish' });
  Deno.exit(total.failed > 0 ? 1 : 0);
}

// Not awaited: the test files share modules with this one, which must have ended loading before they can.
void main();
