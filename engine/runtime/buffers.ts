import { DeviceError, formatBytes } from '../errors';

/** A range of GPU memory. `offset` is a multiple of 256 bytes, WebGPU's binding alignment. */
export interface Storage {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** GPU memory of a device at one moment, in bytes. */
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

// GPUBufferUsage, spelled out: a page without WebGPU can import us, and in Node only the entry point is handed in.
const [MAP_READ, COPY_SRC, COPY_DST, QUERY_RESOLVE] = [0x01, 0x04, 0x08, 0x200];

/** What a buffer is for. The most that each may be used as, so that few kinds are kept apart. */
export const USAGE = {
  storage: 0x80 | COPY_SRC | COPY_DST,
  uniform: 0x40 | COPY_DST,
  readback: MAP_READ | COPY_DST,
  queries: QUERY_RESOLVE | COPY_SRC | COPY_DST,
} as const;

/** Eight classes per power of two: at most one part in eight is lost to rounding, and sizes still meet again. */
export function sizeClass(bytes: number): number {
  const least = Math.max(256, bytes);
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(least)) - 3));
  return Math.ceil(least / step) * step;
}

interface Live {
  readonly size: number;
  readonly owner: string;
  /** Its place among those kept for reuse. */
  readonly kind: number;
}

/**
 * Every buffer of the engine, by use and size class, and the ledger of every live byte. Contents are unspecified on
 * purpose: nobody may rely on WebGPU's zeroes, because a reused buffer has none.
 *
 * WebGPU hands out a buffer before it knows whether there is memory for it. One that the device then refuses is invalid:
 * it is never handed out again, and `accepted` tells of it those who ask before they say that they are done.
 */
export class BufferPool {
  readonly #gpu: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();
  readonly #live = new Map<GPUBuffer, Live>();
  readonly #owners = new Map<string, number>();
  /** Of new buffers: settles when the device has said whether it has memory for them. */
  readonly #asked = new Map<GPUBuffer, Promise<void>>();
  readonly #refused = new WeakSet<GPUBuffer>();
  /** All that was ever refused. */
  #refusedBytes = 0;
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

  /**
   * At least `bytes`, charged to `owner` in the ledger. Contents unspecified. Whether the device has memory for it is
   * known later: see `accepted`.
   */
  acquire(bytes: number, owner: string, usage: number = USAGE.storage): Storage {
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
    const kind = size * 1024 + usage;
    let buffer = this.#idle.get(kind)?.pop();
    if (buffer) this.#idleBytes -= size;
    else buffer = this.#create(owner, size, usage);
    this.#live.set(buffer, { size, owner, kind });
    this.#charge(owner, size);
    if (!this.#asked.has(buffer)) this.#peak = Math.max(this.#peak, this.#liveBytes);
    if (this.poison !== null) {
      this.#gpu.queue.writeBuffer(buffer, 0, new Uint32Array(size / 4).fill(this.poison));
    }
    return { buffer, offset: 0, size: Math.max(4, Math.ceil(bytes / 4) * 4) };
  }

  #create(label: string, size: number, usage: number): GPUBuffer {
    // What is kept for reuse must not be what there is no memory for.
    if (this.#refusedBytes > 0) this.trim();
    const [most, refused] = [this.#liveBytes + size, this.#refusedBytes];
    this.#gpu.pushErrorScope('out-of-memory');
    const buffer = this.#gpu.createBuffer({ label, size, usage });
    const scope = this.#gpu.popErrorScope().catch(() => null); // the device is lost
    this.#asked.set(
      buffer,
      scope.then((error) => {
        this.#asked.delete(buffer);
        if (error) this.#refuse(buffer, size);
        else this.#peak = Math.max(this.#peak, most - (this.#refusedBytes - refused));
      }),
    );
    return buffer;
  }

  #refuse(buffer: GPUBuffer, size: number): void {
    this.#refused.add(buffer);
    this.#refusedBytes += size;
    const live = this.#live.get(buffer);
    if (live) this.#charge(live.owner, -size);
    this.trim();
  }

  #charge(owner: string, bytes: number): void {
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + bytes);
    this.#liveBytes += bytes;
  }

  /**
   * Resolves when the device has said that it has memory for all of these; waits for nothing where it has said so.
   *
   * @throws DeviceError for the first that it refused: what it was for, how much, and `todo`. Release them then.
   */
  async accepted(storages: Iterable<Storage>, todo = MEMORY): Promise<void> {
    const buffers = [...storages].map(({ buffer }) => buffer);
    const asked = buffers.flatMap((buffer) => this.#asked.get(buffer) ?? []);
    if (asked.length > 0) await Promise.all(asked);
    const refused = buffers.find((buffer) => this.#refused.has(buffer));
    if (!refused) return;
    const { owner = 'Device', size = 0 } = this.#live.get(refused) ?? {};
    throw new DeviceError(
      owner,
      `out of GPU memory: the device refused ${formatBytes(size)}, beside ${formatBytes(this.#liveBytes)} in use`,
      todo,
    );
  }

  /** Whether the device has refused it. */
  refused({ buffer }: Storage): boolean {
    return this.#refused.has(buffer);
  }

  /** Whether the device has refused it, or not said yet. What is done with it needs an error scope. */
  doubtful({ buffer }: Storage): boolean {
    return this.#refused.has(buffer) || this.#asked.has(buffer);
  }

  release(storage: Storage): void {
    if (this.#destroyed) return; // owners may end after their device
    const { buffer } = storage;
    const entry = this.#live.get(buffer);
    if (!entry) throw new Error('BufferPool.release: this storage is not live (released twice?)');
    this.#live.delete(buffer);
    if (this.#refused.has(buffer)) return;
    this.#charge(entry.owner, -entry.size);
    this.#idleBytes += entry.size;
    const idle = this.#idle.get(entry.kind);
    if (idle) idle.push(buffer);
    else this.#idle.set(entry.kind, [buffer]);
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

const MEMORY = 'Use a smaller batch, a shorter context, recompute or f16, or free other models.';
