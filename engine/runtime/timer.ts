import { USAGE } from './buffers';
import type { Device } from './device';

/** Timestamps per query set: WebGPU's limit. */
const QUERIES = 4096;

/**
 * Milliseconds of each dispatch. With `timestamp-query`, one pass per dispatch with a timestamp at either end;
 * without, each dispatch is submitted alone and waited for, less the time of an empty submission.
 */
export async function timeDispatches(
  device: Device,
  dispatches: readonly ((pass: GPUComputePassEncoder) => void)[],
): Promise<Float64Array> {
  return device.can.timestamps ? byTimestamps(device, dispatches) : byClock(device, dispatches);
}

async function byTimestamps(
  device: Device,
  dispatches: readonly ((pass: GPUComputePassEncoder) => void)[],
): Promise<Float64Array> {
  const { gpu } = device;
  const times = new Float64Array(dispatches.length);
  const count = Math.min(QUERIES, 2 * dispatches.length);
  const querySet = gpu.createQuerySet({ type: 'timestamp', count });
  const resolved = device.buffers.acquire(count * 8, 'timestamps', USAGE.queries);
  try {
    await device.buffers.accepted([resolved]);
    for (let from = 0; from < dispatches.length; from += QUERIES / 2) {
      const part = dispatches.slice(from, from + QUERIES / 2);
      const encoder = gpu.createCommandEncoder();
      for (const [i, record] of part.entries()) {
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
        });
        record(pass);
        pass.end();
      }
      encoder.resolveQuerySet(querySet, 0, 2 * part.length, resolved.buffer, 0);
      gpu.queue.submit([encoder.finish()]);
      const bytes = part.length * 16;
      const stamps = new BigUint64Array(await device.readback.read(resolved, bytes));
      for (let i = 0; i < part.length; i++) {
        times[from + i] = Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6;
      }
    }
  } finally {
    querySet.destroy();
    device.buffers.release(resolved);
  }
  return times;
}

async function byClock(
  device: Device,
  dispatches: readonly ((pass: GPUComputePassEncoder) => void)[],
): Promise<Float64Array> {
  const { gpu } = device;
  const once = async (record: ((pass: GPUComputePassEncoder) => void) | null): Promise<number> => {
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    record?.(pass);
    pass.end();
    const start = performance.now();
    gpu.queue.submit([encoder.finish()]);
    await device.idle();
    return performance.now() - start;
  };
  await once(null);
  let empty = Infinity;
  for (let i = 0; i < 5; i++) empty = Math.min(empty, await once(null));
  const times = new Float64Array(dispatches.length);
  for (const [i, record] of dispatches.entries()) times[i] = Math.max(0, (await once(record)) - empty);
  return times;
}
