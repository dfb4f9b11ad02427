// Runs programs so that whatever they do, they end and their results remain. Test files report to a journal as they
// go; a file that hangs or crashes is one failure with its name, and the files after it run all the same.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

/**
 * `failures`: what failed and its message, as far as the suite says.
 * @typedef {{ passed: number, failed: number, skipped: string[], failures: string[] }} Counts
 *
 * A line of the journal. A run begins with `plan` and ends with `finish`; what it leaves out counts as a crash.
 * @typedef {{ kind: 'plan', files: string[] }
 *   | { kind: 'begin', file: string }
 *   | { kind: 'test', file: string, name: string, state: 'passed' | 'failed' | 'skipped', message?: string }
 *   | { kind: 'end', file: string, message?: string }
 *   | { kind: 'error', message: string }
 *   | { kind: 'finish' }} Entry
 *
 * @typedef {{ args: string[], env?: NodeJS.ProcessEnv }} Command a program for this Node
 *
 * `prefix`: of every line it prints, to tell programs that run at the same time apart.
 * @typedef {{ cwd?: string, prefix?: string, silent?: boolean }} Options
 */

const POLL = 500;
const MINUTE = 60_000;

/**
 * Limits, in milliseconds. `file` and `command` are time with a core at hand: where more processes want cores than there
 * are, this clock goes slower by as much. `wall` ends what waits for something that never comes on a busy machine.
 */
export const LIMITS = {
  file: Number(process.env['HEED_FILE_MINUTES'] ?? 10) * MINUTE,
  command: 10 * MINUTE,
  wall: 30 * MINUTE,
};

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** The signal that told us to end, or null. @type {NodeJS.Signals | null} */
let asked = null;

/** From now on, what would end this process ends what it runs; results so far are returned as ever. */
export function endOnSignals() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      asked = signal;
      for (const child of running) endTree(child);
    });
  }
  process.on('exit', () => running.forEach(endTree));
}

/** The signal that this process was told to end by, or null. */
export const interrupted = () => asked;

/** @returns {Map<number, number>} parent by process; empty where there is no /proc */
function parents() {
  /** @type {Map<number, number>} */
  const found = new Map();
  if (!existsSync('/proc/self/stat')) return found;
  for (const pid of readdirSync('/proc').map(Number).filter(Boolean)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      found.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/**
 * Ends a child, its process group, and on Linux all that descends from it: browsers make groups of their own.
 *
 * @param {import('node:child_process').ChildProcess} child started by `start`
 */
function endTree(child) {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
    return;
  }
  const above = parents(); // before any dies and leaves its children to init
  const tree = new Set([pid]);
  for (let before = 0; before !== tree.size;) {
    before = tree.size;
    for (const [one, parent] of above) if (tree.has(parent)) tree.add(one);
  }
  for (const one of [-pid, ...tree]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

/** @param {Command} command @param {Options} [options] */
function start({ args, env }, { cwd, prefix, silent = false } = {}) {
  const output = silent ? 'ignore' : prefix ? 'pipe' : 'inherit';
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', output, output],
    detached: process.platform !== 'win32', // the leader of a group
    cwd,
    env: { ...process.env, ...env },
  });
  running.add(child);
  if (child.stdout) copyLines(child.stdout, process.stdout, `${prefix}`);
  if (child.stderr) copyLines(child.stderr, process.stderr, `${prefix}`);
  /** @type {Promise<string | null>} why it is no success */
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => resolve(signal ?? (status === 0 ? null : `status ${status}`)));
  });
  void ended.then(() => running.delete(child));
  return { child, ended };
}

/** @param {NodeJS.ReadableStream} from @param {NodeJS.WritableStream} to @param {string} prefix */
function copyLines(from, to, prefix) {
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) to.write(`${prefix}${line}\n`);
  });
  from.on('end', () => void (rest && to.write(`${prefix}${rest}\n`)));
}

/** How much of the time a process that wants a core has one. */
const share = () => Math.min(1, availableParallelism() / Math.max(loadavg()[0] ?? 0, 0.01));

/** A clock with the two limits. @param {number} limit */
function patience(limit) {
  const began = performance.now();
  let last = began;
  let spent = 0;
  return () => {
    const now = performance.now();
    spent += (now - last) * share();
    last = now;
    const wall = Math.max(limit, LIMITS.wall);
    return spent > limit || now - began > wall ? `${((now - began) / MINUTE).toFixed(1)} minutes` : null;
  };
}

/**
 * Runs a program to its end.
 *
 * @param {Command} command
 * @param {Options} [options]
 * @param {number} [limit] milliseconds
 * @returns {Promise<string | null>} why it failed
 */
export async function run(command, options, limit = LIMITS.command) {
  const { child, ended } = start(command, options);
  const overdue = patience(limit);
  for (;;) {
    const why = await Promise.race([ended, sleep(POLL, undefined)]);
    if (why !== undefined) return why;
    const time = overdue();
    if (time) {
      endTree(child);
      await ended;
      return `not done after ${time}`;
    }
  }
}

/** A failure in a few lines. @param {string} name @param {string} [message] */
export function failure(name, message = '') {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, 12);
  return [name, ...lines.filter(Boolean).map((line) => `    ${line.slice(0, 240)}`)].join('\n  ');
}

