import { DeviceError, throwIfAborted } from '../errors';
import { BufferPool } from './buffers';
import { PipelineCache } from './pipelines';
import { Readback } from './transfer';

/** What kernels may choose their variants by. */
export interface Capabilities {
  /** `shader-f16`: 16-bit storage. */
  readonly f16: boolean;
  readonly subgroups: { readonly min: number; readonly max: number } | null;
  /** `timestamp-query`: per-kernel GPU times. */
  readonly timestamps: boolean;
  /** A CPU pretends to be a GPU (SwiftShader, lavapipe, WARP): other tiles are fast there. */
  readonly software: boolean;
  /** Largest storage binding, bytes. */
  readonly maxBinding: number;
  /** Workgroup memory, bytes. */
  readonly maxWorkgroupMemory: number;
  /** Invocations per workgroup. */
  readonly maxInvocations: number;
  /** Floating-point operations that one dispatch should take at most. */
  readonly dispatchFlops: number;
}

export interface DeviceOptions {
  readonly powerPreference?: GPUPowerPreference;
  readonly signal?: AbortSignal;
  /** WebGPU's entry point where it is not `navigator.gpu`: in Node, `create([])` of the npm package `webgpu`. */
  readonly gpu?: GPU;
  /** Ask for WebGPU's default limits and no features: to test what the weakest device does. */
  readonly minimal?: boolean;
  readonly label?: string;
}

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

/** A WebGPU device and what Heed keeps for it: buffer pool, pipelines, readback ring. */
export class Device implements Disposable {
  readonly gpu: GPUDevice;
  readonly can: Capabilities;
  readonly info: AdapterInfo;
  readonly buffers: BufferPool;
  readonly pipelines: PipelineCache;
  readonly readback: Readback;
  /** Resolves once, when the device is gone. `reason` tells whether we disposed of it or it was lost. */
  readonly lost: Promise<DeviceError>;
  /** WebGPU's entry point, if we asked it for the device: Dawn in Node crashes once that is collected. */
  readonly entry: GPU | null;
  #lostError: DeviceError | null = null;

  private constructor(gpu: GPUDevice, info: AdapterInfo, software: boolean, entry: GPU | null) {
    this.gpu = gpu;
    this.info = info;
    this.entry = entry;
    const { features, limits } = gpu;
    const subgroupInfo = gpu.adapterInfo as GPUAdapterInfo | undefined;
    this.can = {
      f16: features.has('shader-f16'),
      subgroups: features.has('subgroups')
        ? { min: subgroupInfo?.subgroupMinSize ?? 4, max: subgroupInfo?.subgroupMaxSize ?? 128 }
        : null,
      timestamps: features.has('timestamp-query'),
      software,
      maxBinding: limits.maxStorageBufferBindingSize,
      maxWorkgroupMemory: limits.maxComputeWorkgroupStorageSize,
      maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
      dispatchFlops: DISPATCH_FLOPS,
    };
    this.buffers = new BufferPool(gpu);
    this.pipelines = new PipelineCache(gpu);
    this.readback = new Readback(gpu);
    this.lost = gpu.lost.then(({ reason, message }) => {
      this.#lostError = new DeviceError(
        'Device',
        reason === 'destroyed'
          ? 'the device was disposed of'
          : `the device was lost (${message || 'no reason given'})`,
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
    const { signal, minimal = false } = options;
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
    const adapter = await entry.requestAdapter({
      powerPreference: options.powerPreference ?? 'high-performance',
    });
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
    const gpu = await adapter.requestDevice({
      label: options.label ?? 'heed',
      requiredLimits,
      requiredFeatures: minimal ? [] : (FEATURES.filter((f) => adapter.features.has(f)) as GPUFeatureName[]),
    });
    if (signal?.aborted) {
      gpu.destroy();
      throwIfAborted(signal);
    }
    return new Device(gpu, describe(adapter.info), isSoftware(adapter.info), entry);
  }

  /** Wraps an app's own device, which Heed will never destroy. Its features and limits are used as they are. */
  static from(gpu: GPUDevice): Device {
    const info = gpu.adapterInfo as GPUAdapterInfo | undefined;
    return new Device(gpu, describe(info), isSoftware(info), null);
  }

  /** Throws if the device is gone, so that a run fails with a reason and not with silence. */
  assertAlive(where: string): void {
    if (this.#lostError) throw new DeviceError(where, this.#lostError.what, this.#lostError.todo);
  }

  /** Resolves when all work submitted so far is done. */
  async idle(): Promise<void> {
    await this.gpu.queue.onSubmittedWorkDone();
  }

  [Symbol.dispose](): void {
    this.readback.destroy();
    // A device that the app gave us is the app's to destroy.
    if (this.entry) {
      this.buffers.destroy();
      this.gpu.destroy();
    } else {
      this.buffers.trim();
    }
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
