/**
 * Shows what the last run of a plan had in memory, on demand: runs the slice of the plan that brings the asked tensors
 * back, adds a few dispatches over them that write to scratch memory, reads that and frees it. Nothing is kept for it
 * beforehand, and nothing that lasts is changed by it: what the slice overwrites is put back in the same submissions.
 */
import { DataError, KernelError, throwIfAborted } from '../errors';
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import { float16ToFloat32 } from '../runtime/half';
import { bindAll, compileAll, encode, SUBMIT_FLOPS, type Bound } from './bind';
import type { LookRequest, RunInfo } from './probe';
import { sliceOf, type Place } from './slice';
import type { Tensor } from './tensor';
import type { Acquire } from './uniforms';

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
      [request, ...(request.more ?? [])].map(({ place, record }) => ({ request, place, ...record(last) })),
    );
    const extra = asked.flatMap(({ dispatches }) => dispatches);
    const compiled = await compileAll(device, extra);
    throwIfAborted(signal);
    const before = last.run;
    last = plan.last();
    if (last.run !== before) continue;
    const scratch: Storage[] = [];
    try {
      const storage = new Map(plan.storage);
      const acquire: Acquire = (bytes, usage) => {
        const memory = device.buffers.acquire(bytes, label, usage);
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
      device.gpu.pushErrorScope('validation');
      let scope: Promise<GPUError | null>;
      let commands: readonly GPUCommandBuffer[];
      try {
        const inserts = asked.map(({ place: { after, holders }, dispatches }) => {
          const held = (root: Tensor): Storage => memoryOf(holders?.get(root) ?? root);
          return { after, bound: bindAll(device, dispatches, compiled, held, acquire) };
        });
        const places = asked.map(({ place }) => place);
        commands = encodeAll(plan, label, places, inserts, acquire);
      } finally {
        scope = device.gpu.popErrorScope().catch(() => null); // device lost
      }
      // Submitted when all memory is known to be there: without the copies in it, the run's state would be lost.
      await device.buffers.accepted(scratch, 'Ask for fewer rows or heads.');
      const invalid = await scope;
      if (invalid) throw new KernelError(label, `WebGPU refused it: ${invalid.message}`);
      last = plan.last();
      if (last.run !== before) continue;
      for (const command of commands) device.gpu.queue.submit([command]);
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
    }
  }
}

/**
 * Encodes the slice with the inserted dispatches at their places, and the copies that leave all else as it was: to be
 * submitted in order, with nothing in between.
 */
function encodeAll(
  plan: ReplayParts,
  label: string,
  places: readonly Place[],
  inserts: readonly { readonly after: number; readonly bound: readonly Bound[] }[],
  acquire: Acquire,
): readonly GPUCommandBuffer[] {
  const { device, bound, storage, kept } = plan;
  const { dispatches, restart, disturbed } = sliceOf(
    bound.map((b) => b.dispatch),
    places,
    plan.lasting,
  );
  const saved = new Map([...disturbed.keys()].map((root) => [root, acquire(storage.get(root)!.size)]));
  const commands: GPUCommandBuffer[] = [];
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
      commands.push(encoder.finish());
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
  return [...commands, encoder.finish()];
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
