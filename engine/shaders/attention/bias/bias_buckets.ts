import { ShapeError } from '../../../errors';
import { linearGrid, type Graph } from '../../../graph/graph';
import { expectDType, formatShape, type Tensor } from '../../../graph/tensor';
import { defineKernel } from '../../../runtime/kernel';
import { columnSum } from '../../column_sum/column_sum';
import { leastOf } from '../../lib/hidden';
import hidden from '../../lib/hidden.wgsl';
import bucketsWgsl from './backward_buckets.wgsl';
import { STRIDED, strides, type Bias, type BiasSizes, type DecodeBias, type DistanceBias } from './bias';
import type { BiasForm } from '../tile/form';
import decodeBiasBuckets from './decode_bias_buckets.wgsl';
import expandWgsl from './expand_buckets.wgsl';
import { family } from '../tile/kernels';
import { storageOf } from '../layout';
import { dispatchTiles } from '../tile/work';

const backwardBuckets = family('backward_buckets', bucketsWgsl, { backward: true, owns: 'queries' });
const expandBuckets = defineKernel({ name: 'attention.expand_buckets', wgsl: [expandWgsl, hidden] });
const DECODE_BUCKETS: BiasForm = { name: 'buckets', wgsl: decodeBiasBuckets };

/**
 * T5 (Raffel et al. 2020): `table` (buckets, H) holds a number for each bucket of distances and head; `bucketOf` maps a
 * distance, -(S - 1) to T - 1, to its row. Learnable. Sinks of caches that slide (see `CacheOptions`) get ever farther from
 * the queries: there it must give all distances from capacity - 1 on the same row, as T5's do beyond its `maxDistance`.
 */
export function bucketBias(table: Tensor, bucketOf: (distance: number) => number): DistanceBias {
  return {
    kind: 'buckets',
    resolve: (g, where, z) => buckets(g, where, table, bucketOf, z),
    resolveDecode: (g, where, z) => decodeBuckets(g, where, table, bucketOf, z),
  };
}

function buckets(
  g: Graph,
  where: string,
  table: Tensor,
  bucketOf: (distance: number) => number,
  { B, T, S, heads }: BiasSizes,
): Bias {
  expectDType(where, table, 'f32', 'f16');
  expectTable(where, table, heads);
  const many = table.shape[0];
  const distances = T + S - 1;
  const byDistance = g.constant(
    'buckets',
    [distances],
    Uint32Array.from({ length: distances }, (_, n) => expectBucket(where, table, bucketOf, n - (S - 1))),
  );
  const bias = expand(g, table, byDistance);
  return {
    form: STRIDED,
    bind: { bias },
    constants: { BIAS: 'f32' },
    uniforms: strides(0, distances, -1, 1, T - 1, heads * distances),
    learned: table,
    sumsKeys: true,
    owner: 'queries',
    backward: ({ form, sink, bind, uniforms, constants, work }) => {
      const { mapping } = form;
      const tiles = Math.ceil(T / mapping.tile);
      const part = g.value('bias gradient by lane', [B * tiles * mapping.headLanes, many * heads], 'f32');
      dispatchTiles(
        g,
        backwardBuckets(form),
        { ...bind, bias, part },
        {
          uniforms,
          constants: { ...constants, ...mapping.constants, MANY: many },
          work,
          products: 2,
          grid: (count) => [count, (B * heads) / mapping.headsPerGroup],
        },
      );
      columnSum(g, part, sink);
    },
  };
}

function decodeBuckets(
  g: Graph,
  where: string,
  table: Tensor,
  bucketOf: (distance: number) => number,
  { heads, capacity, sinks }: { readonly heads: number; readonly capacity: number; readonly sinks: number },
): DecodeBias {
  expectDType(where, table, 'f32');
  expectTable(where, table, heads);
  if (sinks > 0) expectConstant(where, bucketOf, capacity - 1);
  const byDistance = g.constant(
    'buckets',
    [capacity],
    Uint32Array.from({ length: capacity }, (_, back) => expectBucket(where, table, bucketOf, -back)),
  );
  return {
    form: DECODE_BUCKETS,
    bind: { buckets: byDistance, weights: table },
    tiled: (h) => ({
      form: STRIDED,
      bind: { bias: expand(h, table, byDistance) }, // by the query's position less the key's
      uniforms: { bias_h: capacity, bias_t: 1, bias_s: -1, bias_last: heads * capacity - 1 },
    }),
  };
}

function expectTable(where: string, table: Tensor, heads: number): void {
  if (table.shape.length === 2 && table.shape[1] === heads) return;
  throw new ShapeError(
    where,
    `the table ${formatShape(table.shape)} is not (buckets, ${heads})`,
    'Give a row for each bucket and a column for each query head.',
  );
}

function expectBucket(
  where: string,
  table: Tensor,
  bucketOf: (distance: number) => number,
  distance: number,
): number {
  const bucket = bucketOf(distance);
  const [many] = table.shape;
  if (Number.isInteger(bucket) && bucket >= 0 && bucket < many) return bucket;
  throw new ShapeError(
    where,
    `distance ${distance} falls into bucket ${bucket}, but ${table.toString()} has ${many}`,
    'bucketOf must give whole numbers from 0 to below the number of rows.',
  );
}

/** Sinks are seen from any distance, of which the table by distance holds those within a cache. */
function expectConstant(where: string, bucketOf: (distance: number) => number, from: number): void {
  const last = bucketOf(-from);
  for (let back = from + 1; back < FARTHEST; back += back < from + 4096 ? 1 : back >> 2) {
    if (bucketOf(-back) === last) continue;
    throw new ShapeError(
      where,
      `sinks move away from the queries: distance ${-from} falls into bucket ${last}, but ${-back} into ${bucketOf(-back)}`,
      'Give larger caches, buckets that end before, or no sinks.',
    );
  }
}
const FARTHEST = 2 ** 30;

/** table (buckets, H) and the bucket of each distance (N) -> (H + 1, N): bias by distance, and the buckets again. */
function expand(g: Graph, table: Tensor, buckets: Tensor): Tensor {
  const heads = table.shape[1];
  const y = g.value('bias by distance', [heads + 1, buckets.size], 'f32');
  g.dispatch(
    expandBuckets,
    { table, buckets, y },
    {
      uniforms: { heads, distances: buckets.size },
      constants: { T: storageOf(table, false), LEAST: leastOf(table) },
      grid: linearGrid(Math.ceil(y.size / 64)),
    },
  );
  return y;
}
