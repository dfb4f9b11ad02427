/** Uniform blocks: a plan packs all of its static ones into one buffer. */
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { Dispatch } from './graph';

/** A buffer with UNIFORM usage, which the pool's have not. */
export function ownUniformBuffer(device: Device, label: string, data: Uint8Array): Storage {
  const size = Math.max(16, Math.ceil(data.byteLength / 16) * 16);
  const buffer = device.gpu.createBuffer({ label, size, usage: 0x40 | 0x08 }); // UNIFORM | COPY_DST
  if (data.byteLength > 0) device.gpu.queue.writeBuffer(buffer, 0, data as Uint8Array<ArrayBuffer>);
  return { buffer, offset: 0, size };
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
    for (const { name, offset, type } of layout.fields) {
      const value = uniforms[name];
      if (type === 'f32') view.setFloat32(offset, value, true);
      else if (type === 'u32') view.setUint32(offset, value, true);
      else view.setInt32(offset, value, true);
    }
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
