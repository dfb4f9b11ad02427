/**
 * A compiled graph: a flat list of {pipeline, bind group, grid} over buffers planned by liveness, replayed each step
 * with no allocation, no compilation and no readback. Owns its activations, uniforms and bind groups.
 */
import { DataError, DeviceError, formatBytes, KernelError, ShapeError, throwIfAborted } from '../errors';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { float16ToFloat32 } from '../runtime/half';
import type { CompiledKernel } from '../runtime/pipelines';
import { timeDispatches } from '../runtime/timer';
import { upload } from '../runtime/transfer';
import type { AttentionEntropy, AttentionMap } from './attention_map';
import {
  attentionsOf,
  findAttention,
  type AttentionInfo,
  type AttentionQuery,
  type HeadChoice,
} from './attention_probe';
import { bindAll, bySubmission, compileAll, encode, type Bound } from './bind';
import type { Graph, RunCheck } from './graph';
import { layOut, type PlanMemory } from './memory';
import type { Probe } from './probe';
import type { LookRequest, ReplayParts, RunInfo } from './replay';
import { STEP_BYTES, writeStep, type Step } from './step';
import { formatShape, type Tensor } from './tensor';
import { ownUniformBuffer } from './uniforms';
import type { Workspace } from './workspace';

export interface PlanOptions {
  readonly signal?: AbortSignal;
  /** Called as pipelines finish: compiled so far, and how many in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * Probes such as `attention` repeat the last run, so each run keeps a copy of the state that it reads and then
   * overwrites. By default only of what is small (64 KiB: a token fed back); true: of everything, such as the segment
   * memory of Transformer-XL. Default false.
   */
  readonly repeatable?: boolean;
  /** Memory shared with other plans; this graph must have been reserved there. Default: the plan's own. */
  readonly workspace?: Workspace;
}

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

