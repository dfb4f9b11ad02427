// The frame that runs the suites: what hangs, crashes or is ended is named, ends with all that it started, and takes
// nobody else's results along.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFiles, type Counts } from '../tools/supervise.mjs';

let folder: string;
let journal: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heed-suites-'));
  journal = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A suite of files a, b, c, each with one test that passes before it does what it is told. */
const suite = `
import { appendFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
const [journal, folder, ...files] = process.argv.slice(2);
const tell = (entry) => appendFileSync(journal, JSON.stringify(entry) + '\\n');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
tell({ kind: 'plan', files });
const does = {
  hang: () => new Promise(() => setInterval(() => undefined, 1000)),
  /** As a browser does: a process in a group of its own, which outlives us. */
  leave: async () => {
    const args = ['-e', 'setInterval(() => undefined, 1000)'];
    const left = spawn(process.execPath, args, { detached: true, stdio: 'ignore' });
    appendFileSync(folder + '/left', left.pid + '\\n');
    await does.hang();
  },
  block: () => { for (;;); },
  crash: async () => { process.kill(process.pid, 'SIGSEGV'); await sleep(60_000); },
  pass: () => sleep(20),
};
const one = async (name) => {
  const [file, what] = name.split(':');
  tell({ kind: 'begin', file: name });
  tell({ kind: 'test', file: name, name: 'first', state: 'passed' });
  if (what === 'fail') tell({ kind: 'test', file: name, name: 'second', state: 'failed', message: 'é is not è' });
  if (what === 'skip') tell({ kind: 'test', file: name, name: 'second (needs shader-f16)', state: 'skipped' });
  await (does[what] ?? does.pass)();
  tell({ kind: 'end', file: name, message: what === 'hook' ? 'afterAll threw' : undefined });
  if (what === 'late') tell({ kind: 'test', file: name, name: 'second', state: 'passed' });
};
if (files.some((name) => name.endsWith(':beside'))) await Promise.all(files.map(one));
else for (const name of files) await one(name);
tell({ kind: 'finish' });
process.exit(files.some((name) => name.endsWith(':fail')) ? 1 : 0);
`;

function start(files: string[], limit = 200): Promise<Counts> {
  const program = join(folder, 'suite.mjs');
  writeFileSync(program, suite);
  return runFiles({
    name: 'fake',
    journal,
    limit,
    command: (left) => ({ args: [program, journal, folder, ...(left ?? files)] }),
    options: { silent: true },
  });
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that nobody has waited for yet is dead all the same.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
};
const left = (): number[] => readFileSync(join(folder, 'left'), 'utf8').trim().split('\n').map(Number);
const gone = (pid: number): Promise<void> => expect.poll(() => alive(pid), { timeout: 20_000 }).toBe(false);

