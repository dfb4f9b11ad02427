/**
 * Shows what the last run of a plan had in memory, on demand: runs the slice of the plan that brings the asked tensors
 * back, adds a few dispatches over them that write to scratch memory, reads that and frees it. Nothing is kept for it
 * beforehand, and nothing that lasts is changed by it: what the slice overwrites is put back in the same submissions.
 */
import { DataError, DeviceError, KernelError, throwIfAborted } from '../errors';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { float16ToFloat32 } from '../runtime/half';
import { bindAll, compileAll, encode, SUBMIT_FLOPS, type Bound } from './bind';
import { Graph } from './graph';
import { sliceOf, type Place } from './slice';
import type { Tensor } from './tensor';

/** Of the last run, what tells rows and columns apart that exist from those that do not. */
export interface RunInfo {
  /** Runs of the plan so far; 1 for its first. */
  readonly run: number;
  /** Of its `Step`. */
  readonly position: number;
  readonly length: number;
}

/** Dispatches over what a run had in memory. */
export interface LookPart {
  /** Where the dispatches of `record` belong, and what they read there. */
  readonly place: Place;
  /** Records them over the plan's own tensors and new ones, and returns what to read. Called again if a run cuts in. */
  readonly record: (g: Graph, last: RunInfo) => Readonly<Record<string, Tensor>>;
}

/** Something to see of the last run: what of it, how to compute it, and what to make of the numbers. */
export interface LookRequest<R> extends LookPart {
  /** The same at other places, of what no place has whole; what they return to read has other names. */
  readonly more?: readonly LookPart[];
  /** The answer, from what was read; f16 arrives as f32. */
  readonly answer: (read: Readonly<Record<string, Float32Array>>, last: RunInfo) => R;
}

export interface ReplayParts {
  readonly label: string;
  readonly device: Device;
  readonly bound: readonly Bound[];
  readonly storage: ReadonlyMap<Tensor, Storage>;
  readonly lasting: (root: Tensor) => boolean;
  /** Copies of what a run overwrites of what it reads, made when it began. */
  readonly kept: ReadonlyMap<Tensor, Storage>;
  readonly step: GPUBindGroup;
  /** The last run now; throws if the plan cannot be used. */
  readonly last: () => RunInfo;
}

/** Bytes read back at a time, so that staging memory stays small however large a map is. */
const PIECE = 4 << 20;

/** Answers all requests from one and the same run: the last one when their kernels are ready. */
export async function replay<R>(
  plan: ReplayParts,
  requests: readonly LookRequest<R>[],
  signal?: AbortSignal,
): Promise<R[]> {
  const { device } = plan;
  const label = `${plan.label} on demand`;
  let last = plan.last();
  for (;;) {
    throwIfAborted(signal);
    if (last.run === 0) throw new DataError(plan.label, 'it has not run yet', 'Call run first.');
    const asked = requests.flatMap((request) =>
      [request, ...(request.more ?? [])].map(({ place, record }) => {
        const g = new Graph(device, { label });
        return { request, place, g, outputs: record(g, last) };
      }),
    );
    const extra = asked.flatMap(({ g }) => g.dispatches);
    const compiled = await compileAll(device, extra);
    throwIfAborted(signal);
    const before = last.run;
    last = plan.last();
    if (last.run !== before) continue;
    // From here to the submission nothing is awaited, so no other run comes in between.
    const scratch: Storage[] = [];
    const uniforms: Storage[] = [];
    try {
      const storage = new Map(plan.storage);
      const acquire = (bytes: number): Storage => {
        const memory = device.buffers.acquire(bytes, label);
        scratch.push(memory);
        return memory;
      };
      const memoryOf = (root: Tensor): Storage => {
        let memory = storage.get(root);
        if (!memory) {
          memory = acquire(root.bytes);
          if (root.source.kind === 'constant') {
            const { data } = root.source;
            device.gpu.queue.writeBuffer(memory.buffer, 0, data.buffer, data.byteOffset, data.byteLength);
          }
          storage.set(root, memory);
        }
        return memory;
      };
      device.gpu.pushErrorScope('out-of-memory');
      device.gpu.pushErrorScope('validation');
      let scopes: Promise<(GPUError | null)[]>;
      try {
        const inserts = asked.map(({ place: { after, holders }, g }) => {
          const held = (root: Tensor): Storage => memoryOf(holders?.get(root) ?? root);
          const part = bindAll(device, label, g.dispatches, compiled, held);
          uniforms.push(part.uniforms);
          return { after, bound: part.bound };
        });
        submit(
          plan,
          label,
          asked.map(({ place }) => place),
          inserts,
          acquire,
        );
      } finally {
        scopes = Promise.all([device.gpu.popErrorScope(), device.gpu.popErrorScope()]).catch(() => []);
      }
      const [invalid, exhausted] = await scopes;
      if (invalid) throw new KernelError(label, `WebGPU refused it: ${invalid.message}`);
      if (exhausted) throw new DeviceError(label, 'out of GPU memory', 'Ask for fewer rows or heads.');
      const answers: R[] = [];
      for (const request of requests) {
        const read: Record<string, Float32Array> = {};
        for (const { outputs } of asked.filter((part) => part.request === request)) {
          for (const [name, tensor] of Object.entries(outputs)) {
            read[name] = await readAll(device, storage.get(tensor.root)!, tensor, signal);
          }
        }
        answers.push(request.answer(read, last));
      }
      return answers;
    } finally {
      for (const memory of scratch) device.buffers.release(memory);
      for (const { buffer } of uniforms) buffer.destroy();
    }
  }
}

