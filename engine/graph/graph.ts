/**
 * The tape. A model runs once, at record time; ops append dispatches and push a closure with their hand-written
 * backward. `backprop` runs the closures in reverse, which appends the backward dispatches. `compile` turns the list
 * into a `Plan`. The graph names no op and does no maths.
 */
import { expectOneOf, expectOptions, KernelError, ShapeError } from '../errors';
import type { Device } from '../runtime/device';
import type { Kernel } from '../runtime/kernel';
import { dispatchOf, type Dispatch, type DispatchOptions } from './dispatch';
import { Plan, type PlanOptions, type RunCheck } from './plan';
import type { Probe } from './probe';
import { inMemory, Stretch } from './recompute';
import type { Place } from './slice';
import {
  DTYPES,
  formatShape,
  kindOf,
  sameShape,
  sizeOf,
  Tensor,
  type DType,
  type Part,
  type Shape,
  type Source,
  type Stored,
} from './tensor';

export type { RunCheck } from './plan';
export { linearGrid, type Dispatch, type DispatchOptions, type Grid } from './dispatch';

/** Where a gradient goes. The first writer stores, later writers add: known while recording. */
export interface Sink {
  readonly tensor: Tensor;
  /** Bind it to `const ADD`. */
  readonly add: boolean;
}

/** What a graph records, and how values between kernels are stored. */
export interface GraphOptions {
  /** Record backward rules. Default false. */
  readonly train?: boolean;
  /**
   * Whose gradients: 'all' are those of parameters that train and of inputs that ask for one; 'inputs' only the latter, of the model as it is used:
   * nothing is dropped at random, and weights may be stored as anything. Default 'all'.
   */
  readonly gradients?: 'all' | 'inputs';
  /** Storage of values between kernels. Default f32; f16 needs the device's `shader-f16`. */
  readonly storage?: 'f32' | 'f16';
  /** Names the plan in the ledger and in labels. */
  readonly label?: string;
}

/** A module that gives a tensor, by what its `forward` takes behind the graph. */
interface Callable<A extends unknown[]> {
  forward(g: Graph, ...args: A): Tensor;
}

/** The backward rule of one op, or of a `recompute`. */
interface Entry {
  readonly outputs: readonly Tensor[];
  readonly scope: readonly string[];
  readonly rule: () => void;
}

/**
 * The tape: a model runs once over it, each op appends dispatches and, where the graph trains, a closure with its
 * backward pass. `backprop` runs those in reverse, `compile` makes a `Plan` of what was recorded. It computes nothing
 * by itself and owns no memory.
 */
export class Graph {
  readonly device: Device;
  readonly train: boolean;
  /** Whether numbers and layers are dropped at random: where parameters train. */
  readonly drops: boolean;
  readonly storage: 'f32' | 'f16';
  readonly label: string;
  readonly dispatches: Dispatch[] = [];
  readonly inputs = new Map<string, Tensor>();
  /** See `check`. */
  readonly checks: RunCheck[] = [];
  /** See `check`. */
  readonly accepted: RunCheck[] = [];
  /** See `probe`. */
  readonly probes: Probe[] = [];
  readonly #tape: Entry[] = [];
  readonly #gradients = new Map<Tensor, Tensor>();
  readonly #stored = new Map<Stored, Tensor>();
  /** Values whose memory a gradient has taken over: reading them again would read the gradient. */
  readonly #taken = new Set<Tensor>();
  /** Gradients in memory that they have taken over. */
  readonly #inPlace = new Set<Tensor>();
  /** The dispatches of the forward pass that write a tensor. */
  readonly #writes = new Map<Tensor, { readonly first: number; last: number }>();
  #rewinding = false;
  /** The innermost `recompute` whose backward rules are running. */
  #stretch: Stretch | null = null;
  #scope: readonly string[] = [];

