import type { Capabilities } from '../engine/runtime/capabilities';
import type { Device } from '../engine/runtime/device';

/** Whose kernels are taken; 'no subgroups': a software adapter's in Firefox. */
export type Rung = 'software' | 'hardware' | 'no subgroups';

/** The same device, as if it were (or were not) a software adapter. */
export function as(device: Device, rung: Rung): Device {
  const can: Capabilities = {
    ...device.can,
    software: rung !== 'hardware',
    ...(rung === 'hardware' && { manyRegisters: true }),
    ...(rung === 'no subgroups' && { subgroups: null }),
  };
  return new Proxy(device, {
    get(target, key) {
      if (key === 'can') return can;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
