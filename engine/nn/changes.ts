/** How often weights on a device have changed: what was computed with them before holds no longer. */
import type { Device } from '../runtime/device';

/** By the device of WebGPU, which several of ours may share. */
const counts = new WeakMap<GPUDevice, number>();

/**
 * Writes to parameters, updates by a `Trainer`, and adapters that were put in or taken out, on this device so far: on its `gpu`, whichever
 * `Device` did it. Plans of one's own that write to parameters are not counted.
 */
export const weightChanges = (device: Device): number => counts.get(device.gpu) ?? 0;

export function noteChange(device: Device): void {
  counts.set(device.gpu, weightChanges(device) + 1);
}
