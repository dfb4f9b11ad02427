/**
 * A compiled graph: a flat list of {pipeline, bind group, grid} over buffers planned by liveness, replayed each step
 * with no allocation, no compilation and no readback. Owns its activations, uniforms and bind groups.
 */
import {
  DataError,
  DeviceError,
  expectFunction,
  expectOptions,
  formatBytes,
  KernelError,
  ShapeError,
  throwIfAborted,
} from '../errors';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { float16ToFloat32 } from '../runtime/half';
import type { CompiledKernel } from '../runtime/pipelines';
import { timeDispatches } from '../runtime/timer';
import { upload } from '../runtime/transfer';
import { bindAll, bySubmission, compileAll, encode, type Bound } from './bind';
import { IGNORE_INDEX } from './ignore_index';
import { layOut, type PlanMemory, type Recorded } from './memory';
import type { LookRequest, Probe, RunInfo } from './probe';
import type { ReplayParts } from './replay';
import { expectStep, readStep, STEP_BYTES, writeStep, type Step } from './step';
import {
  DTYPES,
  expectWritten,
  formatShape,
  kindOf,
  type DType,
  type Source,
  type Stored,
  type Tensor,
} from './tensor';
import { uniformBuffer, type Acquire } from './uniforms';
import type { Workspace } from './workspace';

/** How `Graph.compile` makes a plan. */
export interface PlanOptions {
  readonly signal?: AbortSignal;
  /** Called as pipelines finish: compiled so far, and how many in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * Probes repeat the last run, so each run keeps a copy of the state that it reads and then overwrites. By default only of what is small (64 KiB: a token fed back); true: of everything, such as the segment
   * memory of Transformer-XL. Default false.
   */
  readonly repeatable?: boolean;
  /** Memory shared with other plans; this graph must have been reserved there. Default: the plan's own. */
  readonly workspace?: Workspace;
}

/** Throws if a run with these inputs and this step cannot be right; runs before anything is written, every time. */
export type RunCheck = (step: Partial<Step>, inputs: Readonly<Record<string, ArrayBufferView>>) => void;

/** What a plan is made of: a graph, as far as plans know it. */
export interface Compilable extends Recorded {
  readonly label: string;
  readonly device: Device;
  readonly checks: readonly RunCheck[];
  readonly accepted: readonly RunCheck[];
}

/** Time and work of one kernel in a profiled run, see `Plan.profile`. */
export interface ProfileRow {
  readonly kernel: string;
  readonly calls: number;
  readonly milliseconds: number;
  readonly flops: number;
  readonly bytes: number;
  /** Share of the device's own measured peak, of arithmetic or of memory, whichever is nearer; null without peaks. */
  readonly share: number | null;
}

/** What this device was measured to reach at best. */
export interface Peaks {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

export { IGNORE_INDEX };

/** Methods that ops give plans (`planMethods`): `declare module '…/graph/plan' { interface PlanMethods { … } }`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- ops fill it
export interface PlanMethods {}

// Every plan has them in a program that holds an op which gives them.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface Plan extends PlanMethods {}

/**
 * A compiled graph: dispatches over buffers that were planned by liveness, replayed by each `run` with no allocation,
 * no compilation and no readback. Made by `Graph.compile`. Owns its activations, uniforms and bind groups until it is
 * disposed of.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class Plan implements Disposable {
  readonly label: string;
  readonly device: Device;
  readonly memory: PlanMemory;
  /** What it can show of its last run: see `look`. */
  readonly probes: readonly Probe[];
  readonly #dispatches: readonly Bound[];
  /** The dispatches by submission. */
  readonly #parts: readonly (readonly Bound[])[];
  readonly #inputs: ReadonlyMap<string, Tensor>;
  /** Names of inputs that no run has had yet. */
  readonly #missing: Set<string>;
  readonly #checks: readonly RunCheck[];
  readonly #accepted: readonly RunCheck[];
  readonly #outputs: Readonly<Record<string, Tensor>>;
  readonly #storage: ReadonlyMap<Tensor, Storage>;
  /** Parameters and gradients, and the memory that they had when it was bound. */
  readonly #bound: readonly (readonly [StoredTensor, Storage])[];
  readonly #owned: readonly Storage[];
  /** Copies of state, made when a run begins: see `PlanOptions.repeatable`. */
  readonly #kept: ReadonlyMap<Tensor, Storage>;
  readonly #lasting: (root: Tensor) => boolean;
  readonly #step: Storage;
  readonly #stepGroup: GPUBindGroup;
  readonly #stepBytes = new Uint8Array(STEP_BYTES);
  readonly #stepView = new DataView(this.#stepBytes.buffer);
  #runs = 0;
  #disposed = false;

