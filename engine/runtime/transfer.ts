import { DeviceError } from '../errors';
import type { Storage } from './buffers';

// Flags are spelled out: in Node only the entry point is handed in, no globals.
const MAP_READ_COPY_DST = 0x01 | 0x08;
const READ = 1;

/**
 * Readback through a ring of mappable staging buffers, kept by size, so that a steady loop of reads creates none.
 * A read is a copy queued behind the work so far; it never stops later submissions.
 */
export class Readback {
  readonly #gpu: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  /** Copies `bytes` of `source`, from `offset` in it, to the CPU. */
  async read(source: Storage, bytes = source.size, offset = 0): Promise<ArrayBuffer> {
    const size = Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(4, bytes))));
    const copy = Math.ceil(bytes / 4) * 4;
    const staging =
      this.#idle.get(size)?.pop() ??
      this.#gpu.createBuffer({ label: 'readback', size, usage: MAP_READ_COPY_DST });
    const encoder = this.#gpu.createCommandEncoder({ label: 'readback' });
    encoder.copyBufferToBuffer(source.buffer, source.offset + offset, staging, 0, copy);
    this.#gpu.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(READ, 0, copy);
    } catch (cause) {
      throw new DeviceError('readback', 'the device was lost or destroyed while reading', 'Open it again.', {
        cause,
      });
    }
    const data = staging.getMappedRange(0, copy).slice(0, bytes);
    staging.unmap();
    const idle = this.#idle.get(size);
    if (idle) idle.push(staging);
    else this.#idle.set(size, [staging]);
    return data;
  }

  destroy(): void {
    for (const buffer of [...this.#idle.values()].flat()) buffer.destroy();
    this.#idle.clear();
  }
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
