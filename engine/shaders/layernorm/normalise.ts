import type { Graph } from '../../graph/graph';
import { linearGrid, type Grid } from '../../graph/graph';
import { expectShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { byCapability, type Shader } from '../../runtime/shader';
import { rowsPerBlock, sumBlocks } from '../column_sum/column_sum';
import { elementType } from '../lib/elementwise';
import reduceWgsl from '../lib/reduce.wgsl';
import reduceSubgroupsWgsl from '../lib/reduce_subgroups.wgsl';
import scalarWgsl from '../lib/scalar.wgsl';
import vectorWgsl from '../lib/vector.wgsl';
import backwardWgsl from './backward.wgsl';
import backwardSoftwareWgsl from './backward_software.wgsl';
import columnsWgsl from './columns.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftwareWgsl from './forward_software.wgsl';
import rowWgsl from './row.wgsl';

interface Kernels {
  readonly forward: Kernel;
  readonly backward: Kernel;
  readonly columns: Kernel;
}

const reduce = byCapability({ base: reduceWgsl, subgroups: reduceSubgroupsWgsl });

function family(op: string, width: Shader, software: boolean): Kernels {
  const columns = defineKernel({ name: `${op}.columns`, wgsl: [width, rowWgsl, columnsWgsl] });
  if (software) {
    return {
      forward: defineKernel({ name: `${op}.forward_software`, wgsl: [width, rowWgsl, forwardSoftwareWgsl] }),
      backward: defineKernel({
        name: `${op}.backward_software`,
        wgsl: [width, rowWgsl, backwardSoftwareWgsl],
      }),
      columns,
    };
  }
  return {
    forward: defineKernel({ name: `${op}.forward`, wgsl: [width, reduce, rowWgsl, forwardWgsl] }),
    backward: defineKernel({ name: `${op}.backward`, wgsl: [width, reduce, rowWgsl, backwardWgsl] }),
    columns,
  };
}

/** The kernels of `layernorm` and `rmsnorm`: both rungs of the ladder, on single numbers and on four. */
export function normalisation(op: string) {
  const pair = (software: boolean) => ({
    scalar: family(op, scalarWgsl, software),
    vector: family(op, vectorWgsl, software),
  });
  return { op, software: pair(true), hardware: pair(false) };
}

/** How rows map to invocations. */
function mapping(n: number, c: number, software: boolean): { constants: Record<string, number>; grid: Grid } {
  if (software) {
    const LANES = 16;
    // Below 512 rows, several cores would not have enough workgroups.
    const ROWS = n >= 512 && n % 4 === 0 ? 4 : 1;
    return { constants: { LANES, ROWS }, grid: linearGrid(Math.ceil(n / (LANES * ROWS))) };
  }
  return { constants: { LANES: c > 256 ? 256 : c > 128 ? 128 : 64 }, grid: linearGrid(n) };
}

/** Rows of x, normalised, times weight plus bias; without `center` the mean stays in. Shapes are checked here. */
export function normalise(
  g: Graph,
  kernels: ReturnType<typeof normalisation>,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { eps, center }: { eps: number; center: boolean },
): Tensor {
  const where = g.where(kernels.op);
  const { software } = g.device.can;
  const [n, width] = rows(x);
  expectShape(where, weight, [width]);
  if (bias) expectShape(where, bias, [width]);
  const wide = width % 4 === 0;
  const c = wide ? width / 4 : width;
  const { forward, backward, columns } =
    kernels[software ? 'software' : 'hardware'][wide ? 'vector' : 'scalar'];
  const { constants, grid } = mapping(n, c, software);
  const T = elementType(x.dtype, wide);
  const W = elementType(weight.dtype, wide);

  const y = g.value(kernels.op, x.shape, x.dtype);
  const stats = g.value(`${kernels.op} stats`, [n, 2], 'f32');
  g.dispatch(
    forward,
    { x, weight, bias: bias ?? weight, y, stats },
    {
      uniforms: { n, c, width, eps },
      constants: { ...constants, T, W, CENTER: center, BIAS: bias !== null },
      grid,
      flops: 8 * x.size,
    },
  );

  g.backward(y, () => {
    const dy = g.grad(y);
    const dx = g.sink(x);
    if (dx) {
      const D = elementType(dx.tensor.dtype, wide);
      g.dispatch(
        backward,
        { x, dy, weight, stats, dx: dx.tensor },
        {
          uniforms: { n, c, width },
          constants: { ...constants, T, W, D, CENTER: center, ADD: dx.add },
          grid,
          flops: 12 * x.size,
        },
      );
    }
    const dweight = g.sink(weight);
    const dbias = bias && g.sink(bias);
    if (!dweight && !dbias) return;
    const block = rowsPerBlock(n, width, g.device.can);
    const blocks = Math.ceil(n / block);
    const sums = g.value('partial sums', [dbias ? 2 : 1, blocks, width], 'f32');
    g.dispatch(
      columns,
      { x, dy, stats, sums },
      {
        uniforms: { n, c, rows: block },
        constants: { T, BIAS: dbias !== null },
        grid: [Math.ceil(c / 64), blocks],
        flops: 5 * x.size,
      },
    );
    if (dweight) sumBlocks(g, sums, dweight, blocks);
    if (dbias) sumBlocks(g, sums, dbias, blocks, blocks * width);
  });
  return y;
}
