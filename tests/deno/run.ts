// The op suite's GPU half on Deno's WebGPU: wgpu and naga, as in Firefox. Built by Vite (vite.config.ts here).
// Run: deno run -A --unstable-webgpu run.js REPORT [PART OF A FILE NAME]
import { runFile, type Counts } from './vitest';

declare const Deno: {
  readonly args: readonly string[];
  writeTextFileSync(path: string, text: string): void;
  exit(status: number): never;
};

const [report, part = ''] = Deno.args;
const files = import.meta.glob(['/engine/shaders/**/*.test.ts', '/tests/adapter.gpu.test.ts']);

async function main(): Promise<void> {
  const counts: Counts = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const [file, load] of Object.entries(files)) {
    if (!file.includes(part)) continue;
    const { passed, failed } = counts;
    const start = performance.now();
    await runFile(file.slice(1), load, counts);
    const verdict = `${counts.passed - passed} passed, ${counts.failed - failed} failed`;
    console.log(`${file.slice(1)}: ${verdict} (${Math.round(performance.now() - start)} ms)`);
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`);
  if (report) Deno.writeTextFileSync(report, JSON.stringify(counts));
  Deno.exit(counts.failed > 0 ? 1 : 0);
}

// Not awaited: the test files share modules with this one, which must have ended loading before they can.
void main();
