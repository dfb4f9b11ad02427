// Stands in for Vitest where there is none, so that GPU tests run in Deno and Firefox as they are: collects what `it`
// is given, runs it in order, tells how each went. The matchers and spies are Vitest's own.
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
const TEST_TIMEOUT = 1_200_000;
const HOOK_TIMEOUT = 600_000;

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

type State = 'passed' | 'failed' | 'skipped';
/** Told of every test as it ends, by its full name. */
export type Told = (name: string, state: State, message?: string) => void;

/** What a test file registered. */
export class TestFile {
  readonly #root: Suite;
  readonly #errors: string[] = [];

  private constructor(root: Suite) {
    this.#root = root;
  }

  /** Imports a test file, one at a time and each once. Throws what it throws. */
  static async load(load: () => Promise<unknown>): Promise<TestFile> {
    const root = suite('');
    current = root;
    await load();
    return new TestFile(root);
  }

  /** Its tests by their full names, in order. */
  get tests(): { name: string; skipped: boolean }[] {
    const of = (s: Suite, path: readonly string[]): { name: string; skipped: boolean }[] =>
      s.children.flatMap((child) => {
        const own = [...path, child.name];
        return isSuite(child) ? of(child, own) : [{ name: own.join(' > '), skipped: !child.body }];
      });
    return of(this.#root, []);
  }

  /** Runs tests, all or those whose names are `wanted`. Gives what hooks threw. */
  async run(told: Told, wanted: (name: string) => boolean = () => true): Promise<string[]> {
    this.#errors.length = 0;
    await this.#suite(this.#root, [], [], told, wanted);
    return [...this.#errors];
  }

  async #suite(
    s: Suite,
    path: readonly string[],
    hooks: readonly Suite[],
    told: Told,
    wanted: (name: string) => boolean,
  ): Promise<void> {
    const any = (child: Suite | Case, above: readonly string[]): boolean => {
      const own = [...above, child.name];
      return isSuite(child) ? child.children.some((c) => any(c, own)) : wanted(own.join(' > '));
    };
    const children = s.children.filter((child) => any(child, path));
    if (children.length === 0) return;
    const chain = [...hooks, s];
    try {
      for (const body of s.before) await within(HOOK_TIMEOUT, body);
      for (const child of children) {
        const own = [...path, child.name];
        const name = own.join(' > ');
        if (isSuite(child)) await this.#suite(child, own, chain, told, wanted);
        else if (!child.body) told(name, 'skipped');
        else await runCase(child.body, child.timeout, chain, (state, message) => told(name, state, message));
      }
    } catch (error) {
      this.#errors.push(`${path.join(' > ')} (hooks): ${line(error)}`);
    }
    try {
      for (const body of s.after) await within(HOOK_TIMEOUT, body);
    } catch (error) {
      this.#errors.push(`${path.join(' > ')} (hooks): ${line(error)}`);
    }
  }
}

async function runCase(
  body: Body,
  timeout: number,
  chain: readonly Suite[],
  told: (state: State, message?: string) => void,
): Promise<void> {
  try {
    for (const { beforeEach } of chain) for (const hook of beforeEach) await hook();
    await within(timeout, body);
  } catch (error) {
    return told('failed', line(error));
  } finally {
    for (const { afterEach } of chain) for (const hook of afterEach) await hook();
  }
  told('passed');
}