describe('runFiles', () => {
  it('counts what passes, fails, is skipped, and errors of hooks', async () => {
    expect(await start(['a', 'b:fail', 'c:skip', 'd:hook'], 60_000)).toEqual({
      passed: 4,
      failed: 2,
      skipped: ['fake: c:skip > second (needs shader-f16)'],
      failures: ['fake: b:fail > second\n      é is not è', 'fake: d:hook\n      afterAll threw'],
    });
  });

  it('counts tests that are told of behind the end of their file', async () => {
    const { passed, failed } = await start(['a', 'b:late', 'c:fail'], 60_000);
    expect([passed, failed]).toEqual([4, 1]);
  });

  it.each(['hang', 'block'])('names a file that does not end (%s) and runs the rest', async (what) => {
    const { passed, failed, failures } = await start(['a', `b:${what}`, 'c']);
    expect([passed, failed]).toEqual([3, 1]);
    expect(failures[0]).toMatch(new RegExp(`^fake: b:${what}\\n {6}not done after [\\d.]+ minutes`));
  });

  it('names a file whose process crashes and runs the rest', async () => {
    const { passed, failed, failures } = await start(['a', 'b:crash', 'c', 'd:crash', 'e'], 60_000);
    expect([passed, failed]).toEqual([5, 2]);
    expect(failures[0]).toBe('fake: b:crash\n      its process ended (SIGSEGV) while it ran');
  });

  it('runs again, and counts once, what ran beside a file that does not end', async () => {
    const { passed, failed } = await start(['a:beside', 'b:hang', 'c']);
    expect([passed, failed]).toEqual([3, 1]);
  });

  it.runIf(process.platform === 'linux')('ends processes in groups of their own, too', async () => {
    const { failed } = await start(['a:leave', 'b']);
    expect(failed).toBe(1);
    for (const pid of left()) await gone(pid);
  });

  it('fails where the program ends before any test', async () => {
    const run = (code: string): Promise<Counts> =>
      runFiles({
        name: 'fake',
        journal,
        command: () => ({ args: ['-e', code] }),
        options: { silent: true },
      });
    const message = ['fake: failed outside its tests (status 3)'];
    expect(await run('process.exit(3)')).toEqual({ passed: 0, failed: 1, skipped: [], failures: message });
    expect((await run('')).failed).toBe(1);
  });

  it.runIf(process.platform === 'linux').each(['SIGTERM', 'SIGINT'] as const)(
    'ends what it started on %s, and keeps what is known',
    async (signal) => {
      writeFileSync(join(folder, 'suite.mjs'), suite);
      const frame = `
        import { endOnSignals, runFiles } from ${JSON.stringify(pathToFileURL(resolve('tools/supervise.mjs')).href)};
        endOnSignals();
        const [program, journal, folder] = ${JSON.stringify([join(folder, 'suite.mjs'), journal, folder])};
        const command = () => ({ args: [program, journal, folder, 'a', 'b:leave', 'c'] });
        console.log(JSON.stringify(await runFiles({ name: 'fake', journal, command, options: { silent: true } })));`;
      writeFileSync(join(folder, 'frame.mjs'), frame);
      const child = spawn(process.execPath, [join(folder, 'frame.mjs')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (text: Buffer) => (said += text.toString()));
      await expect.poll(() => existsSync(join(folder, 'left')), { timeout: 20_000 }).toBe(true);
      child.kill(signal);
      await new Promise((end) => child.on('close', end));
      for (const pid of left()) await gone(pid);
      const { passed, failures } = JSON.parse(said) as Counts;
      expect(passed).toBe(2);
      expect(failures).toEqual([
        'fake: files that did not run: 1\n      c',
        `fake: b:leave\n      ended by ${signal}`,
      ]);
    },
  );
});

it('the journal of Vitest says all that its own report says', async () => {
  mkdirSync(join(folder, 'tests'));
  const write = (name: string, code: string): void =>
    writeFileSync(
      join(folder, 'tests', name),
      `import { afterAll, describe, expect, it } from 'vitest';\n${code}`,
    );
  write(
    'a.test.ts',
    `describe('s', () => { it('one', () => {}); it.skip('two', () => {}); it.todo('three'); });`,
  );
  write('b.test.ts', `it('one', () => expect(1).toBe(2)); describe.skip('s', () => it('two', () => {}));`);
  write('c.test.ts', `throw new Error('it does not load');`);
  write('d.test.ts', `it('one', () => {}); afterAll(() => { throw new Error('a hook'); });`);
  write('e.test.ts', `it('one', () => { void Promise.reject(new Error('nobody waits')); });`);
  const reporter = pathToFileURL(resolve('tools/journal-reporter.mjs')).href;
  const config = join(folder, 'vitest.config.mjs');
  appendFileSync(
    config,
    `import { JournalReporter } from ${JSON.stringify(reporter)};
    export default { test: { reporters: [new JournalReporter(${JSON.stringify(journal)})], include: ['tests/*'] } };`,
  );
  const { passed, failed, skipped, failures } = await runFiles({
    name: 'fake',
    journal,
    command: () => ({
      args: [resolve('node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--config', config],
    }),
    options: { silent: true },
  });
  failures.sort();
  const heads = failures.map((text) => text.split('\n').slice(0, 2).join('').replace(/ {6}/, ': '));
  expect([passed, failed, skipped.length]).toEqual([3, 4, 3]);
  expect(heads).toEqual([
    'fake: failed outside its tests (status 1): nobody waits',
    expect.stringContaining('fake: tests/b.test.ts > one: expected 1 to be 2'),
    'fake: tests/c.test.ts: it does not load',
    'fake: tests/d.test.ts: a hook',
  ]);
});
