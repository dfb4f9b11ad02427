import { EngineError, type Adapter } from '../../engine/index';

/**
 * Adapters of one model by names, of which those that are in use compute, the others wait in memory:
 *
 *     using adapters = new NamedAdapters();
 *     await adapters.add('legal', () => loadPeft(loaded, legal));
 *     await adapters.add('french', () => loadPeft(loaded, french));
 *     adapters.use('french'); // or none, or both: their sums add up
 *
 * What is made of the model afterwards (a plan, a generator) computes with those in use; what was made before refuses to run. The base's
 * weights stay where they are. Disposing of it disposes of all of them.
 */
export class NamedAdapters implements Disposable {
  readonly #all = new Map<string, Adapter>();
  #adding = false;

  get names(): readonly string[] {
    return [...this.#all.keys()];
  }

  /** Names of those in use. */
  get used(): readonly string[] {
    return this.names.filter((name) => this.#all.get(name)!.enabled);
  }

  /** Throws `EngineError` for a name that is not there. */
  get(name: string): Adapter {
    const found = this.#all.get(name);
    if (found) return found;
    const there = this.names.join(', ') || 'there are none';
    throw new EngineError('NamedAdapters', `there is no "${name}"`, `Those that there are: ${there}.`);
  }

  /**
   * Makes an adapter while no other is in use, so that they need not know of each other, and keeps it out of use. Throws
   * `EngineError` for a name that is there, and as `make` does; those in use are then as before.
   */
  async add(name: string, make: () => Promise<Adapter>): Promise<Adapter> {
    if (this.#adding)
      throw new EngineError('NamedAdapters.add', 'one is added at present', 'Await that first.');
    if (this.#all.has(name))
      throw new EngineError('NamedAdapters.add', `"${name}" is there already`, 'Delete it first.');
    const { used } = this;
    this.#adding = true;
    try {
      this.use();
      const adapter = await make();
      adapter.disable();
      this.#all.set(name, adapter);
      return adapter;
    } finally {
      this.#adding = false;
      this.use(...used);
    }
  }

  /**
   * Has the model compute with these and no others. Throws `EngineError` for a name that is not there, for one that is merged, and
   * for two that learn the same parameters; those in use are then as before.
   */
  use(...names: readonly string[]): void {
    const wanted = new Set(names.map((name) => this.get(name)));
    const before = [...this.#all.values()].filter(({ enabled }) => enabled);
    const only = (some: ReadonlySet<Adapter>): void => {
      for (const adapter of this.#all.values()) if (adapter.enabled && !some.has(adapter)) adapter.disable();
      for (const adapter of some) adapter.enable();
    };
    try {
      only(wanted);
    } catch (error) {
      only(new Set(before));
      throw error;
    }
  }

  /** Disposes of one. Throws `EngineError` for a name that is not there. */
  delete(name: string): void {
    this.get(name)[Symbol.dispose]();
    this.#all.delete(name);
  }

  [Symbol.dispose](): void {
    for (const name of this.names) this.delete(name);
  }
}