  constructor(device: Device, options: GraphOptions = {}) {
    expectOptions('Graph', options, { train: 0, gradients: 0, storage: 0, label: 0 });
    this.device = device;
    this.train = options.train ?? false;
    const { gradients = 'all' } = options;
    expectOneOf('Graph', 'gradients', gradients, ['all', 'inputs']);
    this.drops = this.train && gradients === 'all';
    this.storage = options.storage ?? 'f32';
    this.label = options.label ?? 'plan';
    expectOneOf('Graph', 'storage', this.storage, ['f32', 'f16']);
    if (gradients === 'inputs' && !this.train)
      throw new KernelError('Graph', 'it has gradients of inputs and does not train', 'Say train: true.');
    if (this.storage === 'f16' && !device.can.f16) {
      throw new KernelError('Graph', 'this device has no shader-f16', "Use storage: 'f32'.");
    }
  }

  /**
   * Data that each run may replace. `below` checks integers at every run (token ids against the vocabulary);
   * `differentiable` asks for its gradient (tests, attribution).
   */
  input<D extends DType>(
    name: string,
    shape: Shape,
    dtype: D,
    options: { below?: number; differentiable?: boolean } = {},
  ): Tensor<D> {
    expectOptions(name, options, { below: 0, differentiable: 0 });
    if (this.inputs.has(name)) throw new ShapeError(name, 'this graph has an input of that name already');
    const { below = null } = options;
    if (below !== null && !(Number.isInteger(below) && below > 0)) {
      throw new ShapeError(name, `below is ${below}`, 'Use a whole number of at least 1.');
    }
    const source: Source = { kind: 'input', below };
    const tensor = new Tensor(name, shape, dtype, source, this.train && (options.differentiable ?? false));
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** For ops that take ids of rows or classes: those of an input must be below this at every run. */
  limit(ids: Tensor, below: number): void {
    const { source, size } = ids.root;
    if (source.kind === 'input' && size === ids.size) source.below = Math.min(source.below ?? below, below);
  }

  /**
   * Has `test` look at every run's inputs and step, for limits that no shape tells: a cache that would overflow. A test
   * that must know what inputs hold which a run leaves out remembers them in `accepted`: it is called once all tests of a
   * run have passed, so that a refused run leaves nothing behind.
   */
  check(test: RunCheck, accepted?: RunCheck): void {
    this.checks.push(test);
    if (accepted) this.accepted.push(accepted);
  }

  /** Data fixed at compile time. */
  constant(name: string, shape: Shape, data: Float32Array | Uint32Array | Int32Array): Tensor {
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(name, `${data.length} numbers do not fill ${formatShape(shape)}`);
    }
    const dtype = DTYPES[kindOf(data)];
    if (!dtype) {
      throw new ShapeError(
        name,
        `it is given as ${kindOf(data)}`,
        'Give a Float32Array, Uint32Array or Int32Array.',
      );
    }
    return new Tensor(name, shape, dtype, { kind: 'constant', data }, false);
  }

