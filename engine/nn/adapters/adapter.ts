/** What `adapt` puts into a model. */
import { EngineError, expectFunction, expectOptions } from '../../errors';
import { ParameterStore, type KeptWeights } from '../parameter_store';
import type { AdapterKind, AdapterTraining, AttentionSite } from './addition';
import { freeze } from './freeze';
import {
  expectMergeable,
  mergeAll,
  readColumns,
  type AdapterPlace,
  type MergeOptions,
  type MergeReport,
} from './merge';
import { onAttention, onEmbedding, onLinear, onParameter, onStart, siteOf } from './place';
import { Prompt } from './prompt';
import { matching, sitesOf, type Site } from './sites';

/** A model with weights. */
export interface Model<C extends object> {
  readonly config: C;
}

/** What was put into a model, where: `attach` does it, and returns what takes it away. */
type Placed = { readonly attach: () => () => void } & AdapterPlace;

/**
 * What `adapt` put into a model: a module of its own parameters, under the names of their layers, such as
 * 'stack.layers.0.attention.qkv.query.lora.A'. Dispose of it to have the model as it was.
 */
export class Adapter<C extends object = object> implements Disposable {
  /** The model's, with what was added to which layers, and a fingerprint of the weights that this is for: what checkpoints keep. */
  readonly config: C & {
    readonly adapter: Readonly<Record<string, AdapterKind['settings'] & { readonly kind: string }>>;
    readonly base: string;
  };
  readonly #base: ParameterStore;
  readonly #store: ParameterStore;
  readonly #placed: readonly Placed[] = [];
  #detach: readonly (() => void)[] = [];
  readonly #thaw: readonly (() => void)[];
  /** What merged weights were before, and the base's revision since. */
  #merged: { readonly before: readonly KeptWeights[]; readonly revision: number } | null = null;
  #busy = false;
  #disposed = false;

