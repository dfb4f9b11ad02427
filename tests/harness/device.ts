/** A device for the tests of a file, or of a `describe`. */
import { afterAll, beforeAll, expect } from 'vitest';
import { Device } from '../../engine/index';
import { openTestGpu } from './host';

/**
 * Opens a device before the tests and disposes of it after them; `use` gets it. What it hands out is filled with NaN. `empty`:
 * in the end nobody may own memory of it.
 */
export function withDevice(use: (device: Device) => void, { empty = false } = {}): void {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    use(device);
  });
  afterAll(() => {
    if (empty) expect(device.buffers.stats.owners).toEqual({});
    device[Symbol.dispose]();
  });
}
