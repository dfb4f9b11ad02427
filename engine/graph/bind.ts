/** From recorded dispatches to what an encoder takes: pipelines, bind groups, submissions. */
import type { Storage } from '../runtime/buffers';
import type { Device } from '../runtime/device';
import type { CompiledKernel } from '../runtime/pipelines';
import type { Dispatch } from './graph';
import type { Tensor } from './tensor';
import { ownUniformBuffer, packUniforms } from './uniforms';

export interface Bound {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

/** Every pipeline that these dispatches need, by variant key, compiled side by side. */
export async function compileAll(
  device: Device,
  dispatches: readonly Dispatch[],
  onProgress?: (done: number, total: number) => void,
): Promise<ReadonlyMap<string, CompiledKernel>> {
  const variants = new Map(dispatches.map((d) => [d.variant.key, d.variant]));
  let done = 0;
  return new Map(
    await Promise.all(
      [...variants].map(async ([key, variant]) => {
        const entry = [key, await device.pipelines.get(variant)] as const;
        onProgress?.(++done, variants.size);
        return entry;
      }),
    ),
  );
}

/** Binds each dispatch to the memory of its tensors. The caller destroys the buffer of uniforms. */
export function bindAll(
  device: Device,
  label: string,
  dispatches: readonly Dispatch[],
  compiled: ReadonlyMap<string, CompiledKernel>,
  memoryOf: (root: Tensor) => Storage,
): { bound: readonly Bound[]; uniforms: Storage } {
  const { data, offsets } = packUniforms(dispatches);
  // The pool's buffers have no UNIFORM usage, so uniform blocks have a buffer of their own.
  const uniforms = ownUniformBuffer(device, label, data);
  const bound = dispatches.map((dispatch, i): Bound => {
    const { pipeline, layout } = compiled.get(dispatch.variant.key)!;
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
  return { bound, uniforms };
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
