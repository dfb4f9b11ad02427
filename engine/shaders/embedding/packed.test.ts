import { integers, testOp } from '../../../tests/harness/op';
import { asPacked, packedNormal, unpacked } from '../../../tests/harness/packed';
import type { Packed } from '../../graph/packed';
import { IGNORE_INDEX } from '../../graph/plan';
import { embedding } from './embedding';
import { embeddingRef } from './embedding.ref';

// Widths of whole vectors and groups, and others; ids without a row.
testOp('embedding in a packed table', {
  cases: [
    { packed: 'int8', v: 40, c: 20 },
    { packed: 'int4', v: 40, c: 67 },
    { packed: 'int4-64', v: 20, c: 130 },
  ] as { packed: Packed; v: number; c: number }[],
  inputs: ({ packed, v, c }) => ({
    ids: { ...integers([3, 7], v), data: integers([21], v).data.with(5, IGNORE_INDEX) as Uint32Array },
    table: packedNormal(packed, v, c),
  }),
  op: (g, { ids, table }, { packed, v, c }) => embedding(g, ids, asPacked(table, packed, v, c)),
  reference: ({ ids, table }, { packed, v, c }) => ({
    y: embeddingRef(ids, unpacked(packed, v, c, table), c),
  }),
  terms: () => 1,
  races: false, // wgsl_reflect's interpreter has no signed shifts of vectors
});
