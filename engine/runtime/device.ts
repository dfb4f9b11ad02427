import {
  DeviceError,
  expectFunction,
  expectObject,
  expectOneOf,
  expectOptions,
  throwIfAborted,
} from '../errors';
import { BufferPool, USAGE } from './buffers';
import { RUNG_NAMES, type Capabilities, type Rungs } from './capabilities';
import { PipelineCache } from './pipelines';
import { READ, Readback } from './transfer';

/** How `Device.open` chooses an adapter, and what it tells meanwhile. */
export interface DeviceOptions {
  readonly powerPreference?: GPUPowerPreference;
  readonly signal?: AbortSignal;
  /** WebGPU's entry point where it is not `navigator.gpu`: in Node, `create([])` of the npm package `webgpu`. */
  readonly gpu?: GPU;
  /** Ask for WebGPU's default limits and no features: to test what the weakest device does. */
  readonly minimal?: boolean;
  readonly label?: string;
  /**
   * Called at each kernel that is compiled, for whatever plan: how many are ready of those that were asked for since all
   * were. A first run compiles dozens, which may take a minute; browsers and drivers keep most of the work for the next.
   */
  readonly onCompile?: (ready: number, asked: number) => void;
}

/** What the browser or driver tells of an adapter; each '' where it keeps that to itself. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|microsoft basic render|warp|softpipe/i;

/**
 * A dispatch is not interrupted, and Windows resets a GPU that is busy for two seconds. Kernels reach about a third of
 * a GPU's peak, so that these are 0.3 seconds of an integrated GPU of 1 TFLOP/s and one second of the slowest. Many fewer
 * would not fill large GPUs: of attention over 16,384 rows these are 750 workgroups and more. Reasoned, not measured.
 */
const DISPATCH_FLOPS = 100e9;

const DISPOSED = 'the device was disposed of';

/** What a device that answers no more may take until it says that it is lost. */
const GRACE_MS = 5000;

/** A WebGPU device and what Heed keeps for it: buffer pool, pipelines, readback. */
export class Device implements Disposable {
  readonly gpu: GPUDevice;
  readonly info: AdapterInfo;
  readonly buffers: BufferPool;
  readonly pipelines: PipelineCache;
  readonly readback: Readback;
  /** Resolves once, when the device is gone. `reason` tells whether we disposed of it or it was lost. */
  readonly lost: Promise<DeviceError>;
  /** WebGPU's entry point, if we asked it for the device: Dawn in Node crashes once that is collected. */
  readonly entry: GPU | null;
  #can: Capabilities;
  #lostError: DeviceError | null = null;
  #disposed = false;

