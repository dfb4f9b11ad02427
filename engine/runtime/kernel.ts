import { KernelError } from '../errors';
import type { Capabilities } from './capabilities';
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
  /** Its name and constants, for people: labels, errors, `explain`. */
  readonly label: string;
  /** What is compiled. Identifies the pipeline: variants with the same text are one, whatever they are called. */
  readonly code: string;
  /** Which file each range of lines came from, to name it in compile errors. */
  readonly lines: readonly { readonly path: string; readonly first: number }[];
  /** Group 0: the op's tensors and its static sizes, by name. */
  readonly bindings: readonly ShaderBinding[];
  /** Names of those that hold f16: other tensors there would be read as what they are not. */
  readonly halves: ReadonlySet<string>;
  /** Names of those that hold packed weights, which the shader declares as PACKED. */
  readonly packed: ReadonlySet<string>;
  /** The static uniform block of group 0, if the kernel has one. */
  readonly uniform: { readonly binding: ShaderBinding; readonly layout: UniformLayout } | null;
  /** Whether group 1, the replay's `Step`, is bound. */
  readonly usesStep: boolean;
}

/** A kernel whose constants are still open: shapes, options and what the device can choose a `KernelVariant`. */
export interface Kernel {
  readonly name: string;
  variant(constants: Constants, can: Capabilities): KernelVariant;
}

/**
 * Links WGSL files to a kernel. Nothing is compiled before a plan needs a variant of it. Throws `KernelError` where
 * bindings or functions of the files do not fit together.
 */
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
      const label =
        `${name}${can.subgroups && wgsl.some((f) => 'base' in f) ? ' subgroups' : ''} ${settings}`.trim();
      let variant = variants.get(label);
      if (!variant) {
        variant = build(name, label, wgsl, constants, can);
        variants.set(label, variant);
      }
      return variant;
    },
  };
}

/** Kernels by the files that they begin with. */
interface Branch {
  kernel?: Kernel;
  readonly longer: Map<Shader | ByCapability, Branch>;
}

/**
 * Kernels of an op that chooses their files while it records: the same files, in the same order, give the same kernel,
 * and others never do, whatever they are called.
 */
/*#__NO_SIDE_EFFECTS__*/
export function linkedKernels(): (name: string, wgsl: KernelDefinition['wgsl']) => Kernel {
  const root: Branch = { longer: new Map() };
  return (name, wgsl) => {
    let branch = root;
    for (const file of wgsl) {
      let next = branch.longer.get(file);
      if (!next) branch.longer.set(file, (next = { longer: new Map() }));
      branch = next;
    }
    return (branch.kernel ??= defineKernel({ name, wgsl }));
  };
}

/** Storage bindings of f16 and of packed weights, of vectors of them, or of what an alias makes one. */
function special(code: string): Pick<KernelVariant, 'halves' | 'packed'> {
  const aliases = new Map(
    [...code.matchAll(/\balias\s+(\w+)\s*=\s*([^;]+);/g)].map(([, name, of]) => [name, of]),
  );
  const bindings = code.matchAll(/\bvar<storage[^>]*>\s*(\w+)\s*:\s*array<\s*(?:vec\d<\s*)?(\w+)/g);
  const [halves, packed] = [new Set<string>(), new Set<string>()];
  for (const [, name, type] of bindings) {
    if (type === 'PACKED') packed.add(name);
    else if (/f16|h$/.test(aliases.get(type) ?? type)) halves.add(name);
  }
  return { halves, packed };
}

function build(
  name: string,
  label: string,
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
    label,
    code,
    lines,
    bindings,
    ...special(code),
    uniform: uniformBinding && layout ? { binding: uniformBinding, layout } : null,
    usesStep: all.some((b) => b.group === 1),
  };
}
