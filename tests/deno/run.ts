// On Deno's WebGPU, wgpu and naga as in Firefox: every op, and attention's layers and a GPT beside PyTorch. Not what
// strings the same kernels together: lavapipe compiles them slowly. Built by Vite (vite.config.ts here).
// Run: deno run -A --unstable-webgpu run.js REPORT [PART OF A FILE NAME]
import { collect, type Counts } from './vitest';

declare const Deno: {
  readonly args: readonly string[];
  writeTextFileSync(path: string, text: string): void;
  exit(status: number): never;
};

const [report, part = ''] = Deno.args;
const files = import.meta.glob([
  '/engine/shaders/**/*.test.ts',
  '!/engine/shaders/attention/grid.gpu.test.ts', // long, and walked twice on the same driver under Dawn
  '/tests/adapter.gpu.test.ts',
  '/tests/models/{attention_maps,t5_attention,transformer_xl,gpt}.gpu.test.ts',
]);

async function main(): Promise<void> {
  const total: Counts = { passed: 0, failed: 0, skipped: [], failures: [] };
  const runs: { file: string; run: (counts: Counts) => Promise<void> }[] = [];
  for (const [file, load] of Object.entries(files)) {
    if (!file.includes(part)) continue;
    const run = await collect(file.slice(1), load, total);
    if (run) runs.push({ file: file.slice(1), run });
  }
  // One after the other: of two, each takes three times as long, since lavapipe's threads wait for each other.
  for (const { file, run } of runs) {
    const counts: Counts = { passed: 0, failed: 0, skipped: [], failures: [] };
    const start = performance.now();
    await run(counts);
    const time = Math.round(performance.now() - start);
    console.log(`${file}: ${counts.passed} passed, ${counts.failed} failed (${time} ms)`);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped.push(...counts.skipped);
    total.failures.push(...counts.failures);
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
  if (report) Deno.writeTextFileSync(report, JSON.stringify(total));
  Deno.exit(total.failed > 0 ? 1 : 0);
}

// Not awaited: the test files share modules with this one, which must have ended loading before they can.
void main();
