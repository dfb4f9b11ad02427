/** Rotary positions of `attention`: turned as its tiles load, or by the op `rope` before it; the numbers are the same. */
import type { Graph, Sink } from '../../../graph/graph';
import { sameShape, type Tensor } from '../../../graph/tensor';
import type { Constants } from '../../../runtime/shader';
import { rope } from '../../rope/rope';
import {
  rotation,
  turnRows,
  type RotaryOptions,
  type Rotation,
  type TurnedColumns,
} from '../../rope/rotation';
import type { Bias } from '../bias/bias';
import { storageOf, TILE } from '../layout';
import type { SparseTiles } from '../pattern/sparse';
import { rungOf } from '../../../runtime/capabilities';

/** An attention of q (B, T, ·) to kv (B, S, ·), and where their heads are. */
export interface Rows {
  readonly where: string;
  readonly q: Tensor;
  readonly kv: Tensor;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly width: number;
  readonly queryOffset: number;
  readonly keyOffset: number;
}

/** What else decides how they turn. */
interface Surroundings {
  readonly wide: boolean;
  readonly bias: Bias;
  readonly sparse: SparseTiles | null;
  readonly left: number;
  readonly right: number;
}

/** Turns on load, for the kernels; or before, where that is cheaper or one kernel would bind more than eight buffers. */
export function turn(
  g: Graph,
  z: Rows,
  options: RotaryOptions,
  { wide, bias, sparse, left, right }: Surroundings,
): { readonly q: Tensor; readonly kv: Tensor; readonly onLoad: TurnsOnLoad | null } {
  const turning = rotation(g, z.where, options, z.width);
  const fours = !turning.adjacent && turning.half % 4 === 0;
  const pairs = sparse
    ? sparse.byQuery().pairs.reduce((sum, n) => sum + n / TILE ** 2, 0)
    : tilePairs(z.T, z.S, left, right);
  const loads =
    !rungOf(g.device.can, 'attention').software && // loads are what limits there, and a pass over short rows takes next to nothing
    (fours || !wide) &&
    Object.keys(bias.bind).length + (sparse ? 1 : 0) <= 1 &&
    !(g.train && bias.learned && g.differentiable(bias.learned)) && // its kernels take rows that have turned
    turnsBack(z) &&
    paysOnLoad(z, pairs, g.train);
  if (!loads) return { ...compose(g, z, options), onLoad: null };
  return { q: z.q, kv: z.kv, onLoad: loading(g, z, turning, wide) };
}

/** How many times a row may turn on load in all kernels of a step before a pass of its own is cheaper. */
const MOST_TURNS = 10;
/** Turns of the backward kernels to one of forward: both turn what logits are made of, and the streamed rows again. */
const BACKWARD_TURNS = 3;

/**
 * Whether turning rows as tiles load them pays. A turn takes three loads more (partner, cosine, sine), from caches; the
 * pass that it spares reads and writes q and k and copies v, three accesses to memory for each number of q and k, and
 * takes a dispatch and a copy. Caches of GPUs move about ten times what their memory does: hence ten turns a row.
 *
 * A pair of tiles turns the rows of both for each query head. Causal, with as many keys and key heads as queries, a row
 * turns (tiles + 1) / 2 times in forward, which comes to 128 rows in training and to 608 in inference; heads that share
 * keys turn them once each, which makes it fewer.
 */
export function paysOnLoad(
  { T, S, heads, keyValueHeads }: Pick<Rows, 'T' | 'S' | 'heads' | 'keyValueHeads'>,
  pairs: number,
  train: boolean,
): boolean {
  const rowsOfPair = T / Math.ceil(T / TILE) + S / Math.ceil(S / TILE);
  const turns = (heads * pairs * rowsOfPair) / (heads * T + keyValueHeads * S);
  return (train ? 1 + BACKWARD_TURNS : 1) * turns <= MOST_TURNS;
}