  /** An activation: contents unspecified until a dispatch writes it. `dtype` defaults to the graph's storage. */
  value(name: string, shape: Shape, dtype: DType = this.storage): Tensor {
    return new Tensor([...this.#scope, name].join('.'), shape, dtype, { kind: 'value' }, false);
  }

  /**
   * A parameter, or state that outlives the plan; what stands in for it, where something does. The same one gives the same
   * tensor. A packed matrix is (outputs, inputs), whatever its parameter's shape, and has no gradient: `KernelError` for a
   * trainable one in a graph that trains.
   */
  use(stored: Stored): Tensor {
    return stored.substitute ? stored.substitute.record(this) : this.own(stored);
  }

  /** `use`, but always the stored tensor itself. */
  own(stored: Stored): Tensor {
    let tensor = this.#stored.get(stored);
    if (!tensor) {
      const { additions, dtype, packed = null, packedShape } = stored;
      const trainable = this.drops && stored.trainable;
      if (packed && trainable) {
        const todo = "Freeze it (trainable = false) and train an adapter beside it, or store it as 'f32'.";
        throw new KernelError(stored.name, `it is stored as ${packed}, which does not train`, todo);
      }
      const source = { kind: 'stored', stored, part: 'storage', additions } as const;
      const name = stored.name || [...this.#scope, `parameter ${formatShape(stored.shape)}`].join('.');
      tensor = new Tensor(name, packedShape ?? stored.shape, dtype, source, trainable, packed);
      this.#stored.set(stored, tensor);
    }
    return tensor;
  }

  /**
   * What to bind for the matrix `x` (N, C), first to last, and where the rows of each begin: `x` itself, or what holds its
   * rows where it is larger than a binding. Gradients go to the parts.
   */
  parts(x: Tensor): readonly Part[] {
    const { source, shape } = x.root;
    if (shape.at(-1) === x.shape.at(-1)) {
      if (source.kind === 'parts') return source.parts;
      const stored =
        source.kind === 'stored' && shape.length === 2 && source.part === 'storage' ? source.stored : null;
      if (stored?.parts) return stored.parts.map((part) => ({ tensor: this.use(part), from: part.from }));
    }
    return [{ tensor: x, from: 0 }];
  }

  /** A value (…, C) that is larger than a binding, by what holds its rows. Only ops that ask for `parts` take it. */
  inParts(name: string, shape: Shape, parts: readonly Part[]): Tensor {
    const flows = parts.some(({ tensor }) => this.differentiable(tensor));
    return new Tensor(name, shape, parts[0].tensor.dtype, { kind: 'parts', parts }, flows);
  }

  /** The same memory under another shape. Gradients pass through. */
  view(x: Tensor, shape: Shape): Tensor {
    if (sizeOf(shape) !== x.size) {
      throw new ShapeError(
        'view',
        `${x.name} ${formatShape(x.shape)} cannot be seen as ${formatShape(shape)}`,
      );
    }
    if (x.packed) throw new ShapeError('view', `${x.toString()} is packed`, 'It has no other shape.');
    return new Tensor(x.name, shape, x.dtype, { kind: 'view', of: x }, this.differentiable(x));
  }

  /** Names what `body` records: 'h.3.attn' in labels, profiles and errors. */
  scope<T>(name: string, body: () => T): T {
    const outer = this.#scope;
    this.#scope = [...outer, name];
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  /** Records a module that is a field of another, `owner[field].forward(g, …args)`, under the field's name as scope. */
  call<K extends string | number, A extends unknown[]>(
    owner: { readonly [P in NoInfer<K>]: Callable<A> | null },
    field: K,
    ...args: A
  ): Tensor {
    const module = owner[field]!;
    return this.scope(String(field), () => module.forward(this, ...args));
  }

  /** Where recording stands, for error messages: 'h.3.attn / matmul'. */
  where(op: string): string {
    return this.#scope.length > 0 ? `${this.#scope.join('.')} / ${op}` : op;
  }

  /** The scopes that recording is in: 'h.3.attn'. */
  get path(): string {
    return this.#scope.join('.');
  }

  /** The place right after what has been recorded so far, where `tensors` are in memory. */
  here(tensors: readonly Tensor[]): Place {
    const present = tensors.map((x) => this.#present(x));
    const after = this.dispatches.length - 1;
    if (!this.#stretch) return { after, tensors };
    return { after, tensors: present, holders: new Map(present.map((x, i) => [tensors[i].root, x.root])) };
  }

  /** `x` where it is in memory now, while the rules of a `recompute` run. */
  #present(x: Tensor): Tensor {
    if (!this.#stretch) return x;
    let base = x;
    while (base.source.kind === 'view' && !this.#inPlace.has(base)) base = base.source.of;
    return inMemory(x, this.#stretch.holder(base));
  }

  /** Tells plans of this graph what they can show of a run when asked. Costs a run nothing. */
  probe(probe: Probe): void {
    this.probes.push(probe);
  }

  /** Whether a gradient flows into `x`. */
  differentiable(x: Tensor): boolean {
    return x.root.differentiable || this.#flows.has(x.root);
  }
  readonly #flows = new Set<Tensor>();

  /** Appends a dispatch. Every binding of the kernel must be given, by the name the shader declares. */
  dispatch(kernel: Kernel, bind: Readonly<Record<string, Tensor>>, options: DispatchOptions): void {
    const where = this.where(kernel.name);
    const gone = Object.values(bind).find((x) => this.#taken.has(x));
    if (gone) {
      throw new KernelError(where, `${gone.name} is gone`, 'Its memory holds its gradient (takeOver).');
    }
    const present = Object.fromEntries(Object.entries(bind).map(([name, x]) => [name, this.#present(x)]));
    const label = this.#scope.length > 0 ? `${this.path}/${kernel.name}` : kernel.name;
    const dispatch = dispatchOf({ where, label, can: this.device.can }, kernel, present, options);
    const index = this.dispatches.push(dispatch) - 1;
    if (!this.train) return;
    const written = dispatch.tensors.filter((t) => t.write).map((t) => t.tensor.root);
    if (!this.#detached && dispatch.tensors.some((t) => !t.write && this.differentiable(t.tensor))) {
      for (const root of written) this.#flows.add(root);
    }
    if (this.#rewinding) return;
    for (const root of written) {
      const writes = this.#writes.get(root);
      if (writes) writes.last = index;
      else this.#writes.set(root, { first: index, last: index });
    }
  }

  /** Records `body`; no gradient flows through the values that it makes, as if they were constants. */
  detached<T>(body: () => T): T {
    const outer = this.#detached;
    this.#detached = true;
    try {
      return body();
    } finally {
      this.#detached = outer;
    }
  }
  #detached = false;

  /**
   * Registers the backward rule of what produced `outputs`. It runs during `backprop`, in reverse order, if a
   * gradient has reached one of them; inside, `grad` reads and `sink` says where to write.
   */
  backward(outputs: Tensor | readonly Tensor[], rule: () => void): void {
    if (!this.train) return;
    const list = outputs instanceof Tensor ? [outputs] : outputs;
    if (!list.some((y) => this.differentiable(y))) return;
    this.#tape.push({ outputs: list, scope: this.#scope, rule });
  }

  /**
   * Records `body`, whose values the backward pass computes again instead of keeping them from the forward pass: of the
   * values inside, memory holds at most those of one such body at a time (Chen et al. 2016), for up to one more forward
   * pass of time. Only what backward rules read is computed again; to the same bits, dropout included, so gradients are
   * the same too. Bodies may be nested, and what they record may be read from outside, which keeps it. In a graph that
   * does not train it just calls `body`.
   *
   * `backprop` throws `KernelError` if something cannot be computed again: if the body reads state that is overwritten
   * before the backward pass, or writes both values of its own and others in one dispatch.
   */
  recompute<T>(body: () => T): T {
    const [from, rules] = [this.dispatches.length, this.#tape.length];
    const result = body();
    const to = this.dispatches.length;
    const tape = this.#tape.splice(rules);
    if (tape.length === 0) return result;
    const rule = (): void => {
      const outer = this.#stretch;
      const { dispatches } = this;
      this.#stretch = new Stretch({ dispatches, writes: this.#writes, taken: this.#taken }, from, to, outer);
      this.#rewind(tape);
      this.#stretch = outer;
    };
    this.#tape.push({ outputs: tape.flatMap(({ outputs }) => outputs), scope: this.#scope, rule });
    return result;
  }

  /** The gradient that has reached `of`, to read. Throws if none has: ask `reached` first where that can be. */
  grad(of: Tensor): Tensor {
    const gradient = this.#gradients.get(of.root);
    if (!gradient) throw new KernelError(this.where('grad'), `no gradient has reached ${of.name}`);
    return of === of.root || sameShape(of.shape, gradient.shape) ? gradient : this.view(gradient, of.shape);
  }

  reached(of: Tensor): boolean {
    return this.#gradients.has(of.root);
  }

  /** Where to write the gradient of `of`; null if nobody wants it. */
  sink(of: Tensor): Sink | null {
    if (!this.differentiable(of)) return null;
    const root = of.root;
    let gradient = this.#gradients.get(root);
    // A stored gradient is cleared by the optimizer after each update, so all its writers add: micro-batches too.
    let add = gradient !== undefined;
    if (root.source.kind === 'stored') {
      add = true;
      gradient ??= new Tensor(
        `d ${root.name}`,
        root.shape,
        'f32',
        { kind: 'stored', stored: root.source.stored, part: 'gradient' },
        false,
      );
    }
    gradient ??= new Tensor(`d ${root.name}`, root.shape, root.dtype, { kind: 'value' }, false);
    this.#gradients.set(root, gradient);
    return { tensor: sameShape(of.shape, gradient.shape) ? gradient : this.view(gradient, of.shape), add };
  }

  /**
   * Lets the gradient of `of` take over its memory, for values that nothing reads afterwards (logits). The rule
   * binds the result once, `read_write`. Null if a gradient is not wanted; throws if one was written elsewhere.
   */
  takeOver(of: Tensor): Tensor | null {
    if (!this.differentiable(of)) return null;
    const root = of.root;
    if (this.#gradients.has(root) || root.source.kind !== 'value') {
      throw new KernelError(
        this.where('takeOver'),
        `${of.name} has another reader, so its memory cannot be reused`,
      );
    }
    const memory = this.#present(root);
    const source = { kind: 'view', of: memory } as const;
    const gradient = new Tensor(`d ${root.name}`, root.shape, root.dtype, source, false);
    this.#gradients.set(root, gradient);
    this.#inPlace.add(gradient);
    for (const x of [root, of, memory]) this.#taken.add(x);
    return sameShape(of.shape, gradient.shape) ? gradient : this.view(gradient, of.shape);
  }

  /**
   * Appends the backward pass of `loss`, a scalar. Its own gradient is `seed` (default 1; 1/k averages k batches), or
   * what a tensor of the same shape holds when the plan runs.
   */
  backprop(loss: Tensor, seed: number | Tensor = 1): void {
    if (!this.train)
      throw new KernelError('backprop', 'this graph does not train', 'Create it with { train: true }.');
    if (loss.size !== 1) {
      throw new ShapeError(
        'backprop',
        `the loss is ${formatShape(loss.shape)}`,
        'It must be a single number.',
      );
    }
    const gradient =
      typeof seed === 'number' ? this.constant('d loss', loss.shape, Float32Array.of(seed)) : seed;
    this.backpropFrom(new Map([[loss, gradient]]));
  }

  /** Appends the backward pass from given output gradients: vector-Jacobian products, as in tests. */
  backpropFrom(gradients: ReadonlyMap<Tensor, Tensor>): void {
    for (const [y, dy] of gradients) this.#gradients.set(y.root, dy);
    this.#rewinding = true;
    this.#rewind(this.#tape);
    this.#rewinding = false;
    this.#scope = [];
    this.#tape.length = 0;
  }

  #rewind(tape: Entry[]): void {
    for (const { outputs, scope, rule } of tape.reverse()) {
      if (!outputs.some((y) => this.reached(y))) continue;
      this.#scope = [...scope, 'backward'];
      rule();
    }
  }

  /** Plans the memory, builds every pipeline in parallel and binds everything. `outputs` can be read after a run. */
  compile(outputs: Readonly<Record<string, Tensor>>, options: PlanOptions = {}): Promise<Plan> {
    return Plan.create(this, outputs, options);
  }
}
