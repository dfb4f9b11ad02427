/** How often weights on a device have changed: what was computed with them before holds no longer. */
import type { Device } from '../runtime/device';

const counts = new WeakMap<Device, number>();

/**
 * Writes to parameters and updates by a `Trainer` on this device so far. Plans of one's own that write to parameters are not
 * counted.
 */
export const weightChanges = (device: Device): number => counts.get(device) ?? 0;

export function noteChange(device: Device): void {
  counts.set(device, weightChanges(device) + 1);
}
