/** What decoding needs on the GPU: caches for N sequences of K rows, and the plans over them. */
import {
  DeviceError,
  EngineError,
  formatBytes,
  Graph,
  heldBy,
  Parameter,
  ParameterStore,
  Plans,
  type Device,
  type LayerState,
  type Plan,
  type Tensor,
} from '../../engine/index';
import { ROW_ADAPTERS, type Decoder, type NextOptions } from './decoder';

/** Lengths that sources and prompts are padded to: one plan each, compiled when first needed. */
const SOURCES = [16, 32, 64, 128, 256, 512, 1024];
const PROMPTS = [16, 64, 256, 1024];

const bucketOf = (buckets: readonly number[], length: number, most: number): number =>
  [...buckets.filter((n) => n < most), most].find((n) => n >= length)!;

export interface DecodingSizes {
  /** N. */
  readonly sequences: number;
  /** K. */
  readonly beams: number;
  /** Tokens that the caches of a row hold. */
  readonly context: number;
  /** Tokens that the caches of a sequence's source hold, for models that have one. */
  readonly source: number;
  /** Who has the memory, in the ledger. */
  readonly owner: string;
  /** State beside the caches. */
  readonly more?: Readonly<Record<string, Parameter>>;
}

export class Decoding implements Disposable {
  readonly sequences: number;
  readonly beams: number;
  readonly context: number;
  readonly caches: readonly LayerState[];
  readonly #source: number;
  readonly #device: Device;
  readonly #model: Decoder;
  readonly #owner: string;
  readonly #state: ParameterStore;
  /** State that not every call needs, made when first asked for. */
  readonly #extra = new Map<string, ParameterStore>();
  readonly #plans = new Plans<string>();
  #inputs: Readonly<Record<string, Uint32Array>> = {};
  /** Of each sequence, see `perRow`; null where nobody says. */
  #adapters: ArrayLike<number> | null = null;
  /** Plans whose model has an adapter for each row, and below which their numbers are. */
  readonly #adapted = new WeakMap<Plan, number>();

  constructor(device: Device, model: Decoder, sizes: DecodingSizes) {
    const { sequences, beams, context, source, owner, more = {} } = sizes;
    this.#device = device;
    this.#model = model;
    this.#owner = owner;
    this.sequences = sequences;
    this.beams = beams;
    this.context = context;
    this.#source = source;
    this.caches = model.caches(sequences, { beams, target: context, ...(model.encode && { source }) });
    const each = Math.max(...this.caches.flatMap(({ self }) => heldBy(self).map(({ size }) => 4 * size)));
    const binding = device.can.maxBinding;
    if (each > binding) {
      throw new DeviceError(
        owner,
        `${sequences} sentences of ${beams} beams in a context of ${context} take ${formatBytes(each)} in one buffer, more than a binding's ${formatBytes(binding)}`,
        'Make the generator with fewer sentences or beams, or the model with a smaller context.',
      );
    }
    this.#state = new ParameterStore(device, { caches: this.caches, ...more }, { owner });
  }

  get vocabulary(): number {
    return this.#model.config.vocabulary;
  }

  get rows(): number {
    return this.sequences * this.beams;
  }

  /** Resolves when there is memory for the caches; throws a DeviceError if there is not: dispose of it then. */
  ready(): Promise<void> {
    return this.#state.ready();
  }

  /** Whether caches hold a state of all rows, so that a text can go on, but not go back to an earlier row. */
  get onlyGoesOn(): boolean {
    return this.caches.some(({ self }) => !('keys' in self));
  }

  /** Rows that stand before every text. */
  get ahead(): number {
    return this.#model.ahead ?? 0;
  }

  /** Fills the caches with what stands before every text: as it is now, for it may have learnt since. */
  async prepare(): Promise<void> {
    if (this.ahead === 0) return;
    const plan = await this.plan('prepare', (g) => {
      this.#model.prepare!(g, this.caches);
      return {};
    });
    plan.run(this.inputsOf(plan), { position: 0 });
  }

