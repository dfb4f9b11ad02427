import { instead } from './shared-gpu';

/** Calls of WebGPU at which a device can be lost, by their names. */
export const CALLS = [
  'createBuffer',
  'createShaderModule',
  'createComputePipelineAsync',
  'createBindGroup',
  'popErrorScope',
  'writeBuffer',
  'submit',
  'mapAsync',
] as const;
/** Calls that open a device: none is lost there, they give none. */
export const OPENING = ['requestAdapter', 'requestDevice'] as const;

export type Call = (typeof CALLS)[number] | (typeof OPENING)[number];

/** When a device is lost: at the n-th such call since the last loss, 1 first. */
export interface Moment {
  readonly call: Call;
  readonly n: number;
  /** Before the call is made, right after, or when its answer arrives. */
  readonly when: 'before' | 'after' | 'answered';
}

/**
 * WebGPU's entry point whose devices are lost at calls that were chosen beforehand, one after the other. What such a device
 * is asked then fails as in Chromium when its GPU process dies, which is rougher than Dawn is by itself: everything that
 * is awaited is rejected, with errors of no class of ours, and only then the device says that it is lost.
 */
export class Losing {
  readonly gpu: GPU;
  /** To come. */
  #moments: Moment[] = [];
  #reached: Moment[] = [];
  #counts = new Map<Call, number>();
  /** The one opened last. */
  #device: { lose(): void } | null = null;

  constructor(entry: GPU) {
    this.gpu = instead(() => entry, {
      requestAdapter: async (options) => {
        if (this.#reach('requestAdapter')) return null;
        const adapter = await entry.requestAdapter(options);
        return (
          adapter &&
          instead(() => adapter, {
            requestDevice: async (descriptor) => {
              if (this.#reach('requestDevice')) throw dropped('requestDevice');
              return this.#wrap(await adapter.requestDevice(descriptor));
            },
          })
        );
      },
    });
  }

  /** From now on. */
  plan(moments: readonly Moment[]): void {
    this.#moments = [...moments];
    this.#reached = [];
    this.#counts = new Map();
  }

  /** Loses the device that was opened last. */
  lose(): void {
    this.#device?.lose();
  }

  /** How often each call was made since the last loss, or since `plan`. */
  get counts(): ReadonlyMap<Call, number> {
    return this.#counts;
  }

  /** Moments that came. */
  get reached(): readonly Moment[] {
    return this.#reached;
  }

  /** Counts a call; whether it is the one. */
  #reach(call: Call): Moment | null {
    const count = (this.#counts.get(call) ?? 0) + 1;
    this.#counts.set(call, count);
    const [next] = this.#moments;
    if (next?.call !== call || next.n !== count) return null;
    this.#moments.shift();
    this.#reached.push(next);
    this.#counts = new Map();
    return next;
  }

  #wrap(real: GPUDevice): GPUDevice {
    let lost = false;
    let tell!: (info: GPUDeviceLostInfo) => void;
    const told = new Promise<GPUDeviceLostInfo>((resolve) => (tell = resolve));
    const device = {
      lose: (): void => {
        if (lost) return;
        lost = true;
        real.destroy();
        // After what was awaited has failed.
        setTimeout(() => tell({ reason: 'unknown', message: 'lost on purpose' } as GPUDeviceLostInfo));
      },
    };
    const answer = async <T>(call: string, work: () => Promise<T>): Promise<T> => {
      const result = await work();
      if (lost) throw dropped(call);
      return result;
    };
    const at = <T>(call: Call, work: () => T): T => {
      if (lost || this.#device !== device) return work();
      const moment = this.#reach(call);
      if (moment?.when === 'before') device.lose();
      const result = work();
      if (moment?.when === 'answered' && result instanceof Promise) {
        return result.finally(() => device.lose()) as T;
      }
      if (moment) device.lose();
      return result;
    };
    this.#device = device;
    const queue = instead(() => real.queue, {
      submit: (commands) => at('submit', () => real.queue.submit(commands)),
      writeBuffer: (...write: Parameters<GPUQueue['writeBuffer']>) =>
        at('writeBuffer', () => real.queue.writeBuffer(...write)),
      onSubmittedWorkDone: () => answer('onSubmittedWorkDone', () => real.queue.onSubmittedWorkDone()),
    });
    const mapped = (buffer: GPUBuffer): GPUBuffer => {
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...range) => at('mapAsync', () => answer('mapAsync', () => mapAsync(...range)));
      return buffer;
    };
    const informed = (module: GPUShaderModule): GPUShaderModule => {
      const info = originals.get(module) ?? module.getCompilationInfo.bind(module);
      originals.set(module, info);
      module.getCompilationInfo = () => answer('getCompilationInfo', info);
      return module;
    };
    return instead(() => real, {
      queue,
      lost: Promise.race([told, real.lost.then((info) => (lost ? told : info))]),
      createBuffer: (descriptor) => at('createBuffer', () => mapped(real.createBuffer(descriptor))),
      createShaderModule: (descriptor) =>
        at('createShaderModule', () => informed(real.createShaderModule(descriptor))),
      createBindGroup: (descriptor) => at('createBindGroup', () => real.createBindGroup(descriptor)),
      createComputePipelineAsync: (descriptor) =>
        at('createComputePipelineAsync', () =>
          answer('createComputePipelineAsync', () => real.createComputePipelineAsync(descriptor)),
        ),
      popErrorScope: () => at('popErrorScope', () => answer('popErrorScope', () => real.popErrorScope())),
    });
  }
}

/** As Chromium puts it. */
const dropped = (call: string): Error =>
  Object.assign(new Error(`Instance dropped error in ${call}`), { name: 'OperationError' });

/** Of modules, which devices may share: what they do when nothing is lost. */
const originals = new WeakMap<GPUShaderModule, GPUShaderModule['getCompilationInfo']>();
