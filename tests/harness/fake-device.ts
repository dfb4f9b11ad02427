import type { Capabilities } from '../../engine/runtime/capabilities';
import type { Device } from '../../engine/runtime/device';

/** Enough of a device to record a graph without a GPU: WebGPU's default limits. Compiling or running it fails. */
export function fakeDevice(can: Partial<Capabilities> = {}): Device {
  const capabilities: Capabilities = {
    f16: true,
    subgroups: null,
    timestamps: false,
    software: false,
    manyRegisters: true,
    maxBinding: 128 << 20,
    maxWorkgroupMemory: 16384,
    maxInvocations: 256,
    dispatchFlops: 100e9,
    ...can,
  };
  return { can: capabilities } as Device;
}