  private constructor(gpu: GPUDevice, info: AdapterInfo, software: boolean, entry: GPU | null) {
    this.gpu = gpu;
    this.info = info;
    this.entry = entry;
    const { features, limits } = gpu;
    const subgroupInfo = gpu.adapterInfo as GPUAdapterInfo | undefined;
    const subgroups = features.has('subgroups')
      ? { min: subgroupInfo?.subgroupMinSize ?? 4, max: subgroupInfo?.subgroupMaxSize ?? 128 }
      : null;
    this.#can = {
      f16: features.has('shader-f16'),
      subgroups,
      manyRegisters: subgroups === null || subgroups.min >= 32,
      timestamps: features.has('timestamp-query'),
      software,
      maxBinding: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
      maxWorkgroupMemory: limits.maxComputeWorkgroupStorageSize,
      maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
      dispatchFlops: DISPATCH_FLOPS,
    };
    this.buffers = new BufferPool(gpu);
    this.pipelines = new PipelineCache(gpu);
    this.readback = new Readback(gpu, this.buffers);
    this.lost = gpu.lost.then(({ reason, message }) => {
      this.#lostError = new DeviceError(
        'Device',
        reason === 'destroyed' ? DISPOSED : `the device was lost (${message || 'no reason given'})`,
        reason === 'destroyed'
          ? ''
          : 'Open a new one with Device.open() and resume from the last checkpoint.',
      );
      return this.#lostError;
    });
  }

  /**
   * Opens the best adapter with its full limits and every optional feature that Heed can use.
   * Throws `DeviceError` where there is no WebGPU or no adapter, saying what to do.
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    expectOptions('Device.open', options, {
      ...{ signal: 0, minimal: 0, onCompile: 0, powerPreference: 0, gpu: 0, label: 0 },
    });
    const { signal, minimal = false, onCompile = null } = options;
    expectFunction('Device.open', 'onCompile', onCompile);
    throwIfAborted(signal);
    const entry = options.gpu ?? (globalThis.navigator as Navigator | undefined)?.gpu;
    if (!entry) {
      const insecure = (globalThis as { isSecureContext?: boolean }).isSecureContext === false;
      throw new DeviceError(
        'Device',
        insecure ? 'WebGPU needs a secure context' : 'this environment has no WebGPU',
        insecure
          ? 'Serve the page over https or from localhost.'
          : 'Use Chrome or Edge 113, Safari 26, Firefox 141 or newer; in Node pass { gpu } from the npm package webgpu.',
      );
    }
    if (typeof (entry as Partial<GPU>).requestAdapter !== 'function')
      throw new DeviceError('Device.open', 'gpu has no requestAdapter', 'Give a navigator.gpu.');
    const refused = (cause: unknown): never => {
      throw new DeviceError('Device', `the adapter gave no device (${String(cause)})`, 'Try again soon.', {
        cause,
      });
    };
    const adapter = await entry
      .requestAdapter({ powerPreference: options.powerPreference ?? 'high-performance' })
      .catch(refused);
    throwIfAborted(signal);
    if (!adapter) {
      throw new DeviceError(
        'Device',
        'no WebGPU adapter',
        'Update the graphics driver or allow hardware acceleration; on Linux start Chrome with --enable-unsafe-webgpu.',
      );
    }
    const requiredLimits: Record<string, number> = {};
    if (!minimal) for (const limit of LIMITS) requiredLimits[limit] = adapter.limits[limit];
    const gpu = await adapter
      .requestDevice({
        label: options.label ?? 'heed',
        requiredLimits,
        requiredFeatures: minimal
          ? []
          : (FEATURES.filter((f) => adapter.features.has(f)) as GPUFeatureName[]),
      })
      .catch(refused);
    if (signal?.aborted) {
      gpu.destroy();
      throwIfAborted(signal);
    }
    const device = new Device(gpu, describe(adapter.info), isSoftware(adapter.info), entry);
    device.pipelines.onCompile = onCompile;
    return device;
  }

  /** Wraps an app's own device, which Heed will never destroy. Its features and limits are used as they are. */
  static from(gpu: GPUDevice, options: Pick<DeviceOptions, 'onCompile'> = {}): Device {
    expectOptions('Device.from', options, { onCompile: 0 });
    const { onCompile = null } = options;
    expectFunction('Device.from', 'onCompile', onCompile);
    const info = gpu.adapterInfo as GPUAdapterInfo | undefined;
    const device = new Device(gpu, describe(info), isSoftware(info), null);
    device.pipelines.onCompile = onCompile;
    return device;
  }

  get can(): Capabilities {
    return this.#can;
  }

  /**
   * Has every later plan take these rungs, whatever they cost here: those of another session, say, whose numbers are to come
   * again bit for bit. Kinds that are left out have what the adapter usually has: all of them, where `rungs` is `{}`. Throws
   * `EngineError` for kinds and rungs that there are none of.
   */
  setRungs(rungs: Rungs): void {
    expectObject('Device.setRungs', 'rungs', rungs);
    expectOptions('Device.setRungs', rungs, { matmul: 0, fewRows: 0, attention: 0 });
    for (const [kind, rung] of Object.entries(rungs)) expectOneOf('Device.setRungs', kind, rung, RUNG_NAMES);
    const { rungs: _before, ...can } = this.#can;
    this.#can = Object.keys(rungs).length > 0 ? { ...can, rungs: { ...rungs } } : can;
  }

  /** Whether its memory is there: it was neither lost nor disposed of. */
  get alive(): boolean {
    return this.#lostError === null && !this.#disposed;
  }

  /** Throws if the device is gone, so that a run fails with a reason and not with silence. */
  assertAlive(where: string): void {
    if (this.#lostError) throw new DeviceError(where, this.#lostError.what, this.#lostError.todo);
    if (this.#disposed) throw new DeviceError(where, DISPOSED); // WebGPU says so a moment later
  }

  /**
   * The loss if it is lost, else null. Other calls may fail a moment before it says so, with whatever error: so it is
   * asked, and who has an error of its own to judge asks first.
   */
  async loss(): Promise<DeviceError | null> {
    if (this.#lostError) return this.#lostError;
    const answers = this.#answers().then(
      () => null,
      () => new Promise<null>((resolve) => setTimeout(resolve, GRACE_MS, null)),
    );
    return Promise.race([this.lost, answers]);
  }

  /** Only a device that is there maps a buffer. */
  async #answers(): Promise<void> {
    const { gpu } = this;
    gpu.pushErrorScope('out-of-memory');
    const buffer = gpu.createBuffer({ size: 4, usage: USAGE.readback });
    gpu.popErrorScope().catch(() => null);
    await buffer.mapAsync(READ);
    buffer.destroy();
  }

  /** Resolves when all work submitted so far is done. Throws `DeviceError` if the device is lost meanwhile. */
  async idle(): Promise<void> {
    await this.gpu.queue.onSubmittedWorkDone().catch(async (cause: unknown) => {
      throw (await this.loss()) ?? cause;
    });
  }

  [Symbol.dispose](): void {
    // A device that the app gave us is the app's to destroy.
    if (this.entry) {
      this.#disposed = true;
      this.buffers.destroy();
      this.gpu.destroy();
    } else {
      this.buffers.trim();
    }
  }
}

/**
 * Has all that `record` records take these rungs (undefined: what the adapter usually has). The device's own are back before anybody else
 * records: `record` awaits nothing.
 */
export function withRungs<T>(device: Device, rungs: Rungs | undefined, record: () => T): T {
  const { rungs: own } = device.can;
  device.setRungs(rungs ?? {});
  try {
    return record();
  } finally {
    device.setRungs(own ?? {});
  }
}

function describe(info: GPUAdapterInfo | undefined): AdapterInfo {
  return {
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    description: info?.description || info?.device || '',
  };
}

function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  if (!info) return false;
  return (
    (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
    SOFTWARE.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`)
  );
}
