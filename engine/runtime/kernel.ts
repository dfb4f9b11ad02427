import { KernelError } from '../errors';
import type { Capabilities } from './device';
import {
  link,
  type ByCapability,
  type Constants,
  type Shader,
  type ShaderBinding,
  type UniformLayout,
} from './shader';

export interface KernelDefinition {
  /** `op.pass`, for example `layernorm.forward`: the name in labels, errors and profiles. */
  readonly name: string;
  /** Files that make up the kernel; linked in order, entry point `main`. */
  readonly wgsl: readonly (Shader | ByCapability)[];
}

/** A kernel whose constants are fixed: text to compile plus its binding layout. Holds no GPU object. */
export interface KernelVariant {
  readonly kernel: string;
  /** Equal for equal variants; identifies the pipeline. */
  readonly key: string;
  readonly code: string;
  /** Which file each range of lines came from, to name it in compile errors. */
  readonly lines: readonly { readonly path: string; readonly first: number }[];
  /** Group 0: the op's tensors and its static sizes, by name. */
  readonly bindings: readonly ShaderBinding[];
  /** The static uniform block of group 0, if the kernel has one. */
  readonly uniform: { readonly binding: ShaderBinding; readonly layout: UniformLayout } | null;
  /** Whether group 1, the replay's `Step`, is bound. */
  readonly usesStep: boolean;
}

export interface Kernel {
  readonly name: string;
  variant(constants: Constants, can: Capabilities): KernelVariant;
}

// Bundlers leave out what they know to have no side effects: the kernels of ops that a program does not use.
/*#__NO_SIDE_EFFECTS__*/
export function defineKernel({ name, wgsl }: KernelDefinition): Kernel {
  const variants = new Map<string, KernelVariant>();
  return {
    name,
    variant(constants, can) {
      const settings = Object.keys(constants)
        .sort()
        .map((k) => `${k}=${String(constants[k])}`)
        .join(' ');
      const key =
        `${name}${can.subgroups && wgsl.some((f) => 'base' in f) ? ' subgroups' : ''} ${settings}`.trim();
      let variant = variants.get(key);
      if (!variant) {
        variant = build(name, key, wgsl, constants, can);
        variants.set(key, variant);
      }
      return variant;
    },
  };
}

function build(
  name: string,
  key: string,
  wgsl: KernelDefinition['wgsl'],
  constants: Constants,
  can: Capabilities,
): KernelVariant {
  const { code, files, lines } = link(name, wgsl, constants, can);
  const all = files.flatMap((f) => f.bindings);
  const bindings = all.filter((b) => b.group === 0).sort((a, b) => a.index - b.index);
  const storage = bindings.filter((b) => b.access !== 'uniform').length;
  if (storage > 8) {
    throw new KernelError(
      name,
      `${storage} storage buffers are bound`,
      'WebGPU guarantees 8; split the kernel.',
    );
  }
  const uniformBinding = bindings.find((b) => b.access === 'uniform');
  const layout = uniformBinding && files.map((f) => f.uniforms[uniformBinding.name]).find((u) => u);
  return {
    kernel: name,
    key,
    code,
    lines,
    bindings,
    uniform: uniformBinding && layout ? { binding: uniformBinding, layout } : null,
    usesStep: all.some((b) => b.group === 1),
  };
}
