import { EngineError, Plans, type Plan } from '../../engine/index';

/** The plans of a reader, by the shape of their batches: at most so many; all begin anew once there are more. */
export class ShapedPlans implements Disposable {
  readonly #most: number;
  #plans = new Plans<string>();
  #shapes = new Set<string>();
  #disposed = false;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Calls `run` with the plan of a shape, which `compile` makes; nothing comes between, so that the plan is still there. Rejects as
   * `compile` does, and with `EngineError` after disposal.
   */
  async use<T>(shape: string, compile: () => Promise<Plan>, run: (plan: Plan) => T): Promise<T> {
    for (;;) {
      const plans = this.#plansFor(shape);
      const plan = await plans.get(shape, compile).catch((error: unknown) => {
        if (plans === this.#plans && !this.#disposed) throw error;
        return null;
      });
      if (this.#disposed) throw gone();
      // Another call may have made room for its own shapes meanwhile.
      if (plan !== null && plans === this.#plans) return run(plan);
    }
  }

  #plansFor(shape: string): Plans<string> {
    if (this.#disposed) throw gone();
    if (!this.#shapes.has(shape) && this.#shapes.size >= this.#most) {
      this.#plans[Symbol.dispose]();
      this.#plans = new Plans();
      this.#shapes = new Set();
    }
    this.#shapes.add(shape);
    return this.#plans;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#plans[Symbol.dispose]();
  }
}

const gone = (): EngineError => new EngineError('read', 'it was disposed of', 'Create a new one.');