  /** Fills the caches with the memory of at most N sources. */
  async encode(sources: readonly ArrayLike<number>[]): Promise<void> {
    const { sourceVocabulary, vocabulary, sourceShape } = this.#model.config;
    if (sourceShape) return this.#encodeNumbers(sources, sourceShape);
    const longest = sources.reduce((most, { length }) => Math.max(most, length), 1);
    const length = bucketOf(SOURCES, longest, this.#source);
    const plan = await this.plan(`encode ${length}`, (g) => {
      const below = sourceVocabulary ?? vocabulary;
      const source = g.input('source', [this.sequences, length], 'u32', { below });
      const memory = this.#model.encode!(g, source, g.input('lengths', [this.sequences], 'u32'));
      this.#model.remember!(g, memory, this.caches);
      return {};
    });
    const source = new Uint32Array(this.sequences * length);
    sources.forEach((ids, n) => source.set(Array.from(ids), n * length));
    // Sentences that are not there count as one token, so that no row is empty.
    const lengths = Uint32Array.from({ length: this.sequences }, (_, n) => sources[n]?.length ?? 1);
    this.#inputs = { lengths };
    plan.run({ ...this.inputsOf(plan, 1), source });
  }

  /** Fills the caches with the memory of sources that are no texts, and all of one shape. */
  async #encodeNumbers(sources: readonly ArrayLike<number>[], shape: readonly number[]): Promise<void> {
    const plan = await this.plan('encode', (g) => {
      const source = g.input('source', [this.sequences, ...shape], 'f32');
      this.#model.remember!(g, this.#model.encode!(g, source, null), this.caches);
      return {};
    });
    const each = shape.reduce((a, b) => a * b, 1);
    const source = new Float32Array(this.sequences * each);
    sources.forEach((numbers, n) => source.set(numbers, n * each));
    this.#inputs = {};
    plan.run({ ...this.inputsOf(plan, 1), source });
    this.#inputs = { lengths: new Uint32Array(this.sequences).fill(this.#source) }; // all of their rows are real
  }

  /** How many rows of each sequence's memory are real, where the caches are filled by another plan than `encode`'s. */
  remembers(lengths: Uint32Array<ArrayBuffer>): void {
    this.#inputs = { lengths };
  }

  /** Says which adapter each sequence has, of a model that has one for each row (`perRow`). */
  adapt(adapters: ArrayLike<number> | null): void {
    this.#adapters = adapters;
  }

  /** What a plan is fed, beside what is its own; `each`: its rows of a sequence. */
  inputsOf(plan: Plan, each = this.beams): Readonly<Record<string, Uint32Array>> {
    const own = this.#adapters;
    const below = this.#adapted.get(plan);
    if (below === undefined) {
      if (!own) return this.#inputs;
      throw new EngineError('adapters', 'the model has none for rows', 'Leave them out, or use perRow.');
    }
    if (!own) {
      const what = 'the model has an adapter for each row, and nobody says which';
      throw new EngineError('adapters', what, 'Give adapters to SequenceGenerator.generate.');
    }
    const unknown = Array.from(own).find((adapter) => adapter >= below);
    if (unknown !== undefined) {
      const what = `a row asks for adapter ${unknown}, and there are ${below - 1}`;
      throw new EngineError('adapters', what, '0 is none: RowAdapters.rows makes the numbers of names.');
    }
    const rows = Uint32Array.from(
      { length: this.sequences * each },
      (_, row) => own[Math.floor(row / each)] ?? 0,
    );
    return { ...this.#inputs, [ROW_ADAPTERS]: rows };
  }

  /** How many rows at once take a prompt of `length`: few different numbers, so few plans. */
  stretch(length: number): number {
    return Math.max(2, bucketOf(PROMPTS, length, this.context));
  }

  /** Records a step: ids (N·K, T) -> logits (N·K, V). */
  next(g: Graph, ids: Tensor, options: Omit<NextOptions, 'sourceLengths'> = {}): Tensor {
    const sourceLengths = this.#model.encode && this.sourceLengths(g);
    return this.#model.next(g, ids, this.caches, { ...options, ...(sourceLengths && { sourceLengths }) });
  }

  /** Tokens of each source, an input of every step. */
  sourceLengths(g: Graph): Tensor {
    return g.inputs.get('lengths') ?? g.input('lengths', [this.sequences], 'u32');
  }

  /** State by name, zeros when it is made: anew where the device refused it before. */
  extra(name: string, shape: readonly number[], dtype: 'f32' | 'u32' = 'f32'): Parameter {
    let store = this.#extra.get(name);
    const storage = store?.parameters.get(name)?.storage;
    if (storage && this.#device.buffers.refused(storage)) {
      store![Symbol.dispose]();
      store = undefined;
    }
    if (!store) {
      const state = new Parameter(shape, { trainable: false, decay: false, dtype });
      store = new ParameterStore(this.#device, { [name]: state }, { owner: this.#owner });
      this.#extra.set(name, store);
    }
    return store.parameters.get(name)!;
  }

  /** All of such a state. */
  write(name: string, data: Uint32Array): void {
    this.#extra.get(name)!.write(name, data);
  }

  plan(label: string, record: (g: Graph) => Readonly<Record<string, Tensor>>): Promise<Plan> {
    return this.#plans.get(label, () => {
      const g = new Graph(this.#device, { label });
      const outputs = record(g);
      return g.compile(outputs).then((plan) => {
        const source = g.inputs.get(ROW_ADAPTERS)?.source;
        if (source?.kind === 'input') this.#adapted.set(plan, source.below ?? Infinity);
        return plan;
      });
    });
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
    for (const store of this.#extra.values()) store[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}
