/**
 * WebGPU for test files that share a device. Software adapters take most of a suite's time to compile kernels, and
 * many files use the same ones; a pipeline serves only the device that made it. So the files of a process get stand-ins
 * for one real device: each keeps buffers, destruction and loss to itself, while pipelines are made once for all.
 */

/** Everything of `real`, except for what `own` has. Methods are called on the object that they belong to. */
export function instead<T extends object>(real: () => T, own: Partial<T>): T {
  const get = (own: Partial<T>, key: string | symbol): unknown => {
    if (Reflect.has(own, key)) return Reflect.get(own, key);
    const value: unknown = Reflect.get(real(), key);
    return typeof value === 'function' ? (value.bind(real()) as unknown) : value;
  };
  return new Proxy(own, { get, has: (own, key) => key in own || key in real() }) as T;
}

/** Pipelines kept: lavapipe takes 3 MB for each, and a whole suite makes a thousand. */
const KEPT = 250;

interface Real {
  readonly gpu: GPUDevice;
  /** A device that was destroyed: what stands in for a lost device goes on to it. */
  readonly dead: GPUDevice;
  lost: boolean;
  readonly modules: Map<string, GPUShaderModule>;
  /** The latest used last. */
  readonly pipelines: Map<string, Promise<GPUComputePipeline>>;
}

function keepLatest<T>(kept: Map<string, T>, key: string, value: T): void {
  kept.delete(key);
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) return;
    kept.delete(oldest);
  }
}

const real = new Map<string, Promise<Real>>();

/** A stand-in for WebGPU's entry point whose devices are stand-ins for shared ones. */
export function shareDevices(entry: GPU): GPU {
  const requestAdapter = async (options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> => {
    const adapter = await entry.requestAdapter(options);
    if (!adapter) return null;
    return instead(() => adapter, {
      requestDevice: async (descriptor) => standIn(await open(entry, adapter, descriptor)),
    });
  };
  return instead(() => entry, { requestAdapter });
}

/** The real device of one set of features and limits, opened once. */
async function open(entry: GPU, adapter: GPUAdapter, descriptor: GPUDeviceDescriptor = {}): Promise<Real> {
  const key = JSON.stringify({ ...descriptor, label: '' });
  const found = await real.get(key);
  if (found && !found.lost) return found;
  const opening = (async (): Promise<Real> => {
    const gpu = await adapter.requestDevice(descriptor);
    const dead = await (await entry.requestAdapter())!.requestDevice();
    dead.destroy();
    const made: Real = { gpu, dead, lost: false, modules: new Map(), pipelines: new Map() };
    void gpu.lost.then(() => (made.lost = true));
    return made;
  })();
  real.set(key, opening);
  opening.catch(() => real.delete(key));
  return opening;
}

function standIn(shared: Real): GPUDevice {
  const { gpu, dead, modules, pipelines } = shared;
  let alive = true;
  const target = (): GPUDevice => (alive ? gpu : dead);
  const buffers = new Set<GPUBuffer | GPUQuerySet>();
  let scopes = 0;
  let end!: (info: GPUDeviceLostInfo) => void;
  const ended = new Promise<GPUDeviceLostInfo>((resolve) => (end = resolve));
  const keep = <T extends GPUBuffer | GPUQuerySet>(made: T): T => {
    buffers.add(made);
    return made;
  };
  /** What a layout or a module is made of: equal ones are interchangeable. */
  const content = new WeakMap<object, string>();
  return instead<GPUDevice>(target, {
    queue: instead(() => target().queue, {}),
    lost: Promise.race([ended, gpu.lost]),
    destroy(): undefined {
      for (; scopes > 0; scopes--) void gpu.popErrorScope();
      for (const buffer of buffers) buffer.destroy();
      buffers.clear();
      alive = false;
      end({ reason: 'destroyed', message: 'destroyed' } as GPUDeviceLostInfo);
    },
    createBuffer: (descriptor) => keep(target().createBuffer(descriptor)),
    createQuerySet: (descriptor) => keep(target().createQuerySet(descriptor)),
    pushErrorScope(filter): undefined {
      if (alive) scopes++;
      target().pushErrorScope(filter);
    },
    popErrorScope() {
      if (alive) scopes--;
      return target().popErrorScope();
    },
    createBindGroupLayout(descriptor) {
      const layout = target().createBindGroupLayout(descriptor);
      content.set(layout, JSON.stringify(descriptor.entries));
      return layout;
    },
    createPipelineLayout(descriptor) {
      const layout = target().createPipelineLayout(descriptor);
      const groups = [...descriptor.bindGroupLayouts].map((group) => group && content.get(group));
      if (!groups.includes(undefined)) content.set(layout, groups.join('\n'));
      return layout;
    },
    createShaderModule(descriptor) {
      // Only code that a pipeline was made of is here: what is wrong with other code is to be told each time.
      const found = alive && modules.get(descriptor.code);
      const module = found || target().createShaderModule(descriptor);
      content.set(module, descriptor.code);
      return module;
    },
    async createComputePipelineAsync(descriptor) {
      const { layout, compute } = descriptor;
      const code = content.get(compute.module);
      const groups = typeof layout === 'object' ? content.get(layout) : undefined;
      if (!alive || code === undefined || groups === undefined)
        return target().createComputePipelineAsync(descriptor);
      const key = JSON.stringify([groups, code, compute.entryPoint, compute.constants]);
      const found = pipelines.get(key);
      const pipeline = found ?? gpu.createComputePipelineAsync(descriptor);
      keepLatest(pipelines, key, pipeline);
      if (!found)
        pipeline.then(
          () => keepLatest(modules, code, compute.module),
          () => pipelines.delete(key),
        );
      return pipeline;
    },
  });
}
