/**
 * WebGPU as a device has it that binds little: its limit says so, and binding more throws. No adapter of a test host has
 * less than the default limit, over which test models would be large.
 */
export function limitBindings(entry: GPU, bytes: number): GPU {
  const limited = (gpu: GPUDevice): GPUDevice =>
    instead(gpu, {
      limits: instead(gpu.limits, { maxStorageBufferBindingSize: bytes }),
      createBindGroup: (descriptor) => {
        for (const { resource } of descriptor.entries) {
          const { size } = resource as GPUBufferBinding;
          if (size === undefined || size > bytes) {
            throw new Error(
              `${descriptor.label}: a binding of ${size} bytes, more than the limit's ${bytes}`,
            );
          }
        }
        return gpu.createBindGroup(descriptor);
      },
    });
  return instead(entry, {
    requestAdapter: async (options) => {
      const adapter = await entry.requestAdapter(options);
      return (
        adapter &&
        instead(adapter, { requestDevice: async (asked) => limited(await adapter.requestDevice(asked)) })
      );
    },
  });
}

/** Everything of `real`, except for what `own` has. */
function instead<T extends object>(real: T, own: Partial<T>): T {
  return new Proxy(real, {
    get(target, key) {
      if (key in own) return own[key as keyof T];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
