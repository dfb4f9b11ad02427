/** Fine-tuning of few numbers beside frozen weights. */
import { EngineError, expectOptions, expectSeed, throwIfAborted } from '../../errors';
import { asHex, fnv1a, fnv1aOfText } from '../../hash';
import { float32ToFloat16 } from '../../runtime/half';
import { parameters, type Parameter } from '../parameter';
import { ParameterStore } from '../parameter_store';
import type { AdapterKind, LinearAddition } from './addition';
import { onAttention, onLinear } from './place';
import { matching, sitesOf, type Site } from './sites';

/** How `adapt` begins an adapter. */
export interface AdaptOptions {
  /** Seed of the adapter's first values. Default 0. */
  readonly seed?: number;
}

/** How `Adapter.merge` tells of its work, and is ended. */
export interface MergeOptions {
  readonly signal?: AbortSignal;
  /** Layers that are merged, and all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A model with weights. */
interface Model<C extends object> {
  readonly config: C;
}

/** An addition in its place. */
interface Placed {
  readonly site: Site;
  /** Of a linear layer, unless it is a prefix. */
  readonly addition: LinearAddition | null;
  /** Puts it there, and returns what takes it away. */
  readonly attach: () => () => void;
}

/**
 * Puts additions into the layers of a model that has weights: `layers` says which, by dotted path, and what. A star in it is
 * a number, and braces are one of several words; columns of a fused layer go by name:
 *
 *     const adapter = await adapt(model, { 'stack.layers.*.attention.qkv.{query,value}': lora({ rank: 8 }) });
 *     const run = await Run.create({ device, model, adapter, … });
 *
 * All weights of the model are frozen until the adapter is disposed of: a trainer gives them no gradients, no moments and
 * no product in the backward pass. They may be stored as f16. Several adapters may be in a model at once: their sums add up.
 * Plans that were made before (of generators, too) refuse to run.
 *
 * @throws EngineError for a pattern that is nowhere (with the nearest names) and for a model without weights; DeviceError
 * where there is no memory. The model is then as it was.
 */
export async function adapt<C extends object>(
  model: Model<C>,
  layers: Readonly<Record<string, AdapterKind>>,
  options: AdaptOptions = {},
): Promise<Adapter<C>> {
  const { seed = 0 } = options;
  expectOptions('adapt', options, { seed });
  expectSeed('adapt', seed);
  const [base] = [...parameters(model).values()].flatMap(({ store }) => (store?.living ? [store] : []));
  if (!base) {
    throw new EngineError(
      'adapt',
      'the model has no weights',
      'Load it, or make a ParameterStore over it, first.',
    );
  }
  const of = ParameterStore.of(base.device, model)!;
  const adapter = new Adapter(model, of, layers, await fingerprint(of), seed);
  try {
    await adapter.store.ready();
  } catch (error) {
    adapter[Symbol.dispose]();
    throw error;
  }
  return adapter;
}

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
  readonly #placed: readonly Placed[];
  #detach: readonly (() => void)[] = [];
  readonly #thaw: readonly (() => void)[];
  /** What merged weights were before, and the base's revision since. */
  #merged: { readonly before: ReadonlyMap<string, Float32Array>; readonly revision: number } | null = null;
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
      for (const site of matching(sites, pattern, kind)) {
        const name = `${site.name}.${kind.kind}`;
        if (placed.has(name)) {
          throw new EngineError(
            'adapt',
            `${name} is there twice, by "${pattern}", too`,
            'Name each place once.',
          );
        }
        placed.set(name, this.#place(name, site, kind));
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
  #place(name: string, site: Site, { kind, linear, attention }: AdapterKind): Placed {
    if ('columns' in site) {
      const { layer, columns } = site;
      const addition = linear!({ name: site.name, inputs: layer.inputs, outputs: columns.outputs });
      Object.defineProperty(this, name, { value: addition, enumerable: true });
      return { site, addition, attach: onLinear(layer, addition, columns, kind) };
    }
    const { layer } = site;
    const addition = attention!({ name: site.name, keyValueWidth: layer.keyValueWidth });
    Object.defineProperty(this, name, { value: addition, enumerable: true });
    return { site, addition: null, attach: onAttention(layer, addition) };
  }

  #attach(): void {
    const detach: (() => void)[] = [];
    this.#detach = detach;
    for (const { attach } of this.#placed) detach.push(attach());
  }

  #remove(): void {
    for (const detach of this.#detach) detach();
    this.#detach = [];
  }

  /** Of its parameters alone. */
  get store(): ParameterStore {
    return this.#store;
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
   * @throws EngineError where what was added is no weight, as a prefix, or beside one that is stored as int8 or int4. An abort
   * leaves all as it was.
   */
  async merge(options: MergeOptions = {}): Promise<void> {
    const { signal, onProgress } = options;
    expectOptions('Adapter.merge', options, { signal, onProgress });
    if (this.#merged) throw new EngineError('Adapter.merge', 'it is merged already', 'Unmerge it first.');
    const fixed = this.#placed.find(({ addition }) => !addition?.merge);
    if (fixed) {
      throw new EngineError(
        'Adapter.merge',
        `no weights do the same as what is at ${fixed.site.name}`,
        'Keep it beside them.',
      );
    }
    for (const { site } of this.#placed) {
      const packed = 'columns' in site ? site.layer.weight.packed : null;
      if (!packed) continue;
      const what = `${site.name} is stored as ${packed}, which would round off what was learnt`;
      throw new EngineError(
        'Adapter.merge',
        what,
        "Save it, load the model with storage: 'f32', and merge it there.",
      );
    }
    await this.#alone('Adapter.merge', async () => {
      const before = new Map<string, Float32Array>();
      const own = new Map<object, Float32Array>();
      for (const [name, data] of await this.#store.readAll('weights')) {
        own.set(this.#store.parameters.get(name)!, data);
      }
      try {
        for (const [i, placed] of this.#placed.entries()) {
          throwIfAborted(signal);
          await this.#mergeOne(placed, before, (parameter) => own.get(parameter)!);
          onProgress?.(i + 1, this.#placed.length);
        }
        throwIfAborted(signal);
      } catch (error) {
        if (this.#base.living) for (const [name, data] of before) this.#base.write(name, data);
        throw error;
      }
      this.#remove();
      this.#merged = { before, revision: this.#base.revision };
    });
  }

  async #mergeOne(
    { site, addition }: Placed,
    before: Map<string, Float32Array>,
    read: (parameter: object) => Float32Array,
  ): Promise<void> {
    if (!('columns' in site)) return;
    const { layer, columns } = site;
    const { weight, bias, inputs, outputs, layout } = layer;
    const get = async ({ name }: Parameter): Promise<Float32Array> => {
      const data = await this.#base.read(name);
      if (!before.has(name)) before.set(name, data.slice());
      return data;
    };
    const [w, b] = [await get(weight), bias && (await get(bias))];
    const at = (o: number, i: number): number =>
      layout === 'out_in' ? (columns.from + o) * inputs + i : i * outputs + columns.from + o;
    const part = new Float64Array(columns.outputs * inputs);
    for (let o = 0; o < columns.outputs; o++) {
      for (let i = 0; i < inputs; i++) part[o * inputs + i] = w[at(o, i)];
    }
    const shift = b && Float64Array.from(b.subarray(columns.from, columns.from + columns.outputs));
    addition!.merge!({ weight: part, bias: shift }, read);
    for (let o = 0; o < columns.outputs; o++) {
      for (let i = 0; i < inputs; i++) w[at(o, i)] = part[o * inputs + i];
    }
    this.#base.write(weight.name, w);
    if (!bias || !b || !shift) return;
    b.set(shift, columns.from);
    this.#base.write(bias.name, b);
  }

  /** The model's weights are again what they were before `merge`, bit for bit, with this beside them. */
  async unmerge(): Promise<void> {
    const merged = this.#merged;
    if (!merged) throw new EngineError('Adapter.unmerge', 'it is not merged', 'Merge it first.');
    await this.#alone('Adapter.unmerge', async () => {
      if (this.#base.revision !== merged.revision) {
        const what = 'the weights were written since it was merged';
        throw new EngineError('Adapter.unmerge', what, 'Take what came later out first, or load them again.');
      }
      for (const [name, data] of merged.before) {
        this.#base.write(name, data);
        await this.#base.drain();
      }
      this.#merged = null;
      this.#attach();
    });
  }

  async #alone(where: string, work: () => Promise<void>): Promise<void> {
    if (this.#disposed) throw new EngineError(where, 'it was disposed of', 'Adapt the model again.');
    if (this.#busy) throw new EngineError(where, 'it is merged or unmerged at present', 'Await that first.');
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

/** Of frozen parameters: by how many adapters, and whether they trained before. */
const frozen = new WeakMap<Parameter, { adapters: number; readonly trained: boolean }>();

/** The parameter does not train until what this returns is called, for each adapter. */
function freeze(parameter: Parameter): () => void {
  const entry = frozen.get(parameter) ?? { adapters: 0, trained: parameter.trainable };
  frozen.set(parameter, entry);
  entry.adapters++;
  parameter.trainable = false;
  return () => {
    if (--entry.adapters > 0) return;
    frozen.delete(parameter);
    parameter.trainable = entry.trained;
  };
}

/** Numbers of each weight that a fingerprint has. */
const PRINTED = 64;

/**
 * Tells one set of weights from another, however they are stored: a hash of every name and shape and the first
 * numbers of each, rounded to f16.
 */
async function fingerprint(base: ParameterStore): Promise<string> {
  let hash = fnv1a([]);
  for (const [name, first] of await base.readFirst(PRINTED)) {
    hash = fnv1aOfText(`${name} ${base.parameters.get(name)!.shape.join(' ')}`, hash);
    hash = fnv1a(float32ToFloat16(first), hash);
  }
  return asHex(hash);
}
