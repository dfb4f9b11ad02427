/** What one dispatch of a recording is, and the checks that it makes sense. */
import { KernelError } from '../errors';
import type { Capabilities } from '../runtime/capabilities';
import type { Kernel, KernelVariant } from '../runtime/kernel';
import type { Constants } from '../runtime/shader';
import type { Tensor } from './tensor';

/** Workgroups of a dispatch; those that are left out are 1. */
export type Grid = readonly [x: number, y?: number, z?: number];

/** What a dispatch has besides its kernel and tensors, see `Graph.dispatch`. */
export interface DispatchOptions {
  /** Values of the kernel's static uniform block, by field name. */
  readonly uniforms?: Readonly<Record<string, number>>;
  readonly constants?: Constants;
  /** Workgroups per dimension; see `linearGrid` for more than 65,535. */
  readonly grid: Grid;
  /** Floating-point operations of this dispatch, for profiles: a multiply-add counts two. */
  readonly flops?: number;
  /** Bytes moved, where it is not simply all that is bound. */
  readonly bytes?: number;
}

/** One recorded dispatch. */
export interface Dispatch {
  readonly label: string;
  readonly variant: KernelVariant;
  /** In the order of `variant.bindings`, uniforms left out. */
  readonly tensors: readonly { readonly tensor: Tensor; readonly write: boolean; readonly binding: number }[];
  readonly uniforms: Readonly<Record<string, number>>;
  readonly grid: readonly [number, number, number];
  readonly flops: number;
  readonly bytes: number;
}

const MAX_GRID = 65_535;

/** A grid for `count` workgroups in one row; folded into two dimensions above WebGPU's 65,535. Kernels take
 * `workgroup_id.x + workgroup_id.y * num_workgroups.x` and guard the end. */
export function linearGrid(count: number): Grid {
  if (count <= MAX_GRID) return [Math.max(1, count)];
  const y = Math.ceil(count / MAX_GRID);
  return [Math.ceil(count / y), y];
}

/** The dispatch, checked: every binding is given by the name that the shader declares, and every uniform. */
export function dispatchOf(
  { where, label, can }: { readonly where: string; readonly label: string; readonly can: Capabilities },
  kernel: Kernel,
  bind: Readonly<Record<string, Tensor>>,
  options: DispatchOptions,
): Dispatch {
  const variant = kernel.variant(options.constants ?? {}, can);
  const storage = variant.bindings.filter((b) => b.access !== 'uniform');
  const declared = storage.map((b) => b.name);
  for (const name of Object.keys(bind)) {
    if (!declared.includes(name)) {
      throw new KernelError(where, `no binding "${name}"`, `The shader declares ${declared.join(', ')}.`);
    }
  }
  const tensors = storage.map((b) => {
    const tensor = bind[b.name];
    if (!tensor)
      throw new KernelError(where, `binding "${b.name}" is missing`, `Bind ${declared.join(', ')}.`);
    if (tensor.bytes > can.maxBinding) {
      throw new KernelError(
        where,
        `${tensor.toString()} takes ${tensor.bytes} bytes, more than a binding's ${can.maxBinding}`,
        'Use a smaller batch, context or vocabulary.',
      );
    }
    const [half, packed] = [variant.halves.has(b.name), variant.packed.has(b.name)];
    if (half !== (tensor.dtype === 'f16') || packed !== (tensor.packed !== null)) {
      throw new KernelError(
        where,
        `${tensor.toString()} is bound where the shader reads ${half ? 'f16' : packed ? 'packed weights' : '32 bits'}`,
        'Give it another storage: this op does not take it.',
      );
    }
    return { tensor, write: b.access === 'read_write', binding: b.index };
  });
  const written = tensors.filter((t) => t.write).map((t) => t.tensor.root);
  for (const { tensor, write } of tensors) {
    if (!write && written.includes(tensor.root)) {
      throw new KernelError(
        where,
        `${tensor.name} is both read and written`,
        'Bind another tensor for the output.',
      );
    }
  }
  const uniforms = options.uniforms ?? {};
  const fields = variant.uniform?.layout.fields.map((f) => f.name) ?? [];
  const missing = fields.filter((f) => uniforms[f] === undefined);
  const unknown = Object.keys(uniforms).filter((f) => !fields.includes(f));
  if (missing.length + unknown.length > 0) {
    throw new KernelError(where, `uniforms differ: missing [${missing.join()}], unknown [${unknown.join()}]`);
  }
  const odd = fields.find((f) => typeof uniforms[f] !== 'number' || Number.isNaN(uniforms[f]));
  if (odd !== undefined) throw new KernelError(where, `${odd} is ${uniforms[odd]}`, 'Use a number.');
  const [x, y = 1, z = 1] = options.grid;
  if (Math.max(x, y, z) > MAX_GRID || Math.min(x, y, z) < 1) {
    throw new KernelError(
      where,
      `a grid of ${x}×${y}×${z} workgroups`,
      `Each dimension takes 1 to ${MAX_GRID}.`,
    );
  }
  return {
    label,
    variant,
    tensors,
    uniforms,
    grid: [x, y, z],
    flops: options.flops ?? 0,
    bytes: options.bytes ?? tensors.reduce((sum, t) => sum + t.tensor.bytes, 0),
  };
}
