/** The command line as people run it: a process of its own, on a software driver. */
import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { wgsl } from '../../engine/wgsl_plugin';
import { testEnvironment } from '../../tools/vulkan.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

let launcher: Promise<string> | undefined;

/** Built once a process of tests, and laid out as in the package: from its sources, every start takes four seconds of a core. */
async function builtLauncher(): Promise<string> {
  // Within the repository, whose packages it imports. Vitest numbers its workers.
  const folder = join(root, `.build/cli-${process.env['VITEST_POOL_ID']}`);
  rmSync(folder, { recursive: true, force: true });
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [wgsl()],
    oxc: { target: 'es2022' },
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: 'es2022',
      outDir: join(folder, 'dist/cli'),
      minify: false,
      rolldownOptions: { input: join(root, 'cli/main.ts'), output: { entryFileNames: '[name].js' } },
    },
  });
  for (const name of ['cli/heed.mjs', 'tools/vulkan.mjs', 'tools/dawn.mjs', 'tools/browser.mjs'])
    cpSync(join(root, name), join(folder, name));
  return join(folder, 'cli/heed.mjs');
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: string | Buffer;
  /** It is interrupted, as by Ctrl-C, when that has been told: twice, as where npm passes on the terminal's signal. */
  readonly until?: RegExp;
  /** A stream that nobody reads. */
  readonly deaf?: 'stdout' | 'stderr';
}

/** Runs it to its end. */
export async function runHeed(
  args: readonly string[],
  { cwd, input = '', until, deaf }: RunOptions,
): Promise<Ran> {
  const heed = await (launcher ??= builtLauncher());
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...testEnvironment() };
    const child = spawn(process.execPath, [heed, ...args], { cwd, env });
    let [out, told, interrupted] = ['', '', false];
    if (deaf) child[deaf].destroy();
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => {
      told += data.toString();
      if (!until?.test(told) || interrupted) return;
      interrupted = true;
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 20);
    });
    child.on('error', reject).on('close', (code) => resolve({ code, out, told }));
    child.stdin.end(input);
  });
}
