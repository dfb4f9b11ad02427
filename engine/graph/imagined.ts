import { EngineError } from '../errors';
import type { Capabilities } from '../runtime/capabilities';
import type { Device } from '../runtime/device';

/**
 * Stands for a device of these capabilities while graphs are recorded to be measured (`estimate`): recording asks it for
 * nothing else. Nothing can be compiled on it.
 */
export function imaginedDevice(can: Capabilities): Device {
  const assertAlive = (where: string): never => {
    throw new EngineError(where, 'this graph is only measured', 'Record it on a device to compile it.');
  };
  return { can, assertAlive } as unknown as Device;
}

/** What every device with WebGPU has: its default limits, and no features. */
export const LEAST_CAPABILITIES: Capabilities = {
  ...{ f16: false, subgroups: null, timestamps: false, software: false, manyRegisters: true },
  ...{ maxBinding: 128 << 20, maxWorkgroupMemory: 16384, maxInvocations: 256, dispatchFlops: 100e9 },
};
