import type { Packed } from '../../engine/graph/packed';
import { IGNORE_INDEX } from '../../engine/graph/plan';
import { embedding } from '../../engine/shaders/embedding/embedding';
import { embeddingRef, embeddingRefGrad } from '../../engine/shaders/embedding/embedding.ref';
import { describeOp, integers, normal } from '../op';
import { asPacked, packedNormal, unpacked } from '../packed';

export const ops = [
  describeOp('embedding', {
    cases: [
      { b: 1, time: 3, v: 7, c: 8 },
      { b: 2, time: 9, v: 5, c: 5 }, // every id several times
      { b: 3, time: 67, v: 300, c: 264 }, // rare ids, and more than one block of columns
      { b: 1, time: 500, v: 3, c: 4 }, // long chains
    ],
    inputs: ({ b, time, v, c }) => ({ ids: integers([b, time], v), table: normal([v, c]) }),
    op: (g, { ids, table }) => embedding(g, ids, table),
    reference: ({ ids, table }, { c }) => ({ y: embeddingRef(ids, table, c) }),
    gradient: ({ ids, table }, { y }, { c }) => ({ table: embeddingRefGrad(ids, y, table.length, c) }),
    terms: ({ b, time }) => b * time,
  }),
  describeOp('embedding: ids without a row, padding, and a table used twice', {
    cases: [{ c: 8 }],
    inputs: ({ c }) => ({
      ids: { shape: [6], data: Uint32Array.of(1, IGNORE_INDEX, 2, 1, IGNORE_INDEX, 0) },
      table: normal([3, c]),
    }),
    op: (g, { ids, table }) => ({ a: embedding(g, ids, table, { padding: 1 }), b: embedding(g, ids, table) }),
    reference: ({ ids, table }, { c }) => ({
      a: embeddingRef(ids, table, c),
      b: embeddingRef(ids, table, c),
    }),
    gradient: ({ ids, table }, { a, b }, { c }) => {
      const second = embeddingRefGrad(ids, b, table.length, c);
      return { table: embeddingRefGrad(ids, a, table.length, c, 1).map((d, i) => d + second[i]) };
    },
    terms: () => 4,
    finiteDifferences: false, // padding withholds part of the true gradient
  }),

  // Widths of whole vectors and groups, and others; ids without a row.
  describeOp('embedding in a packed table', {
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
  }),
];
