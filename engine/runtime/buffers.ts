import { DeviceError, formatBytes } from '../errors';

/** A range of GPU memory. `offset` is a multiple of 256 bytes, WebGPU's binding alignment. */
export interface Storage {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

export interface Ledger {
  /** Bytes in use now. */
  readonly live: number;
  /** Bytes kept for reuse. */
  readonly idle: number;
  /** The most bytes that were ever in use at once. */
  readonly peak: number;
  /** Live bytes by owner. */
  readonly owners: Readonly<Record<string, number>>;
}

const USAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST, spelled out: a page without WebGPU can import us

/** Eight classes per power of two: at most one part in eight is lost to rounding, and sizes still meet again. */
export function sizeClass(bytes: number): number {
  const least = Math.max(256, bytes);
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(least)) - 3));
  return Math.ceil(least / step) * step;
}

/**
 * Buffers by size class, and the ledger of every live byte. Contents are unspecified on purpose: nobody may rely on
 * WebGPU's zeroes, because a reused buffer has none.
 */
export class BufferPool {
  readonly #gpu: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();
  readonly #live = new Map<GPUBuffer, { size: number; owner: string }>();
  readonly #owners = new Map<string, number>();
  #liveBytes = 0;
  #idleBytes = 0;
  #peak = 0;
  #destroyed = false;
  /** Test hook: fill what is handed out with this 32-bit pattern, so that reading stale memory shows. */
  poison: number | null = null;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  get stats(): Ledger {
    return {
      live: this.#liveBytes,
      idle: this.#idleBytes,
      peak: this.#peak,
      owners: Object.fromEntries([...this.#owners].filter(([, bytes]) => bytes > 0)),
    };
  }

  /** At least `bytes` of storage, charged to `owner` in the ledger. Contents unspecified. */
  acquire(bytes: number, owner: string): Storage {
    const limit = this.#gpu.limits.maxBufferSize;
    const rounded = sizeClass(bytes);
    const size = rounded <= limit ? rounded : Math.ceil(bytes / 256) * 256;
    if (size > limit) {
      throw new DeviceError(
        owner,
        `a buffer of ${formatBytes(bytes)} exceeds this device's limit of ${formatBytes(limit)}`,
        'Use a smaller batch, context or model.',
      );
    }
    let buffer = this.#idle.get(size)?.pop();
    if (buffer) this.#idleBytes -= size;
    else buffer = this.#gpu.createBuffer({ label: owner, size, usage: USAGE });
    this.#live.set(buffer, { size, owner });
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + size);
    this.#liveBytes += size;
    this.#peak = Math.max(this.#peak, this.#liveBytes);
    if (this.poison !== null) {
      this.#gpu.queue.writeBuffer(buffer, 0, new Uint32Array(size / 4).fill(this.poison));
    }
    return { buffer, offset: 0, size: Math.max(4, Math.ceil(bytes / 4) * 4) };
  }

  release(storage: Storage): void {
    if (this.#destroyed) return; // owners may end after their device
    const entry = this.#live.get(storage.buffer);
    if (!entry) throw new Error('BufferPool.release: this storage is not live (released twice?)');
    this.#live.delete(storage.buffer);
    this.#owners.set(entry.owner, (this.#owners.get(entry.owner) ?? 0) - entry.size);
    this.#liveBytes -= entry.size;
    this.#idleBytes += entry.size;
    const idle = this.#idle.get(entry.size);
    if (idle) idle.push(storage.buffer);
    else this.#idle.set(entry.size, [storage.buffer]);
  }

  /** Destroys the buffers kept for reuse. */
  trim(): void {
    for (const buffer of [...this.#idle.values()].flat()) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }

  /** Destroys everything; only the device's own end may do this. */
  destroy(): void {
    this.#destroyed = true;
    this.trim();
    for (const buffer of this.#live.keys()) buffer.destroy();
    this.#live.clear();
    this.#owners.clear();
    this.#liveBytes = 0;
  }
}