  private constructor(parts: {
    graph: Compilable;
    memory: PlanMemory;
    dispatches: readonly Bound[];
    outputs: Readonly<Record<string, Tensor>>;
    storage: ReadonlyMap<Tensor, Storage>;
    kept: ReadonlyMap<Tensor, Storage>;
    lasting: (root: Tensor) => boolean;
    bound: readonly (readonly [StoredTensor, Storage])[];
    owned: readonly Storage[];
    step: Storage;
  }) {
    this.label = parts.graph.label;
    this.device = parts.graph.device;
    this.memory = parts.memory;
    this.#dispatches = parts.dispatches;
    this.#parts = bySubmission(parts.dispatches);
    this.#inputs = new Map(parts.graph.inputs);
    this.#missing = new Set(this.#inputs.keys());
    this.#checks = [...parts.graph.checks];
    this.#accepted = [...parts.graph.accepted];
    this.#outputs = parts.outputs;
    this.#storage = parts.storage;
    this.#kept = parts.kept;
    this.#lasting = parts.lasting;
    this.probes = [...parts.graph.probes];
    this.#bound = parts.bound;
    this.#owned = parts.owned;
    this.#step = parts.step;
    this.#stepGroup = this.device.gpu.createBindGroup({
      label: 'step',
      layout: this.device.pipelines.stepLayout,
      entries: [{ binding: 0, resource: { buffer: parts.step.buffer, size: STEP_BYTES } }],
    });
  }

  /** Called by `Graph.compile`. */
  static async create(
    graph: Compilable,
    outputs: Readonly<Record<string, Tensor>>,
    options: PlanOptions,
  ): Promise<Plan> {
    expectOptions('compile', options, { signal: 0, onProgress: 0, repeatable: 0, workspace: 0 });
    const { signal, onProgress, repeatable, workspace } = options;
    expectFunction('compile', 'onProgress', onProgress);
    const { device } = graph;
    device.assertAlive(graph.label);
    for (const [name, tensor] of Object.entries(outputs)) {
      const root = (tensor as Tensor | null | undefined)?.root;
      if (!root) {
        const what = `output ${name} is ${String(tensor)}`;
        throw new KernelError(graph.label, what, 'Give tensors of the graph that is compiled.');
      }
      if (root.source.kind !== 'parts') continue;
      const what = `output ${name}, ${root.toString()}, is larger than a binding's ${device.can.maxBinding} bytes`;
      throw new KernelError(graph.label, what, 'Use a smaller batch, context or vocabulary.');
    }
    expectOwn(graph, outputs);
    await device.buffers.accepted(storedOf(graph)); // compiling may take minutes, for nothing if these were refused
    const compiled = await compileAll(device, graph.dispatches, onProgress);
    throwIfAborted(signal);

    // Everything from push to pop is synchronous, so plans that compile side by side never mix their error scopes.
    device.gpu.pushErrorScope('validation');
    const owned: Storage[] = [];
    let plan: Plan;
    let scope: Promise<GPUError | null>;
    try {
      plan = Plan.#bind(graph, outputs, compiled, owned, { repeatable, workspace });
    } catch (error) {
      for (const storage of owned) device.buffers.release(storage);
      throw error;
    } finally {
      scope = device.gpu.popErrorScope().catch(() => null); // device lost
    }
    try {
      await device.buffers.accepted([...owned, ...plan.#storage.values()]); // else they, too, make bind groups invalid
      const invalid = await scope;
      if (invalid) throw new KernelError(graph.label, `WebGPU refused the plan: ${invalid.message}`);
    } catch (error) {
      plan[Symbol.dispose]();
      throw error;
    }
    return plan;
  }

  /** Allocates and binds; what it acquires goes to `owned`, also when it throws. */
  static #bind(
    graph: Compilable,
    outputs: Readonly<Record<string, Tensor>>,
    compiled: ReadonlyMap<string, CompiledKernel>,
    owned: Storage[],
    { repeatable, workspace }: Pick<PlanOptions, 'repeatable' | 'workspace'>,
  ): Plan {
    const { device } = graph;
    const acquire: Acquire = (bytes, usage) => {
      const storage = device.buffers.acquire(bytes, graph.label, usage);
      owned.push(storage);
      return storage;
    };
    const { values, buffer, sizes, fixed, kept, memory } = layOut(graph, outputs, repeatable);
    const storage = new Map<Tensor, Storage>();
    const shared = workspace?.take(sizes) ?? sizes.map((bytes) => acquire(bytes));
    for (const [i, tensor] of values.entries()) {
      storage.set(tensor, { ...shared[buffer[i]], size: padded(tensor.bytes) });
    }
    for (const tensor of fixed) storage.set(tensor, place(tensor, acquire, device));
    const copies = new Map(kept.map((root) => [root, acquire(padded(root.bytes))]));
    const memoryOf = (root: Tensor): Storage => storage.get(root)!;
    const bound = bindAll(device, graph.dispatches, compiled, memoryOf, acquire);
    const step = uniformBuffer(device, acquire, new Uint8Array(STEP_BYTES));
    const passing = new Set(values);
    return new Plan({
      graph,
      memory,
      dispatches: bound,
      outputs,
      storage,
      kept: copies,
      lasting: (root) => !passing.has(root),
      bound: [...fixed].flatMap(({ source }) =>
        source.kind === 'stored' ? [[source, source.stored[source.part]!] as const] : [],
      ),
      owned,
      step,
    });
  }

  /**
   * Writes the inputs and the step, encodes, submits and returns; nothing is awaited. The first run takes every input;
   * later ones may leave some out, which keep their last data. Throws on missing and unknown inputs, on arrays of another
   * kind or size than the input (f32 takes a Float32Array, f16 a Float16Array or a Uint16Array of bits, u32 a
   * Uint32Array, i32 an Int32Array) and on token ids out of range, before anything is written.
   */
  run(inputs: Readonly<Record<string, ArrayBufferView>> = {}, step: Partial<Step> = {}): void {
    this.#prepare(inputs, step);
    for (const [i, part] of this.#parts.entries()) {
      const encoder = this.device.gpu.createCommandEncoder({ label: this.label });
      if (i === 0) this.#keep(encoder);
      encode(encoder, this.label, this.#stepGroup, part);
      this.device.gpu.queue.submit([encoder.finish()]);
    }
    this.#runs++;
  }

  #prepare(inputs: Readonly<Record<string, ArrayBufferView>>, step: Partial<Step>): void {
    this.#assertUsable();
    const { queue } = this.device.gpu;
    for (const name in inputs) this.#checkInput(name, inputs[name]);
    expectStep(this.label, step);
    for (const name of this.#missing) {
      if (Object.hasOwn(inputs, name)) continue;
      const input = this.#inputs.get(name)!;
      throw new ShapeError(
        this.label,
        `input ${name}, ${formatShape(input.shape)} ${input.dtype}, was never given`,
        'The first run needs every input.',
      );
    }
    for (const check of this.#checks) check(step, inputs);
    for (const remember of this.#accepted) remember(step, inputs);
    for (const name in inputs) {
      upload(this.device.gpu, this.#storage.get(this.#inputs.get(name)!)!, inputs[name]);
    }
    this.#missing.clear();
    writeStep(this.#stepView, step);
    queue.writeBuffer(this.#step.buffer, 0, this.#stepBytes);
  }

  #assertKept(): void {
    if (this.#disposed) throw new DeviceError(this.label, 'this plan was disposed of', 'Compile a new one.');
  }

  #assertUsable(): void {
    this.#assertKept();
    this.device.assertAlive(this.label);
    for (const [{ stored, part, additions }, memory] of this.#bound) {
      if (part === 'storage') {
        expectWritten(stored, `${this.label}: ${stored.name}`);
        if (stored.additions !== additions) expectSame(this.label, stored, additions ?? []);
      }
      if (stored[part] === memory) continue;
      throw new KernelError(
        `${this.label}: ${stored.name}`,
        'the memory that this plan reads was given back',
        'Keep the ParameterStore or the trainer alive as long as its plans, or compile a new one.',
      );
    }
  }

  #keep(encoder: GPUCommandEncoder): void {
    for (const [root, { buffer, offset, size }] of this.#kept) {
      const from = this.#storage.get(root)!;
      encoder.copyBufferToBuffer(from.buffer, from.offset, buffer, offset, size);
    }
  }

  #checkInput(name: string, data: ArrayBufferView): void {
    const tensor = this.#inputs.get(name);
    if (!tensor) {
      const known = [...this.#inputs.keys()].join(', ');
      throw new ShapeError(this.label, `no input "${name}"`, `Its inputs are ${known || 'none'}.`);
    }
    const kind = kindOf(data);
    const length = (data as Uint32Array | undefined)?.length;
    if (DTYPES[kind] !== tensor.dtype || length !== tensor.size) {
      throw new ShapeError(
        this.label,
        `input ${name} is ${formatShape(tensor.shape)} ${tensor.dtype}, but got ${kind}${length === undefined ? '' : ` of ${length}`}`,
        `Give a ${ARRAYS[tensor.dtype]} of ${tensor.size}.`,
      );
    }
    const below = tensor.source.kind === 'input' ? tensor.source.below : null;
    if (below === null) return;
    const ids = data as Uint32Array;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] >= below && ids[i] !== IGNORE_INDEX) {
        throw new DataError(
          this.label,
          `input ${name} holds ${ids[i]} at index ${i}, but ids must be below ${below}`,
          'Encode the text with the tokenizer that belongs to this model.',
        );
      }
    }
  }

  /** The memory of an output, for copies that stay on the GPU. */
  storageOf(output: string): Storage {
    const tensor = this.#output(output);
    return { ...this.#storage.get(tensor.root)!, size: tensor.bytes };
  }

  /** An output to read. */
  #result(name: string): Tensor {
    const tensor = this.#output(name);
    const { source } = tensor.root;
    if (source.kind === 'stored') expectWritten(source.stored);
    if (this.#runs > 0 || source.kind === 'stored') return tensor; // state is there before this plan runs
    throw new DataError(this.label, `there is no ${name} yet, as it has not run`, 'Call run first.');
  }

  #output(name: string): Tensor {
    this.#assertKept();
    const tensor = Object.hasOwn(this.#outputs, name) ? this.#outputs[name] : null;
    if (!tensor) {
      const known = Object.keys(this.#outputs).join(', ');
      throw new ShapeError(this.label, `no output "${name}"`, `Its outputs are ${known || 'none'}.`);
    }
    return tensor;
  }

  /** Copies an output of the last run to the CPU; f16 arrives as f32. Waits for the work submitted so far. */
  async read(output: string): Promise<Float32Array> {
    const tensor = this.#result(output);
    if (tensor.dtype === 'u32' || tensor.dtype === 'i32') {
      throw new ShapeError(this.label, `output ${output} holds integers`, 'Use readIntegers.');
    }
    const data = await this.device.readback.read(this.storageOf(output), tensor.bytes);
    return tensor.dtype === 'f16' ? float16ToFloat32(new Uint16Array(data)) : new Float32Array(data);
  }

  async readIntegers(output: string): Promise<Uint32Array> {
    const tensor = this.#result(output);
    return new Uint32Array(await this.device.readback.read(this.storageOf(output), tensor.bytes));
  }

  /** Runs once with a clock around every dispatch: by kernel, most expensive first; `peaks` gives shares. */
  async profile(
    inputs: Readonly<Record<string, ArrayBufferView>> = {},
    step: Partial<Step> = {},
    peaks: Peaks | null = null,
  ): Promise<ProfileRow[]> {
    this.#prepare(inputs, step);
    const encoder = this.device.gpu.createCommandEncoder({ label: this.label });
    this.#keep(encoder);
    this.device.gpu.queue.submit([encoder.finish()]);
    this.#runs++;
    const times = await timeDispatches(
      this.device,
      this.#dispatches.map(({ pipeline, group, dispatch }) => (pass: GPUComputePassEncoder) => {
        pass.setBindGroup(1, this.#stepGroup);
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(dispatch.grid[0], dispatch.grid[1], dispatch.grid[2]);
      }),
    );
    const rows = new Map<string, { -readonly [K in keyof ProfileRow]: ProfileRow[K] }>();
    for (const [i, { dispatch }] of this.#dispatches.entries()) {
      const kernel = dispatch.variant.kernel;
      const row = rows.get(kernel) ?? { kernel, calls: 0, milliseconds: 0, flops: 0, bytes: 0, share: null };
      row.calls++;
      row.milliseconds += times[i];
      row.flops += dispatch.flops;
      row.bytes += dispatch.bytes;
      rows.set(kernel, row);
    }
    for (const row of rows.values()) {
      if (!peaks || row.milliseconds === 0) continue;
      const needed = Math.max(row.flops / peaks.flopsPerSecond, row.bytes / peaks.bytesPerSecond);
      row.share = (1000 * needed) / row.milliseconds;
    }
    return [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  }

  /**
   * Answers requests about the last run (of the requests' probes): repeats as much of it as they need, adds their
   * dispatches, reads and frees. Outputs, parameters and later runs are unchanged, bit for bit. It shows the last run
   * submitted when the kernels are ready, all requests the same one; parameters that changed since count as they are
   * now. Throws `DataError` before any run, or if the run overwrote large state that it read (`repeatable`).
   */
  async look<R>(
    requests: readonly LookRequest<R>[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<R[]> {
    const last = (): RunInfo => {
      this.#assertUsable();
      const [position, length] = [readStep(this.#stepView, 'position'), readStep(this.#stepView, 'length')];
      return { run: this.#runs, position, length };
    };
    const parts: ReplayParts = {
      label: this.label,
      device: this.device,
      bound: this.#dispatches,
      storage: this.#storage,
      lasting: this.#lasting,
      kept: this.#kept,
      step: this.#stepGroup,
      last,
    };
    const { replay } = await import('./replay'); // few plans are looked into: bundlers load it on demand
    return replay(parts, requests, signal);
  }

  /** The plan as text: every dispatch with its variant, grid, tensors and buffers. */
  explain(): string {
    const numbers = new Map<GPUBuffer, number>();
    const lines = this.#dispatches.map(({ dispatch }, i) => {
      const tensors = dispatch.tensors.map(({ tensor, write }) => {
        const { buffer } = this.#storage.get(tensor.root)!;
        if (!numbers.has(buffer)) numbers.set(buffer, numbers.size);
        return `${write ? '→' : ''}${tensor.name}${formatShape(tensor.shape)}@${numbers.get(buffer)}`;
      });
      return `${String(i).padStart(4)}  ${dispatch.label}  [${dispatch.variant.label}]  ${dispatch.grid.join('×')}  ${tensors.join(' ')}`;
    });
    const { parameters, gradients, activations, peak } = this.memory;
    return [
      `${this.label}: ${lines.length} dispatches, ${numbers.size} buffers; parameters ${formatBytes(parameters)}, ` +
        `gradients ${formatBytes(gradients)}, activations ${formatBytes(activations)} (at least ${formatBytes(peak)})`,
      ...lines,
    ].join('\n');
  }

  /** Number of dispatches a run makes. */
  get length(): number {
    return this.#dispatches.length;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const storage of this.#owned) this.device.buffers.release(storage);
  }
}

/**
 * Gives plans what an op can show of them, as methods, and returns what records the op's probes: who records one has the
 * methods, and who names no such op does not load them. The op's module adds their types to `PlanMethods`.
 */
export function planMethods<P extends Probe, K extends keyof PlanMethods>(
  methods: Pick<PlanMethods, K> & ThisType<Plan>,
): (g: { probe(probe: Probe): void }, probe: P) => void {
  Object.defineProperties(Plan.prototype, Object.getOwnPropertyDescriptors(methods));
  return (g, probe) => g.probe(probe);
}

type StoredTensor = Source & { readonly kind: 'stored' };

/** Throws where a layer's additions are not those that it had when the plan was recorded. */
function expectSame(label: string, { name, additions = [] }: Stored, recorded: readonly object[]): void {
  if (additions.length === recorded.length && additions.every((own) => recorded.includes(own))) return;
  throw new KernelError(
    `${label}: ${name}`,
    'adapters were put in or taken out since this plan was recorded',
    'Make what has the plan anew: the generator, the trainer, or the plan itself.',
  );
}

/** Memory of parameters and state that a graph uses, where they have any. */
const storedOf = ({ dispatches }: Recorded): readonly Storage[] =>
  dispatches.flatMap(({ tensors }) =>
    tensors.flatMap(({ tensor }) => {
      const { source } = tensor.root;
      return (source.kind === 'stored' && source.stored[source.part]) || [];
    }),
  );

const ARRAYS: Readonly<Record<DType, string>> = {
  f32: 'Float32Array',
  f16: 'Float16Array, or a Uint16Array of its bits,',
  u32: 'Uint32Array',
  i32: 'Int32Array',
};

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

function place(tensor: Tensor, acquire: (bytes: number) => Storage, device: Device): Storage {
  const { source } = tensor;
  if (source.kind === 'stored') {
    const { stored, part } = source;
    const storage = stored[part];
    if (!storage) {
      throw new KernelError(
        tensor.name,
        part === 'storage' ? 'this parameter has no memory' : 'this parameter has no gradient memory',
        'Create a ParameterStore over the model (with { train: true } for training) and keep it alive.',
      );
    }
    const packed = stored.packed ?? null;
    if (part === 'storage' && (stored.dtype !== tensor.dtype || packed !== tensor.packed)) {
      throw new KernelError(
        tensor.name,
        `it was recorded as ${tensor.packed ?? tensor.dtype}, but is stored as ${packed ?? stored.dtype}`,
        'Create the store before the graph.',
      );
    }
    if (stored.device && stored.device.gpu !== device.gpu) {
      throw new KernelError(
        tensor.name,
        "this parameter's store is on another device",
        'Create the store and the graph on the same device.',
      );
    }
    return { ...storage, size: padded(tensor.bytes) };
  }
  const storage = acquire(padded(tensor.bytes));
  if (source.kind === 'constant') upload(device.gpu, storage, source.data);
  return storage;
}

/** Throws for a tensor of another graph, or one that nothing computes: its memory holds whatever was there before. */
function expectOwn(
  graph: Recorded & Pick<Compilable, 'label'>,
  outputs: Readonly<Record<string, Tensor>>,
): void {
  const written = new Set<Tensor>();
  const expect = ({ root }: Tensor): void => {
    const { kind } = root.source;
    const own =
      kind === 'input' ? graph.inputs.get(root.name) === root : kind !== 'value' || written.has(root);
    if (own || (kind === 'value' && root.size === 1)) return; // what stands in for nothing has one number
    throw new ShapeError(graph.label, `nothing in this graph gives ${root}`, 'Use tensors of one graph.');
  };
  for (const { tensors } of graph.dispatches) {
    for (const { tensor, write } of tensors) if (!write) expect(tensor);
    for (const { tensor, write } of tensors) if (write) written.add(tensor.root);
  }
  for (const output of Object.values(outputs)) {
    expect(output);
    if (output.packed)
      throw new ShapeError(graph.label, `${output.toString()} is no output`, 'Ask its store.');
  }
}
