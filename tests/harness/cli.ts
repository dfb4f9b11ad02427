/** The command line as people run it: a process of its own, on a software driver. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { testEnvironment } from '../../tools/vulkan.mjs';

const heed = fileURLToPath(new URL('../../cli/heed.mjs', import.meta.url));

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
export function runHeed(args: readonly string[], { cwd, input = '', until, deaf }: RunOptions): Promise<Ran> {
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
