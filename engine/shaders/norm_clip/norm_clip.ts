import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability } from '../../runtime/shader';
import reduceBase from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import finishWgsl from './finish.wgsl';
import squaresWgsl from './squares.wgsl';

const reduce = byCapability({ base: reduceBase, subgroups: reduceSubgroups });
const squares = defineKernel({ name: 'norm_clip.squares', wgsl: [reduce, squaresWgsl] });
const finish = defineKernel({ name: 'norm_clip.finish', wgsl: [reduce, finishWgsl] });

/** Stands for no clip: the scale is 1 for every norm that can arise, as gradients of 2^48 count as blown up. */
const NO_CLIP = 2 ** 120;
/** Lanes of a workgroup, and workgroups over one block: enough to fill a GPU, few enough for the last one to add up.
 * A software adapter pays for every barrier and has few cores to fill. */
const GPU = { LANES: 128, groups: 1024 };
const SOFTWARE = { LANES: 16, groups: 64 };
/** Elements (or vectors of four) per invocation that make another workgroup worth its start. */
const PER_LANE = 8;

/**
 * The L2 norm over all `gradients` together, f32 blocks of any shape -> [2]:
 * [0] the norm, [1] the clip scale min(1, clip / (norm + 1e-6)) of `torch.nn.utils.clip_grad_norm_`, which
 * `adamw` multiplies gradients by. Both are found in a fixed order, so two runs agree to the bit.
 *
 * A gradient that is not finite, or at least 2^48 in magnitude, makes [-1, 0]: `adamw` then skips the update, and every
 * later run of the plan does the same, until the host, which may report it, clears the result. Throws `ShapeError` without gradients, for other dtypes, and for a clip not above 0.
 */
export function globalNorm(g: Graph, gradients: readonly Tensor[], clip = Infinity): Tensor {
  const where = g.where('globalNorm');
  if (gradients.length === 0)
    throw new ShapeError(where, 'there are no gradients', 'Pass at least one block.');
  if (!(clip > 0)) {
    throw new ShapeError(where, `clip is ${clip}`, 'It must be above 0; Infinity switches clipping off.');
  }
  const { LANES, groups: most } = g.device.can.software ? SOFTWARE : GPU;
  const blocks = gradients.map((block) => {
    expectDType(where, block, 'f32');
    const wide = block.size % 4 === 0;
    const n = wide ? block.size / 4 : block.size;
    const groups = Math.min(most, Math.ceil(n / (LANES * PER_LANE)));
    return { block, wide, n, groups };
  });
  const count = blocks.reduce((sum, b) => sum + b.groups, 0);
  const partials = g.value('squares', [count], 'f32');
  let first = 0;
  for (const { block, wide, n, groups } of blocks) {
    g.dispatch(
      squares,
      { g: block, partials },
      {
        uniforms: { n, first },
        constants: { LANES, T: wide ? 'vec4<f32>' : 'f32', WIDTH: wide ? 4 : 1 },
        grid: [groups],
        flops: 2 * block.size,
      },
    );
    first += groups;
  }
  const y = g.value('norm and clip scale', [2], 'f32');
  g.dispatch(
    finish,
    { partials, y },
    { uniforms: { n: count, clip: Math.min(clip, NO_CLIP) }, constants: { LANES }, grid: [1] },
  );
  return y;
}
