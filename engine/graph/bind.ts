/** From recorded dispatches to what an encoder takes: pipelines, bind groups, submissions. */
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { CompiledKernel } from '../runtime/pipelines';
import type { Dispatch } from './dispatch';
import type { Tensor } from './tensor';
import { packUniforms, uniformBuffer, type Acquire } from './uniforms';

export interface Bound {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

/**
 * Every pipeline that these dispatches need, by their text, compiled side by side. Throws `KernelError` for the first
 * that does not compile, and `DeviceError` if the device is lost meanwhile.
 */
export async function compileAll(
  device: Device,
  dispatches: readonly Dispatch[],
  onProgress?: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, CompiledKernel>> {
  const variants = new Map(dispatches.map((d) => [d.variant.code, d.variant]));
  let done = 0;
  return new Map(
    await Promise.all(
      [...variants].map(async ([code, variant]) => {
        const pipeline = await device.pipelines.get(variant).catch(async (error: unknown) => {
          throw (await device.loss()) ?? error; // what a lost device does not compile is no fault of the kernel
        });
        onProgress?.(++done, variants.size);
        return [code, pipeline] as const;
      }),
    ),
  );
}

/** Binds each dispatch to the memory of its tensors. */
export function bindAll(
  device: Device,
  dispatches: readonly Dispatch[],
  compiled: ReadonlyMap<string, CompiledKernel>,
  memoryOf: (root: Tensor) => Storage,
  acquire: Acquire,
): readonly Bound[] {
  const { data, offsets } = packUniforms(dispatches);
  const uniforms = uniformBuffer(device, acquire, data);
  return dispatches.map((dispatch, i): Bound => {
    const { pipeline, layout } = compiled.get(dispatch.variant.code)!;
    const entries: GPUBindGroupEntry[] = dispatch.tensors.map(({ tensor, binding }) => {
      const { buffer, offset, size } = memoryOf(tensor.root);
      return { binding, resource: { buffer, offset, size } };
    });
    const { uniform } = dispatch.variant;
    if (uniform) {
      const resource = { buffer: uniforms.buffer, offset: offsets[i], size: uniform.layout.size };
      entries.push({ binding: uniform.binding.index, resource });
    }
    const group = device.gpu.createBindGroup({ label: dispatch.label, layout, entries });
    return { dispatch, pipeline, group };
  });
}

/** Encodes dispatches as one compute pass; `step` is group 1. */
export function encode(
  encoder: GPUCommandEncoder,
  label: string,
  step: GPUBindGroup,
  part: readonly Bound[],
): void {
  const pass = encoder.beginComputePass({ label });
  pass.setBindGroup(1, step);
  let current: GPUComputePipeline | null = null;
  for (const { pipeline, group, dispatch } of part) {
    if (pipeline !== current) pass.setPipeline((current = pipeline));
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(dispatch.grid[0], dispatch.grid[1], dispatch.grid[2]);
  }
  pass.end();
}

/**
 * Most floating-point operations of one submission. Drivers reset a GPU that works on one for about two seconds
 * (Windows' watchdog); this is a fraction of a second on the slowest integrated GPUs.
 */
export const SUBMIT_FLOPS = 20e9;

export function bySubmission(dispatches: readonly Bound[]): Bound[][] {
  const parts: Bound[][] = [[]];
  let flops = 0;
  for (const bound of dispatches) {
    if (flops > 0 && flops + bound.dispatch.flops > SUBMIT_FLOPS) {
      parts.push([]);
      flops = 0;
    }
    parts.at(-1)!.push(bound);
    flops += bound.dispatch.flops;
  }
  return parts;
}