/** Pairs of workgroup tiles in which T queries have keys within reach, of S. */
function tilePairs(T: number, S: number, left: number, right: number): number {
  let sum = 0;
  for (let t = 0; t < T; t += TILE) {
    const first = Math.max(0, t + left);
    const last = Math.min(S - 1, t + TILE - 1 + right);
    if (first <= last) sum += Math.floor(last / TILE) - Math.floor(first / TILE) + 1;
  }
  return sum;
}

/** Whether queries and keys are columns of the same rows. */
const isOne = ({ q, kv }: Rows): boolean => q.root === kv.root && sameShape(q.shape, kv.shape);

/** The queries and the keys, as one range of heads where they lie side by side. */
function columnsOf(z: Rows): readonly TurnedColumns[] {
  const { T, S, heads, keyValueHeads, width, queryOffset, keyOffset } = z;
  if (isOne(z) && keyOffset === queryOffset + heads * width) {
    return [{ heads: heads + keyValueHeads, width, offset: queryOffset, start: 0 }];
  }
  // Products depend on distances alone: what comes first of queries and keys stands at now.position.
  const most = Math.max(T, S);
  return [
    { heads, width, offset: queryOffset, start: most - T },
    { heads: keyValueHeads, width, offset: keyOffset, start: most - S },
  ];
}

/** Whether gradients in turned columns can be turned back in one pass for each tensor. */
const turnsBack = (z: Rows): boolean => z.q.root !== z.kv.root || columnsOf(z).length === 1;

/** q and kv turned by the op `rope`. */
function compose(g: Graph, z: Rows, options: RotaryOptions): { q: Tensor; kv: Tensor } {
  const turned = (x: Tensor, { heads, width, offset, start }: TurnedColumns): Tensor =>
    rope(g, x, { ...options, heads, keyValueHeads: 0, width, offset, start });
  const columns = columnsOf(z);
  if (!isOne(z)) return { q: turned(z.q, columns[0]), kv: turned(z.kv, columns[1]) };
  const both = columns.reduce(turned, z.q);
  return { q: both, kv: both };
}

/** What the kernels are told that turn on load. */
export interface TurnsOnLoad {
  readonly bind: { readonly turns: Tensor };
  readonly half: number;
  readonly constants: Constants;
  /** Turns gradients of q and of kv back, from where the kernels left them into their sinks; one of both if fused. */
  readonly back: (gradients: readonly (readonly [from: Sink | null, to: Sink | null])[]) => void;
}

function loading(g: Graph, z: Rows, turning: Rotation, wide: boolean): TurnsOnLoad {
  const turns = tableOf(g, turning, Math.max(z.T, z.S));
  return {
    bind: { turns },
    half: turning.half / (wide ? 4 : 1),
    constants: { TURNS: storageOf(turns, wide), ADJACENT: turning.adjacent },
    back: (gradients) => {
      for (const [i, columns] of columnsOf(z).entries()) {
        const [from, to] = gradients[i];
        if (!from || !to) continue;
        // From the table's positions, which know of no now.position.
        const how = { sign: -1, add: to.add, moves: false } as const;
        turnRows(g, from.tensor, to.tensor, turning, columns, how);
      }
    },
  };
}

const known = new WeakMap<Graph, Map<string, Tensor>>();

/** Cosines and sines at `rows` positions, (rows, 2, half), once a graph: layers share them. */
function tableOf(g: Graph, { half, factor, frequencies }: Rotation, rows: number): Tensor {
  const key = [rows, factor, ...frequencies].join();
  const tables = known.get(g) ?? new Map<string, Tensor>();
  known.set(g, tables);
  let table = tables.get(key);
  if (!table) {
    const data = new Float32Array(rows * 2 * half);
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < half; j++) {
        data[2 * row * half + j] = factor * Math.cos(row * frequencies[j]);
        data[(2 * row + 1) * half + j] = factor * Math.sin(row * frequencies[j]);
      }
    }
    tables.set(key, (table = g.constant('rope table', [rows, 2, half], data)));
  }
  return table;
}
