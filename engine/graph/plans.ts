import { EngineError } from '../errors';
import type { Plan } from './plan';

/**
 * Plans by key, compiled when first asked for and kept for all who ask. One whose compile failed is forgotten, so that
 * it can be asked for again: memory may be free by then.
 */
export class Plans<K> implements Disposable {
  readonly #asked = new Map<K, Promise<Plan>>();
  /** Plans that are ready, so that disposing needs to wait for nothing: the device may go next. */
  readonly #ready: Plan[] = [];
  #disposed = false;

  /** Rejects as `compile` does, and with an EngineError where the plans were disposed of meanwhile. */
  get(key: K, compile: () => Promise<Plan>): Promise<Plan> {
    let plan = this.#asked.get(key);
    if (!plan) {
      plan = this.#keep(compile);
      this.#asked.set(key, plan);
      plan.catch(() => this.#asked.delete(key));
    }
    return plan;
  }

  async #keep(compile: () => Promise<Plan>): Promise<Plan> {
    const plan = await compile();
    if (!this.#disposed) {
      this.#ready.push(plan);
      return plan;
    }
    plan[Symbol.dispose]();
    throw new EngineError(plan.label, 'it was disposed of while it was compiled', 'Create a new one.');
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const plan of this.#ready.splice(0)) plan[Symbol.dispose]();
    this.#asked.clear();
  }
}