  /** Called by `adapt`. */
  constructor(
    model: Model<C>,
    base: ParameterStore,
    layers: Readonly<Record<string, AdapterKind>>,
    print: string,
    seed: number,
  ) {
    this.#base = base;
    const sites = sitesOf(model);
    const placed = new Map<string, Placed>();
    for (const [pattern, kind] of Object.entries(layers)) {
      const common = onceMade();
      for (const site of matching(sites, pattern, kind)) {
        const name = `${site.name}.${kind.kind}`;
        if (placed.has(name)) {
          throw new EngineError(
            'adapt',
            `${name} is there twice, by "${pattern}", too`,
            'Name each place once.',
          );
        }
        placed.set(name, this.#place(name, site, kind, common));
      }
    }
    if (placed.size === 0) throw new EngineError('adapt', 'no layers are named', 'Give { pattern: lora() }.');
    this.#placed = [...placed.values()];
    const kinds = Object.entries(layers).map(([pattern, { kind, settings }]) => [
      pattern,
      { kind, ...settings },
    ]);
    const adapter = Object.fromEntries(kinds) as Adapter<C>['config']['adapter'];
    this.config = { ...model.config, adapter, base: print };
    this.#store = new ParameterStore(base.device, this, { seed, owner: 'adapter' });
    this.#thaw = [...base.parameters.values()].map(freeze);
    try {
      this.#attach();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Makes the addition of a place, as a field: the walk over parameters finds it under this name. */
  #place(name: string, site: Site, kind: AdapterKind, shared: AttentionSite['shared']): Placed {
    const field = (value: object): void =>
      void Object.defineProperty(this, name, { value, enumerable: true });
    if ('columns' in site) {
      const { layer, columns } = site;
      const addition = kind.linear!(siteOf(site));
      if ('enter' in addition && columns.outputs < layer.outputs) {
        const what = `${site.name} is a part of a layer, whose input other parts have, too`;
        throw new EngineError('adapt', what, 'Adapt the whole layer, or its outputs.');
      }
      field(addition);
      return { site, addition, attach: onLinear(layer, addition, columns, kind.kind) };
    }
    if ('parameter' in site) {
      const copy = kind.parameter!(site);
      field(copy);
      return { site, copy, attach: onParameter(site, copy) };
    }
    if ('table' in site) {
      const [vocabulary, width] = site.table.weight.shape;
      const sum = kind.embedding!({ name: site.name, vocabulary, width });
      field(sum);
      return { site, sum, attach: onEmbedding(site, sum, kind.kind) };
    }
    if ('start' in site) {
      const [vocabulary, width] = site.start.table.shape;
      const prompt = kind.prompt!({ name: site.name, width, vocabulary });
      field(prompt);
      return { site, prompt, attach: onStart(site, prompt) };
    }
    const { layer } = site;
    const rows = kind.attention!({ name: site.name, keyValueWidth: layer.keyValueWidth, shared });
    field(rows);
    return { site, rows, attach: onAttention(layer, rows) };
  }

  /** Called by `adapt`: writes what begins as the model's weights say. */
  async begin(): Promise<void> {
    for (const placed of this.#placed) {
      if ('copy' in placed) {
        const { parameter, part } = placed.site;
        const all = await this.#base.read(parameter.name);
        const own = part ? all.subarray(part.from, part.from + part.outputs) : all;
        this.#store.write(placed.copy.values.name, own);
      } else if ('addition' in placed && placed.addition.begin) {
        const first = placed.addition.begin(await readColumns(this.#base, placed.site));
        for (const [{ name }, data] of first) this.#store.write(name, data);
      } else if ('prompt' in placed && placed.prompt instanceof Prompt && placed.prompt.first) {
        const { embeddings, first } = placed.prompt;
        const [, width] = embeddings.shape;
        const table = await this.#base.read(placed.site.start.table.name);
        const rows = new Float32Array(embeddings.size);
        for (const [p, id] of first.entries())
          rows.set(table.subarray(id * width, (id + 1) * width), p * width);
        this.#store.write(embeddings.name, rows);
      }
    }
  }

  #attach(): void {
    const detach: (() => void)[] = [];
    this.#detach = detach;
    for (const { attach } of this.#placed) detach.push(attach());
  }

  /** What is where, by the name of its place. */
  get places(): readonly AdapterPlace[] {
    return this.#placed;
  }

  #remove(): void {
    for (const detach of this.#detach) detach();
    this.#detach = [];
  }

  /** Of its parameters alone. */
  get store(): ParameterStore {
    return this.#store;
  }

  /** What a trainer does for it besides minimising; null for most. Throws `EngineError` where its layers do not go together. */
  training(): AdapterTraining | null {
    const own = this.#placed.flatMap((place) =>
      'addition' in place && 'together' in place.addition ? [place.addition] : [],
    );
    return own.length > 0 ? own[0].together(own) : null;
  }

  /** Whether the model computes with it beside its weights. */
  get enabled(): boolean {
    return this.#detach.length > 0;
  }

  /**
   * Has the model compute without it, until `enable`; its memory stays, and so do frozen weights. Plans must be made anew. Throws
   * `EngineError` while it is merged or disposed of.
   */
  disable(): void {
    this.#expectBeside('Adapter.disable');
    this.#remove();
  }

  /** The model computes with it again. Throws `EngineError` as `disable`, and where another one has taken its place meanwhile. */
  enable(): void {
    this.#expectBeside('Adapter.enable');
    if (this.enabled) return;
    try {
      this.#attach();
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  /** Throws `EngineError` once it is disposed of, and while it is merged or unmerged. */
  #expectFree(where: string): void {
    if (this.#disposed) throw new EngineError(where, 'it was disposed of', 'Adapt the model again.');
    if (this.#busy) throw new EngineError(where, 'it is merged or unmerged at present', 'Await that first.');
  }

  #expectBeside(where: string): void {
    this.#expectFree(where);
    if (this.#merged) throw new EngineError(where, 'it is merged', 'Unmerge it first.');
  }

  /** Whether it is part of the model's weights at present. */
  get merged(): boolean {
    return this.#merged !== null;
  }

  /**
   * Makes it part of the model's weights, which cost nothing more from then on: sums in float64, rounded once to what the
   * weights are stored as (f16 keeps 11 bits). Keeps the weights that were there on the CPU, for `unmerge`; after `dispose`
   * the merged ones stay. Plans must be made anew.
   *
   * @throws EngineError where what was added is no weight, as a prefix, and where int8 or int4 would lose more than `most`. What
   * is thrown, and an abort, leaves all as it was.
   */
  async merge(options: MergeOptions = {}): Promise<MergeReport> {
    expectOptions('Adapter.merge', options, { most: 0, signal: 0, onProgress: 0 });
    const { most = null, onProgress } = options;
    expectFunction('Adapter.merge', 'onProgress', onProgress);
    if (most !== null && !(most >= 0)) {
      throw new EngineError('Adapter.merge', `most is ${most}`, 'Give a share, such as 0.01.');
    }
    this.#expectFree('Adapter.merge');
    if (this.#merged) throw new EngineError('Adapter.merge', 'it is merged already', 'Unmerge it first.');
    if (!this.enabled) throw new EngineError('Adapter.merge', 'it is disabled', 'Enable it first.');
    expectMergeable(this.#placed, most);
    let lost: ReadonlyMap<string, number> = new Map();
    await this.#alone(async () => {
      const own = new Map<object, Float32Array>();
      for (const [name, data] of await this.#store.readAll('weights')) {
        own.set(this.#store.parameters.get(name)!, data);
      }
      const merged = await mergeAll(this.#base, this.#placed, (parameter) => own.get(parameter)!, options);
      ({ lost } = merged);
      this.#remove();
      this.#merged = { before: merged.before, revision: this.#base.revision };
    });
    return { lost, most: Math.max(0, ...lost.values()) };
  }

  /** The model's weights are again what they were before `merge`, bit for bit, with this beside them. */
  async unmerge(): Promise<void> {
    this.#expectFree('Adapter.unmerge');
    const merged = this.#merged;
    if (!merged) throw new EngineError('Adapter.unmerge', 'it is not merged', 'Merge it first.');
    await this.#alone(async () => {
      if (this.#base.revision !== merged.revision) {
        const what = 'the weights were written since it was merged';
        throw new EngineError('Adapter.unmerge', what, 'Take what came later out first, or load them again.');
      }
      for (const kept of merged.before) {
        this.#base.restore(kept);
        await this.#base.drain();
      }
      this.#merged = null;
      for (const placed of this.#placed) if ('addition' in placed) placed.addition.unmerged?.();
      this.#attach();
    });
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    this.#busy = true;
    try {
      await work();
    } finally {
      this.#busy = false;
    }
  }

  /** Takes it out of the model, whose weights train again where they did; frees its memory. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#remove();
    for (const thaw of this.#thaw) thaw();
    this.#store[Symbol.dispose]();
  }
}

/** What makes a thing once, and gives it from then on. */
function onceMade(): AttentionSite['shared'] {
  let made: object | null = null;
  return <T extends object>(make: () => T): T => (made ??= make()) as T;
}
