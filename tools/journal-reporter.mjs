// A reporter for Vitest (vitest.config.ts) that appends a line for every test as it ends, so that no result waits for the last one.
// What the lines say: supervise.mjs.
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';

/** @param {{ message: string, stack?: string, diff?: string }[]} errors */
const told = (errors) =>
  errors.map(({ message, diff }) => [message, diff].filter(Boolean).join('\n')).join('\n');

export class JournalReporter {
  #path;

  /** @param {string} path of the journal, which it appends to */
  constructor(path) {
    this.#path = path;
  }

  #root = process.cwd();

  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    this.#root = vitest.config.root;
  }

  /** @param {import('./supervise.mjs').Entry} entry */
  #write(entry) {
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }

  /** @param {import('vitest/node').TestModule} module */
  #file(module) {
    return relative(this.#root, module.moduleId);
  }

  /** @param {readonly import('vitest/node').TestSpecification[]} specifications */
  onTestRunStart(specifications) {
    const files = specifications.map(({ moduleId }) => relative(this.#root, moduleId));
    this.#write({ kind: 'plan', files });
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleQueued(module) {
    this.#write({ kind: 'begin', file: this.#file(module) });
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    if (state === 'pending') return;
    const message = errors && told(/** @type {any} */ (errors));
    this.#write({ kind: 'test', file: this.#file(test.module), name: test.fullName, state, message });
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    // Its own errors, and those of hooks, which no test has.
    const suites = [...module.children.allSuites()];
    const errors = [module, ...suites].flatMap((task) => task.errors());
    const message = errors.length > 0 ? told(/** @type {any} */ (errors)) : undefined;
    this.#write({ kind: 'end', file: this.#file(module), message });
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} _
   * @param {readonly import('vitest/node').SerializedError[]} errors outside of tests
   */
  onTestRunEnd(_, errors) {
    for (const error of errors) this.#write({ kind: 'error', message: told([/** @type {any} */ (error)]) });
    this.#write({ kind: 'finish' });
  }
}
