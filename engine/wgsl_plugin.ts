/**
 * Vite plugin: `import shader from './x.wgsl'` gives a `Shader`: the text plus all that the runtime must know
 * about it, reflected at build time, so that WGSL stays the single source of bindings, uniform offsets and
 * constants while the 45 KB reflector stays out of the shipped bundle.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WgslReflect, type StructInfo } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { Plugin } from 'vite';
// With its extension: Vite's native config loader reads this file unbundled.
import { findConstants } from './runtime/constants.ts';
import type { Shader, ShaderBinding, UniformField } from './runtime/shader';

/** Drops comments and blanks that mean nothing, but keeps every line break: compiler line numbers stay true. */
export function strip(code: string): string {
  return code
    .replace(/[ \t]*\/\/.*$/gm, '')
    .replace(/^[ \t]+/gm, '')
    .replace(/[ \t]*([{}()[\],;:])[ \t]*/g, '$1');
}

/** Reflects one WGSL file. Linked files may refer to each other's names; only this file's own are listed. */
export function reflect(file: string, code: string): Shader {
  let info: WgslReflect;
  try {
    info = new WgslReflect(code);
  } catch (cause) {
    throw new Error(`${file}: wgsl_reflect cannot parse it: ${String(cause)}`, { cause });
  }
  const bindings: ShaderBinding[] = [
    ...info.storage.map((s) => ({
      name: s.name,
      group: s.group,
      index: s.binding,
      access: s.access === 'read_write' ? ('read_write' as const) : ('read' as const),
    })),
    ...info.uniforms.map((u) => ({
      name: u.name,
      group: u.group,
      index: u.binding,
      access: 'uniform' as const,
    })),
  ].sort((a, b) => a.group - b.group || a.index - b.index);

  const uniforms: Record<string, { size: number; fields: UniformField[] }> = {};
  for (const u of info.uniforms) {
    const members = (u.type as StructInfo).members ?? [];
    uniforms[u.name] = {
      size: Math.ceil((u.type.size ?? 0) / 16) * 16,
      fields: members.map((m, i) => {
        const type = m.type.name;
        if (type !== 'u32' && type !== 'i32' && type !== 'f32') {
          throw new Error(`${file}: uniform ${u.name}.${m.name} is ${type}; use u32, i32 or f32 fields.`);
        }
        if (m.offset !== 4 * i)
          throw new Error(`${file}: uniform ${u.name}.${m.name} is at ${m.offset}, not ${4 * i}`);
        return { name: m.name, offset: m.offset, type };
      }),
    };
  }

  return { path: file, code, bindings, uniforms, constants: findConstants(code) };
}

/** The module of a shader: its text, and what was reflected in the short form that `unpackShader` reads. */
export function moduleOf({ path: file, code, bindings, uniforms }: Shader): string {
  const words = [
    bindings.map((b) => `${b.name} ${b.group} ${b.index} ${b.access}`),
    Object.entries(uniforms).map(
      ([name, { fields }]) => `${name} ${fields.map((f) => `${f.name}:${f.type}`).join(' ')}`,
    ),
  ];
  const facts = [file, code, ...words.map((list) => list.join('|'))].map((text) => JSON.stringify(text));
  const unpack = JSON.stringify(fileURLToPath(new URL('./runtime/shader.ts', import.meta.url)));
  return `import { unpackShader } from ${unpack};
export default /*#__PURE__*/ unpackShader(${facts.join(', ')});`;
}

export function wgsl(): Plugin {
  let root = process.cwd();
  let shipped = false;
  return {
    name: 'heed-wgsl',
    configResolved(config) {
      shipped = config.command === 'build';
      root = process.cwd();
    },
    load: {
      filter: { id: /\.wgsl$/ },
      handler(id) {
        if (!id.endsWith('.wgsl')) return null;
        const source = readFileSync(id, 'utf8');
        const shader = reflect(
          path.relative(root, id).replaceAll('\\', '/'),
          shipped ? strip(source) : source,
        );
        this.addWatchFile(id);
        return { code: moduleOf(shader), map: null, moduleType: 'js' };
      },
    },
  };
}
