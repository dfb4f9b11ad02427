/** Uniform blocks: a plan packs all of its static ones into one buffer. */
import { USAGE, type Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { UniformField } from '../runtime/shader';
import type { Dispatch } from './dispatch';

/** Memory of the pool, kept by the caller to be released. */
export type Acquire = (bytes: number, usage?: number) => Storage;

export function uniformBuffer(device: Device, acquire: Acquire, data: Uint8Array): Storage {
  const storage = acquire(data.byteLength, USAGE.uniform);
  if (data.byteLength > 0) {
    device.gpu.queue.writeBuffer(storage.buffer, 0, data as Uint8Array<ArrayBuffer>);
  }
  return storage;
}

/** Writes a number where a block has the field. */
export function writeField(
  view: DataView,
  { offset, type }: Pick<UniformField, 'offset' | 'type'>,
  value: number,
): void {
  if (type === 'f32') view.setFloat32(offset, value, true);
  else if (type === 'u32') view.setUint32(offset, value, true);
  else view.setInt32(offset, value, true);
}

/** All static uniform blocks in one buffer, at 256-byte alignment; equal blocks are stored once. */
export function packUniforms(dispatches: readonly Dispatch[]): {
  data: Uint8Array;
  offsets: readonly number[];
} {
  const blocks = new Map<string, { offset: number; bytes: Uint8Array }>();
  let end = 0;
  const offsets = dispatches.map(({ variant, uniforms }) => {
    if (!variant.uniform) return 0;
    const { layout } = variant.uniform;
    const bytes = new Uint8Array(layout.size);
    const view = new DataView(bytes.buffer);
    for (const field of layout.fields) writeField(view, field, uniforms[field.name]);
    const key = bytes.join();
    let block = blocks.get(key);
    if (!block) {
      block = { offset: end, bytes };
      blocks.set(key, block);
      end += Math.ceil(layout.size / 256) * 256;
    }
    return block.offset;
  });
  const data = new Uint8Array(end);
  for (const { offset, bytes } of blocks.values()) data.set(bytes, offset);
  return { data, offsets };
}