/** Encodes the slice with the inserted dispatches at their places, and the copies that leave all else as it was. */
function submit(
  plan: ReplayParts,
  label: string,
  places: readonly Place[],
  inserts: readonly { readonly after: number; readonly bound: readonly Bound[] }[],
  acquire: (bytes: number) => Storage,
): void {
  const { device, bound, storage, kept } = plan;
  const { dispatches, restart, disturbed } = sliceOf(
    bound.map((b) => b.dispatch),
    places,
    plan.lasting,
  );
  const saved = new Map([...disturbed.keys()].map((root) => [root, acquire(storage.get(root)!.size)]));
  let encoder = device.gpu.createCommandEncoder({ label });
  let part: Bound[] = [];
  let flops = 0;
  const flush = (): void => {
    if (part.length > 0) encode(encoder, label, plan.step, part);
    part = [];
  };
  const add = (b: Bound): void => {
    if (flops > 0 && flops + b.dispatch.flops > SUBMIT_FLOPS) {
      flush();
      device.gpu.queue.submit([encoder.finish()]);
      encoder = device.gpu.createCommandEncoder({ label });
      flops = 0;
    }
    part.push(b);
    flops += b.dispatch.flops;
  };
  const copy = (from: Storage, to: Storage): void => {
    flush();
    encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, Math.min(from.size, to.size));
  };

  for (const [root, memory] of saved) copy(storage.get(root)!, memory);
  for (const root of restart) {
    const copyOf = kept.get(root);
    if (!copyOf) {
      throw new DataError(
        plan.label,
        `its run reads ${root.toString()} and then overwrites it, so it cannot be repeated`,
        'Compile the plan with { repeatable: true }: it then keeps a copy, made at the start of each run.',
      );
    }
    copy(copyOf, storage.get(root)!);
  }
  const waiting = [...inserts].sort((a, b) => a.after - b.after);
  const insertUpTo = (next: number): void => {
    while (waiting.length > 0 && waiting[0].after < next) waiting.shift()!.bound.forEach(add);
  };
  for (const i of dispatches) {
    insertUpTo(i);
    add(bound[i]);
    for (const { tensor, write } of bound[i].dispatch.tensors) {
      const root = tensor.root;
      if (write && disturbed.get(root) === 'at once') copy(saved.get(root)!, storage.get(root)!);
    }
  }
  insertUpTo(Infinity);
  for (const [root, memory] of saved) {
    if (disturbed.get(root) === 'at the end') copy(memory, storage.get(root)!);
  }
  flush();
  device.gpu.queue.submit([encoder.finish()]);
}

async function readAll(
  device: Device,
  memory: Storage,
  tensor: Tensor,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const bytes = new Uint8Array(tensor.bytes);
  for (let at = 0; at < bytes.length; at += PIECE) {
    throwIfAborted(signal);
    const piece = await device.readback.read(memory, Math.min(PIECE, bytes.length - at), at);
    bytes.set(new Uint8Array(piece), at);
  }
  return tensor.dtype === 'f16'
    ? float16ToFloat32(new Uint16Array(bytes.buffer))
    : new Float32Array(bytes.buffer);
}