/** Stands for "not a target" in token id inputs; allowed whatever the vocabulary. */
export const IGNORE_INDEX = 0xffff_ffff;

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
  readonly #checks: readonly RunCheck[];
  readonly #accepted: readonly RunCheck[];
  readonly #outputs: Readonly<Record<string, Tensor>>;
  readonly #storage: ReadonlyMap<Tensor, Storage>;
  readonly #owned: readonly Storage[];
  readonly #uniforms: Storage;
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
    graph: Graph;
    memory: PlanMemory;
    dispatches: readonly Bound[];
    outputs: Readonly<Record<string, Tensor>>;
    storage: ReadonlyMap<Tensor, Storage>;
    kept: ReadonlyMap<Tensor, Storage>;
    lasting: (root: Tensor) => boolean;
    owned: readonly Storage[];
    uniforms: Storage;
    step: Storage;
  }) {
    this.label = parts.graph.label;
    this.device = parts.graph.device;
    this.memory = parts.memory;
    this.#dispatches = parts.dispatches;
    this.#parts = bySubmission(parts.dispatches);
    this.#inputs = new Map(parts.graph.inputs);
    this.#checks = [...parts.graph.checks];
    this.#accepted = [...parts.graph.accepted];
    this.#outputs = parts.outputs;
    this.#storage = parts.storage;
    this.#kept = parts.kept;
    this.#lasting = parts.lasting;
    this.probes = [...parts.graph.probes];
    this.#owned = parts.owned;
    this.#uniforms = parts.uniforms;
    this.#step = parts.step;
    this.#stepGroup = this.device.gpu.createBindGroup({
      label: 'step',
      layout: this.device.pipelines.stepLayout,
      entries: [{ binding: 0, resource: { buffer: parts.step.buffer, size: STEP_BYTES } }],
    });
  }

  /** Called by `Graph.compile`. */
  static async create(
    graph: Graph,
    outputs: Readonly<Record<string, Tensor>>,
    { signal, onProgress, repeatable, workspace }: PlanOptions,
  ): Promise<Plan> {
    const { device } = graph;
    device.assertAlive(graph.label);
    const compiled = await compileAll(device, graph.dispatches, onProgress);
    throwIfAborted(signal);

    // Everything from push to pop is synchronous, so plans that compile side by side never mix their error scopes.
    device.gpu.pushErrorScope('out-of-memory');
    device.gpu.pushErrorScope('validation');
    const owned: Storage[] = [];
    let plan: Plan;
    let scopes: Promise<readonly (GPUError | null)[]>;
    try {
      plan = Plan.#bind(graph, outputs, compiled, owned, { repeatable, workspace });
    } catch (error) {
      for (const storage of owned) device.buffers.release(storage);
      throw error;
    } finally {
      scopes = Promise.all([device.gpu.popErrorScope(), device.gpu.popErrorScope()]).catch(() => []); // device lost
    }
    const [invalid, exhausted] = await scopes;
    if (invalid || exhausted) plan[Symbol.dispose]();
    if (invalid) throw new KernelError(graph.label, `WebGPU refused the plan: ${invalid.message}`);
    if (exhausted) {
      throw new DeviceError(
        graph.label,
        `out of GPU memory: activations need ${formatBytes(plan.memory.activations)}`,
        'Use a smaller batch, context or model.',
      );
    }
    return plan;
  }

  /** Allocates and binds; what it acquires goes to `owned`, also when it throws. */
  static #bind(
    graph: Graph,
    outputs: Readonly<Record<string, Tensor>>,
    compiled: ReadonlyMap<string, CompiledKernel>,
    owned: Storage[],
    { repeatable, workspace }: Pick<PlanOptions, 'repeatable' | 'workspace'>,
  ): Plan {
    const { device } = graph;
    const acquire = (bytes: number): Storage => {
      const storage = device.buffers.acquire(bytes, graph.label);
      owned.push(storage);
      return storage;
    };
    const { values, buffer, sizes, fixed, kept, memory } = layOut(graph, outputs, repeatable);
    const storage = new Map<Tensor, Storage>();
    const shared = workspace?.take(sizes) ?? sizes.map(acquire);
    for (const [i, tensor] of values.entries()) {
      storage.set(tensor, { ...shared[buffer[i]], size: padded(tensor.bytes) });
    }
    for (const tensor of fixed) storage.set(tensor, place(tensor, acquire, device));
    const copies = new Map(kept.map((root) => [root, acquire(padded(root.bytes))]));
    const memoryOf = (root: Tensor): Storage => storage.get(root)!;
    const { bound, uniforms } = bindAll(device, graph.label, graph.dispatches, compiled, memoryOf);
    const stepBuffer = ownUniformBuffer(device, `${graph.label} step`, new Uint8Array(STEP_BYTES));
    const passing = new Set(values);
    return new Plan({
      graph,
      memory,
      dispatches: bound,
      outputs,
      storage,
      kept: copies,
      lasting: (root) => !passing.has(root),
      owned,
      uniforms,
      step: stepBuffer,
    });
  }

  /**
   * Writes the inputs and the step, encodes, submits and returns; nothing is awaited. Inputs keep their last data
   * when left out. Throws on unknown inputs, wrong sizes and token ids out of range, before anything is written.
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
    for (const check of this.#checks) check(step, inputs);
    for (const remember of this.#accepted) remember(step, inputs);
    for (const name in inputs) {
      upload(this.device.gpu, this.#storage.get(this.#inputs.get(name)!)!, inputs[name]);
    }
    writeStep(this.#stepView, step);
    queue.writeBuffer(this.#step.buffer, 0, this.#stepBytes);
  }

  #assertUsable(): void {
    if (this.#disposed) throw new DeviceError(this.label, 'this plan was disposed of', 'Compile a new one.');
    this.device.assertAlive(this.label);
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
    const integer = tensor.dtype === 'u32' || tensor.dtype === 'i32';
    const fits = integer
      ? data instanceof Uint32Array || data instanceof Int32Array
      : !(data instanceof Uint32Array);
    if (!fits || data.byteLength !== tensor.bytes) {
      throw new ShapeError(
        this.label,
        `input ${name} is ${formatShape(tensor.shape)} ${tensor.dtype}, ${tensor.bytes} bytes, but got ` +
          `${data.constructor.name} of ${data.byteLength} bytes`,
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

  #output(name: string): Tensor {
    const tensor = this.#outputs[name];
    if (!tensor) {
      const known = Object.keys(this.#outputs).join(', ');
      throw new ShapeError(this.label, `no output "${name}"`, `Its outputs are ${known || 'none'}.`);
    }
    return tensor;
  }

  /** Copies an output to the CPU; f16 arrives as f32. Waits for the work submitted so far. */
  async read(output: string): Promise<Float32Array> {
    const tensor = this.#output(output);
    if (tensor.dtype === 'u32' || tensor.dtype === 'i32') {
      throw new ShapeError(this.label, `output ${output} holds integers`, 'Use readIntegers.');
    }
    const data = await this.device.readback.read(this.storageOf(output), tensor.bytes);
    return tensor.dtype === 'f16' ? float16ToFloat32(new Uint16Array(data)) : new Float32Array(data);
  }

  async readIntegers(output: string): Promise<Uint32Array> {
    const tensor = this.#output(output);
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
      const [position, length] = [this.#stepView.getUint32(8, true), this.#stepView.getUint32(12, true)];
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

  /** The attention calls of this plan, in recording order; their `layer` and `label` are what `attention` takes. */
  get attentions(): readonly AttentionInfo[] {
    return attentionsOf(this.probes).map(({ probe: _probe, ...info }) => info);
  }

  /**
   * What attended to what in the last run: probabilities of query rows over keys, recomputed now from queries, keys
   * and log-sum-exps, which the plan brings back by repeating the part of the run that led to them (see `look`).
   * `layer` is a number or label of `attentions`; the map has T×S numbers a head at most. Parameters count as they are
   * now: after an update (`trainer.submit` has made one) it shows what the new weights see in the last run's inputs.
   *
   * @throws ShapeError if there is no such layer, head, sequence or row, or no gradient; DataError before any run.
   */
  async attention(
    layer: number | string,
    head: HeadChoice,
    query: AttentionQuery = {},
  ): Promise<AttentionMap> {
    const { probe, where } = findAttention(this, layer);
    const [map] = await this.look([await probe.map(where, head, query)], query);
    return map;
  }

  /** Entropy of every row of one layer in the last run, (B, H, T) in nats, without a map in between. */
  async attentionEntropy(
    layer: number | string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<AttentionEntropy> {
    const { probe } = findAttention(this, layer);
    const [entropy] = await this.look([await probe.entropy()], options);
    return entropy;
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
      return `${String(i).padStart(4)}  ${dispatch.label}  [${dispatch.variant.key}]  ${dispatch.grid.join('×')}  ${tensors.join(' ')}`;
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
    for (const { buffer } of [this.#uniforms, this.#step]) buffer.destroy();
  }
}

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

function place(tensor: Tensor, acquire: (bytes: number) => Storage, device: Device): Storage {
  const { source } = tensor;
  if (source.kind === 'stored') {
    const storage = source.stored[source.part];
    if (!storage) {
      throw new KernelError(
        tensor.name,
        source.part === 'storage' ? 'this parameter has no memory' : 'this parameter has no gradient memory',
        'Create a ParameterStore over the model (with { train: true } for training) and keep it alive.',
      );
    }
    return { ...storage, size: padded(tensor.bytes) };
  }
  const storage = acquire(padded(tensor.bytes));
  if (source.kind === 'constant') upload(device.gpu, storage, source.data);
  return storage;
}
