/** Pairs from files and packages; files that are written whole or not at all. */
import { createReadStream, existsSync, realpathSync, rmSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { isPairCorpusName, PAIR_CORPORA, pairCorpusText, type PairCorpusName } from '../corpora/pair-corpora';
import { DataError } from '../engine/index';
import { UsageError } from './options';
import { describeSkipped, readPairs, type TextPair } from '../engine/data';

export interface PairsRead {
  readonly pairs: readonly TextPair[];
  /** Of a corpus by name: its card. */
  readonly info: { readonly title?: string; readonly data?: string; readonly licence?: string };
  readonly languages: readonly [string, string] | undefined;
  readonly apart: 'source' | 'both' | undefined;
}

/** A file of that name goes before the corpus. */
const isCorpus = (name: string): name is PairCorpusName => isPairCorpusName(name) && !existsSync(name);

/** Refuses names of pairs that no file has, before anything is opened; throws a UsageError where there are none. */
export async function mustBeReadable(names: readonly string[]): Promise<void> {
  if (names.length === 0) {
    throw new UsageError(
      '--data',
      'no pairs are given',
      'Name a TSV file, or one of phonemes, french, chinese.',
    );
  }
  for (const name of names) if (!isCorpus(name)) await readable(name);
}

/** All pairs of files and named corpora, one after the other; `tell` hears what was skipped. Columns count from 1. */
export async function readAll(
  names: readonly string[],
  tell: (line: string) => void,
  columns: readonly [number, number] = [1, 2],
): Promise<PairsRead> {
  await mustBeReadable(names);
  const pairs: TextPair[] = [];
  let read: Omit<PairsRead, 'pairs'> = { info: {}, languages: undefined, apart: undefined };
  for (const name of names) {
    if (isCorpus(name)) {
      const { title, source, licence, languages, apart } = PAIR_CORPORA[name];
      for (const pair of (await readPairs(await corpusText(name), { name })).pairs) pairs.push(pair);
      read = { info: { title, data: source, licence }, languages, apart };
      continue;
    }
    const file = await readPairs(await contentOf(name), {
      name: basename(name),
      columns: [columns[0] - 1, columns[1] - 1],
    });
    for (const pair of file.pairs) pairs.push(pair);
    const skipped = describeSkipped(file);
    if (skipped) tell(`${basename(name)}: ${skipped}`);
    if (file.furtherColumns.count > 0) {
      tell(`${basename(name)}: columns after the ${Math.max(...columns)}. are left out`);
    }
  }
  return { pairs, ...read };
}

/** From the packages that stand beside Heed, or those of the folder that it is run in. */
async function corpusText(name: PairCorpusName): Promise<string> {
  try {
    return await pairCorpusText(name).catch(() => pairCorpusText(name, join(process.cwd(), 'package.json')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError('--data', `${name} cannot be made: ${why}`, '', { cause });
  }
}

async function contentOf(name: string): Promise<ReadableStream<Uint8Array>> {
  await readable(name);
  const stream = Readable.toWeb(createReadStream(name)) as ReadableStream<Uint8Array>;
  if (!name.endsWith('.gz')) return stream;
  return stream.pipeThrough(
    new DecompressionStream('gzip') as unknown as ReadableWritablePair<Uint8Array, Uint8Array>,
  );
}

async function readable(name: string): Promise<void> {
  try {
    if ((await stat(name)).isFile()) return;
  } catch (cause) {
    throw unreadable(name, cause);
  }
  throw new DataError(name, 'it is not a file', 'Name a file.');
}

/** A file in memory, which errors call by its name. */
export async function readWhole(name: string): Promise<File> {
  await readable(name);
  try {
    return new File([await readFile(name)], basename(name));
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

function unreadable(name: string, cause: unknown): DataError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code ?? message})`;
  return new DataError(name, why, 'Check the name and the rights.', { cause });
}

/** Whether two names are of one file. */
export function sameFile(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && realpathSync.native(a) === realpathSync.native(b);
}

/** Refuses a name that `writeWhole` could not write to; removes what saves to it that were killed have left. */
export async function mustBeWritable(name: string): Promise<void> {
  await removeAbandoned(name);
  if (existsSync(name) && !(await stat(name)).isFile()) {
    throw new DataError(name, 'it is there already and is not a file', 'Name a file with --out.');
  }
  const temporary = temporaryOf(name);
  try {
    await (await open(temporary, 'w')).close();
  } catch (cause) {
    const folder = dirname(name);
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? `there is no folder ${folder}` : `${folder} refuses it (${code ?? message})`;
    throw new DataError(name, `it cannot be written: ${why}`, 'Choose another place with --out.', { cause });
  } finally {
    removeTemporary(name);
  }
}

/** Replaces a file in one step: whoever is interrupted, or runs out of room, leaves the one before as it was. */
export async function writeWhole(name: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryOf(name);
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, name);
  } catch (cause) {
    removeTemporary(name);
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DataError(
      name,
      `it cannot be written (${code ?? message}); a file that was there before is unchanged`,
      'Choose another place with --out.',
      { cause },
    );
  }
}

/** What a `writeWhole` leaves that does not come to its end. */
export function removeTemporary(name: string): void {
  try {
    rmSync(temporaryOf(name), { force: true });
  } catch {
    // none could be made, or it is still open on Windows
  }
}

function temporaryOf(name: string): string {
  return `${name}.${process.pid}.tmp`;
}

/** Files as `temporaryOf` names them whose process has ended: a save of another that still runs stays. */
async function removeAbandoned(name: string): Promise<void> {
  const [folder, start] = [dirname(name), `${basename(name)}.`];
  const found = await readdir(folder).catch(() => []); // whoever writes there is told why not
  for (const file of found) {
    const pid = file.startsWith(start) && /^(\d+)\.tmp$/.exec(file.slice(start.length))?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(folder, file), { force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks only
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}
