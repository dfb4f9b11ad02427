import { detectRaces } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { Dispatch } from '../../engine/graph/graph';
import { writeStep, STEP_BYTES } from '../../engine/graph/step';
import type { TestArray } from './op';
import { Random } from './op';

/**
 * Runs one recorded dispatch in wgsl_reflect's interpreter and lists data races: two invocations of a phase between
 * barriers touching one word, one of them writing. Tensors that are test inputs hold their data, the rest noise.
 */
export function findRaces(dispatch: Dispatch, inputs: Readonly<Record<string, TestArray>>): string[] {
  const random = new Random(3);
  const group0: Record<string, unknown> = {};
  for (const { tensor, binding } of dispatch.tensors) {
    const given = inputs[tensor.root.name];
    const integer = tensor.dtype === 'u32' || tensor.dtype === 'i32';
    const data = integer
      ? Uint32Array.from({ length: tensor.size }, (_, i) => (given ? given.data[i] : 0))
      : Float32Array.from({ length: tensor.size }, (_, i) => (given ? given.data[i] : random.normal()));
    group0[binding] = data.buffer;
  }
  const { uniform } = dispatch.variant;
  if (uniform) {
    const view = new DataView(new ArrayBuffer(uniform.layout.size));
    for (const { name, offset, type } of uniform.layout.fields) {
      const value = dispatch.uniforms[name];
      if (type === 'f32') view.setFloat32(offset, value, true);
      else if (type === 'u32') view.setUint32(offset, value, true);
      else view.setInt32(offset, value, true);
    }
    group0[uniform.binding.index] = { uniform: view.buffer };
  }
  const step = new DataView(new ArrayBuffer(STEP_BYTES));
  writeStep(step, { length: 1 });
  const { races, errors } = detectRaces(dispatch.variant.code, 'main', [...dispatch.grid], {
    0: group0,
    1: { 0: { uniform: step.buffer } },
  });
  return [...errors, ...races.map((r) => `${r.message} (lines ${r.a.line}, ${r.b.line})`)];
}
