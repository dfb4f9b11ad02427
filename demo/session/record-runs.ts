/** Recordings for browsers without WebGPU: a run of each kind, written to the file that the command line names. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { SharedDevice } from './shared-device.ts';

/** The file that the first argument names, and what stands behind it. `usual`: the file of this page. */
export function recordingFile(usual: string): { readonly file: string; readonly named: readonly string[] } {
  const [file, ...named] = process.argv.slice(2);
  if (file) return { file, named };
  console.error(`record: name the file to write, such as ${usual}`);
  process.exit(2);
}

export interface Recorder<Name extends string> {
  /** The page's file. */
  readonly usual: string;
  /** One word for what is recorded, such as 'task'. */
  readonly kind: string;
  readonly names: readonly Name[];
  readonly record: (name: Name) => Promise<unknown>;
  /** What stands beside the runs. */
  readonly more?: object;
}

/** Records those that the command line names, or all; the runs of others stay as the file has them. Ends the process. */
export async function recordRuns<Name extends string>({
  usual,
  kind,
  names,
  record,
  more = {},
}: Recorder<Name>): Promise<never> {
  const { file, named } = recordingFile(usual);
  const unknown = named.find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) {
    console.error(`record: there is no ${kind} ${unknown}: name some of ${names.join(', ')}`);
    process.exit(2);
  }
  const wanted = names.filter((name) => named.length === 0 || named.includes(name));
  const made: Partial<Record<Name, unknown>> = {};
  for (const name of wanted) made[name] = await record(name);
  const { name: adapter } = SharedDevice.ofWorker.adapter!;
  const kept = wanted.length < names.length && existsSync(file);
  const before = kept ? (JSON.parse(await readFile(file, 'utf8')) as { readonly runs: object }) : null;
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
  await writeFile(
    file,
    `${JSON.stringify({ adapter, ...more, runs: { ...before?.runs, ...made } }, rounded)}\n`,
  );
  process.exit(0);
}