/** Reads what was appended to a file since the last call. @param {string} path */
function tail(path) {
  let at = 0;
  let rest = '';
  return () => {
    if (!existsSync(path)) return [];
    const file = openSync(path, 'r');
    const bytes = Buffer.alloc(1 << 16);
    const parts = [];
    for (let n; (n = readSync(file, bytes, 0, bytes.length, at)) > 0; at += n)
      parts.push(Buffer.from(bytes.subarray(0, n)));
    closeSync(file);
    const lines = (rest + Buffer.concat(parts).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    return lines.map((line) => /** @type {Entry} */ (JSON.parse(Buffer.from(line, 'latin1').toString())));
  };
}

/** What is known of one test file. */
class FileState {
  passed = 0;
  failed = 0;
  /** @type {string[]} */
  skipped = [];
  /** @type {string[]} */
  failures = [];
  done = false;
  /** @param {number} limit */
  constructor(limit) {
    this.overdue = patience(limit);
  }
}

/**
 * Runs the test files of a suite in one process, and in another one what a crash or a limit left.
 *
 * @param {object} suite
 * @param {string} suite.name
 * @param {string} suite.journal path of a file that the program appends lines to
 * @param {(files: string[] | null) => Command} suite.command the program for these files, null for all of the suite's
 * @param {Options} [suite.options]
 * @param {number} [suite.deadline] by performance.now(): when to give up
 * @param {number} [suite.limit] of a file, milliseconds
 * @returns {Promise<Counts>}
 */
export async function runFiles({
  name,
  journal,
  command,
  options,
  deadline = Infinity,
  limit = LIMITS.file,
}) {
  /** @type {Map<string, FileState>} */
  const files = new Map();
  /** @type {string[]} */
  const outside = [];
  /** @type {string[] | null} */
  let left = null;
  mkdirSync(dirname(journal), { recursive: true });

  for (;;) {
    rmSync(journal, { force: true });
    const read = tail(journal);
    /** @type {Set<string>} */
    let planned = new Set();
    let finished = false;
    let begun = 0;
    /** @type {string[]} */
    const errors = [];

    /** @param {Entry} entry */
    const take = (entry) => {
      if (entry.kind === 'plan') planned = new Set(entry.files);
      else if (entry.kind === 'finish') finished = true;
      else if (entry.kind === 'error') errors.push(entry.message);
      else {
        const { file } = entry;
        let state = files.get(file);
        // Vitest may tell of a file's end before it tells of its last tests.
        if (!state || entry.kind === 'begin') files.set(file, (state = new FileState(limit)));
        if (entry.kind === 'begin') begun++;
        else if (entry.kind === 'end') {
          state.done = true;
          // A file that does not load has no tests to fail.
          if (entry.message !== undefined) {
            state.failed++;
            state.failures.push(failure(`${name}: ${file}`, entry.message));
          }
        } else {
          const title = `${name}: ${file} > ${entry.name}`;
          if (entry.state === 'passed') state.passed++;
          else if (entry.state === 'skipped') state.skipped.push(title);
          else {
            state.failed++;
            state.failures.push(failure(title, entry.message));
          }
        }
      }
    };

    const { child, ended } = start(command(left), options);
    /** @type {string | null | undefined} */
    let why;
    /** File that took too long, and how long. @type {[string, string] | null} */
    let slow = null;
    let late = false;
    while (why === undefined) {
      why = await Promise.race([ended, sleep(POLL, undefined)]);
      read().forEach(take);
      for (const [file, state] of files) {
        if (state.done || slow) continue;
        /** @type {string | null} */
        const time = state.overdue();
        if (time) slow = [file, time];
      }
      late ||= performance.now() > deadline;
      if ((slow || late) && why === undefined) {
        endTree(child);
        await ended;
        read().forEach(take);
        why = 'ended by us';
      }
    }

    /** @type {[string, FileState][]} */
    const cut = [...files].filter(([, state]) => !state.done);
    for (const [file, state] of cut) {
      const [slowFile, time] = slow ?? [];
      if (slowFile !== undefined && slowFile !== file && !late && !interrupted()) {
        files.delete(file); // it only ran beside that one, and runs again
        continue;
      }
      state.done = true;
      state.failed++;
      const said =
        file === slowFile
          ? `not done after ${time}: ended. HEED_FILE_MINUTES raises the limit`
          : interrupted()
            ? `ended by ${interrupted()}`
            : late
              ? 'not done when the time of all suites was over'
              : [`its process ended (${why}) while it ran`, ...errors].join('\n');
      state.failures.push(failure(`${name}: ${file}`, said));
    }
    left = [...planned].filter((file) => !files.get(file)?.done);

    if (interrupted() || late) {
      if (left.length > 0 || planned.size === 0) {
        const count = left.length > 0 ? `files that did not run: ${left.length}` : 'did not run';
        outside.push(failure(`${name}: ${count}`, left.join('\n')));
      }
      break;
    }
    const failedTests = [...files.values()].some((state) => state.failed > 0);
    // Errors outside tests, a crash at exit, or before the first file.
    if (cut.length === 0 && (!finished || errors.length > 0 || (why !== null && !failedTests)))
      outside.push(failure(`${name}: failed outside its tests (${why ?? 'no error'})`, errors.join('\n')));
    if (left.length === 0 || begun === 0 || (finished && cut.length === 0)) break;
    console.log(`\n${name}: files that are left: ${left.length}`);
  }

  /** @type {Counts} */
  const total = { passed: 0, failed: outside.length, skipped: [], failures: outside };
  for (const state of files.values()) {
    total.passed += state.passed;
    total.failed += state.failed;
    total.skipped.push(...state.skipped);
    total.failures.push(...state.failures);
  }
  return total;
}
