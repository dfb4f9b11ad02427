import { DataError, ShapeError } from '../../../errors';
import type { Graph } from '../../../graph/graph';
import { expectDType, expectShape, formatShape, type Tensor } from '../../../graph/tensor';

/** Rows that stand together: rows offsets[n] to offsets[n + 1] are those of segment n. Both tensors are u32. */
export interface Segments {
  /** (N + 1), from 0 to E, never falling. Equal neighbours are a segment of no rows. */
  readonly offsets: Tensor;
  /** (E): the segment of each row, never falling. */
  readonly of: Tensor;
}

/**
 * Edges as kernels read them: sorted by the node that they go to, so that a node's edges are a segment, with a second
 * order by the node that they come from, which gradients follow. All tensors are u32; `GraphData` of heed/graphs makes them.
 */
export interface Edges extends Segments {
  /** (E): the node that each edge comes from. */
  readonly source: Tensor;
  /** (M + 1 + E): where the edges of each source begin, and behind these offsets the numbers of the edges in that order. */
  readonly bySource: Tensor;
}

/** How many there are. */
export interface EdgeCounts {
  /** E. */
  readonly edges: number;
  /** N: nodes that edges go to. */
  readonly targets: number;
  /** M: nodes that edges come from. */
  readonly sources: number;
}

/** A number of a tensor that cannot be; null where all can. */
type Fault = string | null;

function offsetsFault(name: string, offsets: Uint32Array, count: number, edges: number): Fault {
  if (offsets[0] !== 0) return `${name}[0] is ${offsets[0]}, not 0`;
  for (let n = 1; n < count; n++)
    if (offsets[n] < offsets[n - 1])
      return `${name}[${n}] is ${offsets[n]}, less than ${offsets[n - 1]} before it`;
  if (offsets[count - 1] === edges) return null;
  return `${name}[${count - 1}] is ${offsets[count - 1]}, but there are ${edges} rows`;
}

function belowFault(name: string, ids: Uint32Array, below: number, from = 0): Fault {
  for (let i = from; i < ids.length; i++)
    if (ids[i] >= below) return `${name}[${i}] is ${ids[i]}, but there are ${below}`;
  return null;
}

/** Has a tensor's numbers looked at: a constant's now, an input's at each run that brings them. */
function expectNumbers(g: Graph, where: string, x: Tensor, faultOf: (data: Uint32Array) => Fault): void {
  const look = (data: Uint32Array): void => {
    const fault = faultOf(data);
    if (fault !== null) throw new DataError(where, fault, 'Make them with GraphData, or sort them again.');
  };
  const { source, name } = x.root;
  if (source.kind === 'constant') look(source.data as Uint32Array);
  if (source.kind === 'input') {
    g.check((_, inputs) => {
      if (inputs[name]) look(inputs[name] as Uint32Array);
    });
  }
}

/** What has been looked at in a graph: layers share their edges. */
const seen = new WeakMap<Graph, WeakSet<object>>();

function isSeen(g: Graph, what: object): boolean {
  const all = seen.get(g) ?? new WeakSet();
  seen.set(g, all);
  if (all.has(what)) return true;
  all.add(what);
  return false;
}

function expectVector(where: string, x: Tensor): void {
  expectDType(where, x, 'u32');
  if (x.shape.length !== 1)
    throw new ShapeError(where, `${x.name} is ${formatShape(x.shape)}`, 'It must have one axis.');
}

/** Checks segments of E rows. -> N. Kernels trust their numbers. @throws ShapeError, DataError. */
export function expectSegments(g: Graph, where: string, { offsets, of }: Segments, edges: number): number {
  expectVector(where, offsets);
  expectDType(where, of, 'u32');
  expectShape(where, of, [edges]);
  const targets = offsets.size - 1;
  if (targets < 1)
    throw new ShapeError(where, `${offsets.name} is ${formatShape(offsets.shape)}`, 'Give N + 1 offsets.');
  if (!isSeen(g, offsets)) {
    expectNumbers(g, where, offsets, (data) => offsetsFault(offsets.name, data, targets + 1, edges));
  }
  if (!isSeen(g, of)) expectNumbers(g, where, of, (data) => belowFault(of.name, data, targets));
  return targets;
}

/** Checks edges. @throws ShapeError, DataError. */
export function expectEdges(g: Graph, where: string, edges: Edges): EdgeCounts {
  const { source, bySource } = edges;
  expectVector(where, source);
  expectVector(where, bySource);
  const E = source.size;
  const targets = expectSegments(g, where, edges, E);
  const sources = bySource.size - 1 - E;
  if (sources < 1) {
    throw new ShapeError(
      where,
      `${bySource.name} is ${formatShape(bySource.shape)} for ${E} edges`,
      'Give M + 1 offsets and E numbers of edges.',
    );
  }
  if (!isSeen(g, bySource)) {
    expectNumbers(g, where, source, (data) => belowFault(source.name, data, sources));
    expectNumbers(
      g,
      where,
      bySource,
      (data) =>
        offsetsFault(bySource.name, data, sources + 1, E) ?? belowFault(bySource.name, data, E, sources + 1),
    );
  }
  return { edges: E, targets, sources };
}

/** Checks numbers of nodes or edges by head, (rows, H, C) or (rows, C) as one head. -> [H, C]. @throws ShapeError. */
export function headsOf(
  where: string,
  x: Tensor,
  rows: number,
  what: string,
): [heads: number, width: number] {
  expectDType(where, x, 'f32', 'f16');
  const { shape } = x;
  const [n, a, b] = shape;
  if ((shape.length !== 2 && shape.length !== 3) || n !== rows) {
    throw new ShapeError(
      where,
      `${x.name} is ${formatShape(shape)}`,
      `Give (${rows}, H, C) or (${rows}, C), a row for each ${what}.`,
    );
  }
  return shape.length === 2 ? [1, a] : [a, b];
}
