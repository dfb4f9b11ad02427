import { DeviceError, KernelError } from '../errors';
import { USAGE, type BufferPool, type Storage } from './buffers';

/** GPUMapMode.READ, spelled out: in Node only the entry point is handed in, no globals. */
export const READ = 1;

/**
 * Readback through mappable staging buffers of the pool, so that a steady loop of reads creates none.
 * A read is a copy queued behind the work so far; it never stops later submissions.
 */
export class Readback {
  readonly #gpu: GPUDevice;
  readonly #buffers: BufferPool;

  constructor(gpu: GPUDevice, buffers: BufferPool) {
    this.#gpu = gpu;
    this.#buffers = buffers;
  }

  /** Copies `bytes` of `source`, from `offset` in it, to the CPU. Throws `DeviceError` for want of memory or a loss. */
  async read(source: Storage, bytes = source.size, offset = 0): Promise<ArrayBuffer> {
    const copy = Math.ceil(bytes / 4) * 4;
    const staging = this.#buffers.acquire(copy, 'readback', USAGE.readback);
    const pair = [staging, source];
    try {
      const scoped = pair.some((storage) => this.#buffers.doubtful(storage));
      if (scoped) this.#gpu.pushErrorScope('validation');
      const encoder = this.#gpu.createCommandEncoder({ label: 'readback' });
      encoder.copyBufferToBuffer(source.buffer, source.offset + offset, staging.buffer, 0, copy);
      this.#gpu.queue.submit([encoder.finish()]);
      const mapped = staging.buffer.mapAsync(READ, 0, copy).then(() => null, gone);
      const scope = scoped ? this.#gpu.popErrorScope().catch(() => null) : null;
      const lost = await mapped;
      await this.#buffers.accepted(pair); // memory that was refused fails to map, too
      if (lost) throw lost;
      const invalid = await scope;
      if (invalid) throw new KernelError('readback', `WebGPU refused it: ${invalid.message}`);
      let data: ArrayBuffer;
      try {
        data = staging.buffer.getMappedRange(0, copy).slice(0, bytes);
      } catch (cause) {
        throw gone(cause); // a loss unmaps
      }
      staging.buffer.unmap();
      return data;
    } finally {
      this.#buffers.release(staging);
    }
  }
}

const gone = (cause: unknown): DeviceError =>
  new DeviceError('readback', 'the device was lost or destroyed while reading', 'Open it again.', { cause });

/** As Promise.all, but a failed one waits for the others: who throws has no reads under way, nor their staging memory. */
export async function allRead<T extends readonly Promise<unknown>[] | []>(
  reads: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(reads);
  return Promise.all(reads);
}

const CHUNK = 1 << 24;

/** Writes `data` to `target`; large uploads go in 16 MiB pieces so that staging memory stays bounded. */
export function upload(gpu: GPUDevice, target: Storage, data: ArrayBufferView, offset = 0): void {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const piece = bytes.subarray(at, Math.min(bytes.length, at + CHUNK));
    const whole = piece.length - (piece.length % 4);
    if (whole > 0) gpu.queue.writeBuffer(target.buffer, target.offset + offset + at, piece, 0, whole);
    if (whole < piece.length) {
      const tail = new Uint8Array(4);
      tail.set(piece.subarray(whole));
      gpu.queue.writeBuffer(target.buffer, target.offset + offset + at + whole, tail);
    }
  }
}
