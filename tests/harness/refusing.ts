/** A device that refuses one of the buffers that it is asked for, as GPUs do that have no memory left. */
export interface Refusing {
  readonly gpu: GPUDevice;
  /** Buffers asked for since the last `refuse`. */
  readonly made: number;
  /** Buffers that were refused where no scope heard of it. */
  readonly untold: readonly string[];
  /** Refuses the n-th buffer from now on, 0 first. */
  refuse(n: number): void;
}

/** The buffer is really invalid, and the innermost scope for 'out-of-memory' gets the error. */
export function refusing(real: GPUDevice): Refusing {
  const scopes: { readonly filter: GPUErrorFilter; refused: string | null }[] = [];
  const untold: string[] = [];
  let made = 0;
  let refused = Infinity;
  const own: Partial<GPUDevice> = {
    pushErrorScope: (filter) => {
      scopes.push({ filter, refused: null });
      real.pushErrorScope(filter);
    },
    popErrorScope: async () => {
      const scope = scopes.pop();
      const error = await real.popErrorScope();
      return scope?.refused ? { message: scope.refused } : error;
    },
    createBuffer: (descriptor) => {
      if (made++ !== refused) return real.createBuffer(descriptor);
      const message = `no memory for ${descriptor.label ?? 'a buffer'}`;
      const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
      if (scope) scope.refused = message;
      else untold.push(message);
      real.pushErrorScope('validation');
      const invalid = real.createBuffer({ ...descriptor, size: real.limits.maxBufferSize + 4096 });
      void real.popErrorScope();
      return invalid;
    },
  };
  const gpu = new Proxy(real, {
    get(target, key) {
      if (key in own) return own[key as keyof GPUDevice];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    gpu,
    get made() {
      return made;
    },
    untold,
    refuse(n) {
      made = 0;
      refused = n;
    },
  };
}
