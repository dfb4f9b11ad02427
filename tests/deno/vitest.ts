// Stands in for Vitest where there is none, so that GPU tests run in Deno as they are: collects what `it` is given,
// runs it in order, counts. The matchers and spies are Vitest's own.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
} from '@vitest/expect';
import { spyOn } from '@vitest/spy';
import * as chai from 'chai';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = chai.expect;
Object.assign(expect, Reflect.get(globalThis, ASYMMETRIC_MATCHERS_OBJECT));
export const vi = { spyOn };

// As in vitest.config.ts.
const TEST_TIMEOUT = 300_000;
const HOOK_TIMEOUT = 120_000;

type Body = () => unknown;
interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly children: (Suite | Case)[];
}
interface Case {
  readonly name: string;
  readonly body: Body | undefined;
  readonly timeout: number;
}
export interface Counts {
  passed: number;
  failed: number;
  skipped: string[];
  /** Name and message of each that failed. */
  failures: string[];
}

const suite = (name: string, parent?: Suite): Suite => ({
  name,
  parent,
  before: [],
  after: [],
  beforeEach: [],
  afterEach: [],
  children: [],
});
let current = suite('');

export const beforeAll = (body: Body): number => current.before.push(body);
export const afterAll = (body: Body): number => current.after.push(body);
export const beforeEach = (body: Body): number => current.beforeEach.push(body);
export const afterEach = (body: Body): number => current.afterEach.push(body);

function group(name: string, body: Body): void {
  const inner = suite(name, current);
  current.children.push(inner);
  current = inner;
  body();
  current = inner.parent ?? current;
}

interface Options {
  readonly timeout?: number;
}
function add(name: string, first?: Options | Body, second?: Body | number): void {
  const body = typeof first === 'function' ? first : (second as Body);
  const option = typeof first === 'function' ? second : first?.timeout;
  current.children.push({ name, body, timeout: typeof option === 'number' ? option : TEST_TIMEOUT });
}
const skip = (name: string): void => void current.children.push({ name, body: undefined, timeout: 0 });

/** A name of `each` with its row in it, as Vitest writes it: `%s` and `%i` in turn, `$key.of.it` by name. */
function title(name: string, row: unknown): string {
  const values: unknown[] = Array.isArray(row) ? [...(row as unknown[])] : [row];
  const filled = name
    .replace(/%[a-z]/g, () => show(values.shift()))
    .replace(/\$([\w.]+)/g, (_, path: string) =>
      show(path.split('.').reduce<unknown>((found, key) => Reflect.get(Object(found), key), row)),
    );
  return filled === name ? `${name} ${JSON.stringify(row)}` : filled;
}
const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** One call of `register` for every row; a row that is an array is a list of arguments. */
const each =
  (register: (name: string, ...rest: never[]) => void) =>
  (rows: readonly unknown[]) =>
  (name: string, ...rest: (((...row: unknown[]) => unknown) | Options | number)[]): void => {
    for (const row of rows) {
      const list: unknown[] = Array.isArray(row) ? row : [row];
      const bound = rest.map((x) => (typeof x === 'function' ? () => x(...list) : x));
      register(title(name, row), ...(bound as never[]));
    }
  };

export const describe = Object.assign(group, { each: each(group) });
export const it = Object.assign(add, {
  skip,
  skipIf: (condition: unknown) => (condition ? skip : add),
  runIf: (condition: unknown) => (condition ? add : skip),
  each: each(add),
});
export const test = it;

async function within(milliseconds: number, body: Body): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${milliseconds} ms`)), milliseconds);
  });
  await Promise.race([body(), late]).finally(() => clearTimeout(timer));
}

const isSuite = (child: Suite | Case): child is Suite => 'children' in child;
const line = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

function fail(counts: Counts, name: string, error: unknown): void {
  counts.failed++;
  counts.failures.push(`${name}\n${line(error)}`);
  console.error(`FAILED ${name}\n${line(error)}`);
}

async function runSuite(s: Suite, path: string, hooks: readonly Suite[], counts: Counts): Promise<void> {
  const chain = [...hooks, s];
  try {
    for (const body of s.before) await within(HOOK_TIMEOUT, body);
    for (const child of s.children) {
      const name = `${path} > ${child.name}`;
      if (isSuite(child)) {
        await runSuite(child, name, chain, counts);
      } else if (!child.body) {
        counts.skipped.push(name);
      } else {
        try {
          for (const { beforeEach } of chain) for (const body of beforeEach) await body();
          await within(child.timeout, child.body);
          counts.passed++;
        } catch (error) {
          fail(counts, name, error);
        } finally {
          for (const { afterEach } of chain) for (const body of afterEach) await body();
        }
      }
    }
    for (const body of s.after) await within(HOOK_TIMEOUT, body);
  } catch (error) {
    fail(counts, `${path} (hooks)`, error);
  }
}

/** Imports a test file: what it collects, to run; null if it does not load. One file at a time. */
export async function collect(
  file: string,
  load: () => Promise<unknown>,
  counts: Counts,
): Promise<((counts: Counts) => Promise<void>) | null> {
  const root = suite(file);
  current = root;
  try {
    await load();
    return (own) => runSuite(root, file, [], own);
  } catch (error) {
    fail(counts, `${file} does not load`, error);
    return null;
  }
}
