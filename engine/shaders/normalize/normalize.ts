import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability, type Shader } from '../../runtime/shader';
import { elementType } from '../lib/elementwise';
import reduceWgsl from '../lib/reduce.wgsl';
import reduceSubgroupsWgsl from '../lib/reduce_subgroups.wgsl';
import scalarWgsl from '../lib/scalar.wgsl';
import vectorWgsl from '../lib/vector.wgsl';
import aloneWgsl from '../lib/walk_alone.wgsl';
import groupWgsl from '../lib/walk_group.wgsl';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const reduce = byCapability({ base: reduceWgsl, subgroups: reduceSubgroupsWgsl });
const pair = (pass: string, code: Shader, width: Shader) => ({
  group: defineKernel({ name: `normalize.${pass}`, wgsl: [reduce, groupWgsl, width, code] }),
  alone: defineKernel({ name: `normalize.${pass}_software`, wgsl: [aloneWgsl, width, code] }),
});
const scalar = {
  forward: pair('forward', forwardWgsl, scalarWgsl),
  backward: pair('backward', backwardWgsl, scalarWgsl),
};
const vector = {
  forward: pair('forward', forwardWgsl, vectorWgsl),
  backward: pair('backward', backwardWgsl, vectorWgsl),
};

const SOFTWARE_LANES = 16;

/**
 * Rows of length 1: y = x / max(‖x‖₂, eps) over the last axis, as `torch.nn.functional.normalize` with dim -1. x (…, C) ->
 * (…, C). A row no longer than `eps` is divided by it, so that 0 stays 0, with gradient dy / eps. Lengths are taken in
 * f32 and never overflow; those below 1e-18 count as 0. Throws `ShapeError` for an eps below 0.
 */
export function normalize(g: Graph, x: Tensor, eps = 1e-12): Tensor {
  const where = g.where('normalize');
  expectDType(where, x, 'f32', 'f16');
  if (!(eps >= 0 && eps < Infinity)) {
    throw new ShapeError(where, `eps is ${eps}`, 'Use a finite number of at least 0, such as 1e-12.');
  }
  const { software } = g.device.can;
  const [n, width] = rows(x);
  const wide = width % 4 === 0;
  const c = wide ? width / 4 : width;
  const kernels = wide ? vector : scalar;
  const rung = software ? 'alone' : 'group';
  const constants = { LANES: software ? SOFTWARE_LANES : c > 256 ? 256 : 64, T: elementType(x.dtype, wide) };
  const grid = linearGrid(software ? Math.ceil(n / SOFTWARE_LANES) : n);
  const y = g.value('normalize', x.shape, x.dtype);
  const stats = g.value('normalize stats', [n, 2], 'f32');
  g.dispatch(kernels.forward[rung], { x, y, stats }, { uniforms: { n, c, eps }, constants, grid });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    const types = { D: elementType(dy.dtype, wide), S: elementType(dx.tensor.dtype, wide) };
    g.dispatch(
      kernels.backward[rung],
      { x, dy, stats, dx: dx.tensor },
      { uniforms: { n, c }, constants: { ...constants, ...types, ADD: dx.add }, grid },
    );
  });
  return y;
}
