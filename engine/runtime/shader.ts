import { KernelError } from '../errors';
import { findConstants } from './constants';
import type { Capabilities } from './capabilities';

export interface ShaderBinding {
  readonly name: string;
  readonly group: number;
  readonly index: number;
  readonly access: 'read' | 'read_write' | 'uniform';
}

export interface UniformField {
  readonly name: string;
  readonly offset: number;
  readonly type: 'u32' | 'i32' | 'f32';
}

export interface UniformLayout {
  readonly size: number;
  readonly fields: readonly UniformField[];
}

/** What `import shader from './x.wgsl'` yields: the text, reflected at build time. */
export interface Shader {
  readonly path: string;
  readonly code: string;
  readonly bindings: readonly ShaderBinding[];
  readonly uniforms: Readonly<Record<string, UniformLayout>>;
  /** Right-hand sides of module-scope `const` and `alias` declarations: what a variant may replace. */
  readonly constants: readonly { readonly name: string; readonly start: number; readonly end: number }[];
}

const entries = (text: string): string[][] => (text ? text.split('|').map((entry) => entry.split(' ')) : []);

/**
 * A `Shader` from the short form in which the plugin ships it: "name group index access|…" for bindings,
 * "name field:type …|…" for uniforms, whose fields follow each other by fours. Constants are found in the text: their
 * offsets would weigh more than all else.
 */
export function unpackShader(path: string, code: string, bindings: string, uniforms: string): Shader {
  return {
    path,
    code,
    bindings: entries(bindings).map(([name, group, index, access]) => ({
      name,
      group: Number(group),
      index: Number(index),
      access: access as ShaderBinding['access'],
    })),
    uniforms: Object.fromEntries(
      entries(uniforms).map(([name, ...members]) => {
        const fields = members.map((member, i) => {
          const [field, type] = member.split(':');
          return { name: field, offset: 4 * i, type: type as UniformField['type'] };
        });
        return [name, { size: Math.ceil(fields.length / 4) * 16, fields }];
      }),
    ),
    constants: findConstants(code),
  };
}

/** One of two files that declare the same functions: `subgroups` where the device has them, `base` elsewhere. */
export interface ByCapability {
  readonly base: Shader;
  readonly subgroups: Shader;
}

/**
 * Names two files with the same functions, for `defineKernel`: `subgroups` is linked where the device has subgroups,
 * `base` elsewhere.
 */
/*#__NO_SIDE_EFFECTS__*/
export function byCapability(choice: ByCapability): ByCapability {
  return choice;
}

/** Storage types go to `alias`, numbers and booleans to `const`. */
export type ConstantValue =
  number | boolean | 'f32' | 'f16' | 'u32' | 'i32' | 'vec4<f32>' | 'vec4<u32>' | 'vec4<f16>';
/** Values of a kernel's module-scope `const` and `alias` declarations, by name. */
export type Constants = Readonly<Record<string, ConstantValue>>;

function literal(value: ConstantValue): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Error(`constant ${value} is not finite`);
  return String(value);
}

/** Replaces the right-hand sides that `constants` names. Offsets were reflected, so nothing is searched for. */
export function specialise(shader: Shader, constants: Constants): string {
  let code = '';
  let from = 0;
  for (const { name, start, end } of shader.constants) {
    const value = constants[name];
    if (value === undefined) continue;
    code += shader.code.slice(from, start) + literal(value);
    from = end;
  }
  return code + shader.code.slice(from);
}

/** WGSL's module scope is order-independent, so linking is concatenation; only `enable` lines must come first. */
export function link(
  name: string,
  files: readonly (Shader | ByCapability)[],
  constants: Constants,
  can: Capabilities,
): { code: string; files: readonly Shader[]; lines: readonly { path: string; first: number }[] } {
  const shaders = files.map((f) => ('base' in f ? (can.subgroups ? f.subgroups : f.base) : f));
  const known = new Set(shaders.flatMap((s) => s.constants.map((c) => c.name)));
  for (const key of Object.keys(constants)) {
    if (!known.has(key)) {
      throw new KernelError(name, `no constant "${key}"`, `The shader declares ${[...known].join(', ')}.`);
    }
  }
  const enables = new Set<string>();
  if (Object.values(constants).some((v) => v === 'f16' || v === 'vec4<f16>')) enables.add('enable f16;');
  const lines: { path: string; first: number }[] = [];
  const bodies = shaders.map((s) =>
    specialise(s, constants).replace(/^enable [^;]*;/gm, (line) => {
      enables.add(line);
      return '';
    }),
  );
  let code = [...enables].join('\n') + (enables.size > 0 ? '\n' : '');
  for (const [i, body] of bodies.entries()) {
    lines.push({ path: shaders[i].path, first: code.split('\n').length });
    code += body.endsWith('\n') ? body : `${body}\n`;
  }
  return { code, files: shaders, lines };
}
