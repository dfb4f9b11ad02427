import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel, linkedKernels } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { packedConstants, packedReader } from '../lib/packed';
import backwardWgsl from './backward.wgsl';
import clearWgsl from './clear.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardPackedWgsl from './forward_packed.wgsl';
import linksWgsl from './links.wgsl';

const forward = defineKernel({ name: 'embedding.forward', wgsl: [forwardWgsl, elementwiseWgsl] });
const linked = linkedKernels();
const clear = defineKernel({ name: 'embedding.clear', wgsl: [clearWgsl, elementwiseWgsl] });
const links = defineKernel({ name: 'embedding.links', wgsl: [linksWgsl] });
const backward = defineKernel({ name: 'embedding.backward', wgsl: [backwardWgsl] });

const LANES = 64;
const NO_PADDING = 0xffff_ffff;

/** Storage of what `embedding` reads, and the row that learns nothing. */
export interface EmbeddingOptions {
  /** An id whose row gets no gradient. Its row is still read. */
  readonly padding?: number;
  /** Storage of the result; default the graph's. */
  readonly dtype?: 'f32' | 'f16';
}

/**
 * Rows of a table by number: y[n] = table[ids[n]], and zeros for IGNORE_INDEX or any id that is not below V.
 * ids (…) u32, table (V, C) -> (…, C). The gradient is added up per id in the order of positions, without atomics:
 * the same bits every time. A packed table has none. An input's ids out of range are refused at `run`.
 * Throws `ShapeError`.
 */
export function embedding(g: Graph, ids: Tensor, table: Tensor, options: EmbeddingOptions = {}): Tensor {
  const where = g.where('embedding');
  expectOptions(where, options, { padding: 0, dtype: 0 });
  expectDType(where, ids, 'u32');
  const [v, width] = table.shape;
  if (table.shape.length !== 2 || !v || !width) {
    throw new ShapeError(where, `${table.name} is ${formatShape(table.shape)}`, 'A table must be (V, C).');
  }
  g.limit(ids, v);
  const y = g.value('embedding', [...ids.shape, width], options.dtype ?? g.storage);
  const { constants, wide, n, grid } = elementwise(y, g.device.can, width);
  const c = wide ? width / 4 : width;
  const parts = g.parts(table);
  for (const { tensor, from } of parts) {
    if (tensor.packed) {
      const all = ids.size * Math.ceil(width / 4);
      g.dispatch(
        linked('embedding.forward_packed', [packedReader(tensor.packed), forwardPackedWgsl, elementwiseWgsl]),
        { ids, table: tensor, y },
        {
          uniforms: { n: all, c: width, first: from, rows: tensor.shape[0] },
          constants: {
            ...packedConstants(tensor.packed),
            ...{ T: elementType(y.dtype, false), MORE: from > 0, LANES, PER: 1 },
          },
          grid: linearGrid(Math.ceil(all / LANES)),
          bytes: ids.bytes + 2 * y.bytes,
        },
      );
      continue;
    }
    g.dispatch(
      forward,
      { ids, table: tensor, y },
      {
        uniforms: { n, c, first: from, rows: tensor.shape[0] },
        constants: { ...constants, W: elementType(table.dtype, wide), MORE: from > 0 },
        grid,
        bytes: ids.bytes + 2 * y.bytes,
      },
    );
  }

  g.backward(y, () => {
    const sinks = parts.map(({ tensor, from }) => ({ sink: g.sink(tensor), from, rows: tensor.shape[0] }));
    if (!sinks.some(({ sink }) => sink)) return;
    const dy = g.grad(y);
    const chain = g.value('embedding links', [ids.size], 'u32');
    g.dispatch(
      links,
      { ids, links: chain },
      {
        uniforms: { n: ids.size, rows: v, padding: options.padding ?? NO_PADDING },
        grid: linearGrid(Math.ceil(ids.size / LANES)),
      },
    );
    const [heads, more = 1] = linearGrid(ids.size);
    for (const { sink, from, rows } of sinks) {
      if (!sink) continue;
      const dtable = sink.tensor;
      if (!sink.add) {
        const all = elementwise(dtable, g.device.can, width);
        const { LANES: lanes, PER, T } = all.constants;
        g.dispatch(
          clear,
          { y: dtable },
          { uniforms: { n: all.n }, constants: { LANES: lanes, PER, T: T }, grid: all.grid },
        );
      }
      g.dispatch(
        backward,
        { ids, links: chain, dy, dtable },
        {
          uniforms: { n: ids.size, c, first: from, rows },
          constants: {
            LANES,
            T: elementType(dy.dtype, wide),
            D: elementType(dtable.dtype, wide),
            F: elementType('f32', wide),
          },
          grid: [heads, more, Math.ceil(c / LANES)],
          bytes: 3 * dy.bytes,
        },
      );
    }
  });
  return y;
}
