import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import type { Packed } from '../../graph/packed';
import {
  bytesOf,
  expectDType,
  expectShape,
  formatShape,
  sizeOf,
  type Part,
  type Shape,
  type Tensor,
} from '../../graph/tensor';
import { defineKernel, linkedKernels, type Kernel } from '../../runtime/kernel';
import type { Constants, Shader } from '../../runtime/shader';
import {
  activation as activate,
  ACTIVATION,
  expectActivation,
  type Activation,
} from '../activation/activation';
import activationBackwardWgsl from '../activation/backward.wgsl';
import { add } from '../add/add';
import { columnSum } from '../column_sum/column_sum';
import activations from '../lib/activation.wgsl';
import { packedConstants, packedReader } from '../lib/packed';
import { elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { placeColumns, slice } from '../rearrange/rearrange';
import { accumulate } from '../scale/scale';
import blocks from './blocks.wgsl';
import epilogueFused from './epilogue_fused.wgsl';
import epilogueNone from './epilogue_none.wgsl';
import gemvWgsl from './gemv.wgsl';
import gemvPacked from './gemv_packed.wgsl';
import leftScalar from './left_scalar.wgsl';
import leftVec4 from './left_vec4.wgsl';
import outScalar from './out_scalar.wgsl';
import outVec4 from './out_vec4.wgsl';
import packedColumns from './packed_columns.wgsl';
import placesWgsl from './places.wgsl';
import quad16x16 from './quad_16x16.wgsl';
import quad32x64 from './quad_32x64.wgsl';
import quad4x64 from './quad_4x64.wgsl';
import rightPacked from './right_packed.wgsl';
import rightScalar from './right_scalar.wgsl';
import rightVec4 from './right_vec4.wgsl';
import row1x64 from './row_1x64.wgsl';
import rowPacked from './row_packed.wgsl';
import rows from './rows.wgsl';
import splitsWgsl from './splits.wgsl';
import { tile, type Rung } from './tile';
import tile32x32 from './tile_32x32.wgsl';
import tile64x64 from './tile_64x64.wgsl';
import { rungOf } from '../../runtime/capabilities';

/** How the operands of `matmul` are stored, and what is fused into it. */
export interface MatmulOptions {
  /** a is (…, K, M). Default false. */
  readonly transposeA?: boolean;
  /** b is (…, N, K). Default false. */
  readonly transposeB?: boolean;
  /** (N), added to every row. */
  readonly bias?: Tensor | null;
  readonly activation?: Activation | null;
  /** Shape of y, added last. */
  readonly residual?: Tensor | null;
}

/**
 * y = f(a b + bias) + residual. a (…, M, K) and b (K, N), shared by the batch, or (…, K, N) with a's leading axes
 * -> (…, M, N), in the graph's storage; sums in f32. Transposes say how the operands are stored, and cost nothing.
 * b may be a packed weight, (N, K) with transposeB, which has no gradient.
 * Throws `ShapeError` where shapes do not fit.
 */
export function matmul(g: Graph, a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias = null, activation = null, residual = null } = options;
  expectOptions(g.where('matmul'), options, { transposeA, transposeB, bias, activation, residual });
  if (activation) expectActivation(g.where('matmul'), activation);
  const { batch, m, n, k, shared, shape } = fit(g.where('matmul'), a, b, transposeA, transposeB);
  if (batch === 1 && !transposeA) {
    const most = rowsThatFit(g, n);
    if (m > most && most > 0) return byRows(g, a, b, { m, k, most, shape }, options);
  }
  const parts = g.parts(b);
  if (parts.length > 1) return byParts(g, a, parts, shape, options);
  if (bias) expectShape(g.where('matmul bias'), bias, [n]);
  if (residual) expectShape(g.where('matmul residual'), residual, shape);
  for (const t of [a, b.packed ? null : b, bias, residual])
    if (t) expectDType(g.where('matmul'), t, 'f32', 'f16');
  if (b.packed && transposeA) {
    throw new ShapeError(g.where('matmul'), `a transposed a does not go with ${b.toString()}`);
  }

  const y = g.value('matmul', shape);
  const inputs = [a, b, bias, residual].filter((t) => t !== null);
  const keeps = activation !== null && g.train && inputs.some((t) => g.differentiable(t));
  const before = keeps ? g.value('before activation', shape) : null;
  const left: Operand = { tensor: a, transposed: transposeA, shared: false };
  const right: Operand = { tensor: b, transposed: transposeB, shared };
  product(g, left, right, { tensor: y, add: false }, { batch, m, n, k, bias, activation, residual, before });

  g.backward(y, () => {
    const dy = g.grad(y);
    if (residual) {
      const dresidual = g.sink(residual);
      if (dresidual) accumulate(g, dy, dresidual);
    }
    // What f is applied to has its gradient first: dz = dy f'(z).
    const dz = activation && before ? activationGradient(g, activation, before, dy) : dy;
    if (bias) {
      const dbias = g.sink(bias);
      if (dbias) columnSum(g, dz, dbias);
    }
    // forward was z = a b, so now da = dz bᵀ and db = aᵀ dz; stored transposed, daᵀ = b dzᵀ and dbᵀ = dzᵀ a.
    const d: Operand = { tensor: dz, transposed: false, shared: false };
    const dt: Operand = { tensor: dz, transposed: true, shared: false };
    const da = g.sink(a);
    if (da) {
      const bt = { ...right, transposed: !transposeB };
      if (transposeA) product(g, right, dt, da, { batch, m: k, n: m, k: n });
      else product(g, d, bt, da, { batch, m, n: k, k: n });
    }
    const db = g.sink(b);
    if (db) {
      const at = { ...left, transposed: !transposeA };
      const sum = shared;
      if (transposeB) product(g, dt, left, db, { batch, m: n, n: k, k: m, sum });
      else product(g, at, d, db, { batch, m: k, n, k: m, sum });
    }
  });
  return y;
}

/** Rows of n columns that a binding holds; a multiple of four where it can be. */
function rowsThatFit(g: Graph, n: number): number {
  const fit = Math.floor(g.device.can.maxBinding / (n * bytesOf(g.storage)));
  return fit >= 4 ? fit - (fit % 4) : fit;
}

/** A product that is larger than a binding: logits of many tokens. */
function byRows(
  g: Graph,
  a: Tensor,
  b: Tensor,
  {
    m,
    k,
    most,
    shape,
  }: { readonly m: number; readonly k: number; readonly most: number; readonly shape: Shape },
  { residual, ...options }: MatmulOptions,
): Tensor {
  const rows = g.view(a, [m, k]);
  const added = residual && g.parts(residual);
  const parts = Array.from({ length: Math.ceil(m / most) }, (_, i): Part => {
    const [from, count] = [i * most, Math.min(most, m - i * most)];
    const own =
      added &&
      (added.length > 1 ? added[i].tensor : slice(g, g.view(residual, [m, shape.at(-1)!]), 0, from, count));
    return {
      tensor: matmul(g, slice(g, rows, 0, from, count), b, { ...options, ...(own && { residual: own }) }),
      from,
    };
  });
  return g.inParts('matmul', shape, parts);
}

/** The product with a matrix that is larger than a binding: each part gives columns of the result, or a term of it. */
function byParts(
  g: Graph,
  a: Tensor,
  parts: readonly Part[],
  shape: Shape,
  { transposeA, transposeB, bias, activation, residual }: MatmulOptions,
): Tensor {
  if (transposeA) throw new ShapeError(g.where('matmul'), 'a transposed a does not go with a b in parts');
  if (transposeB) {
    const y = g.value('matmul', shape);
    for (const { tensor, from } of parts) {
      const own = matmul(g, a, tensor, {
        transposeB,
        ...(bias && { bias: slice(g, bias, 0, from, tensor.shape[0]) }),
        ...(activation && { activation }),
      });
      placeColumns(g, own, y, from);
    }
    return residual ? add(g, y, residual) : y;
  }
  const last = a.shape.length - 1;
  let sum: Tensor | null = activation ? null : (residual ?? null);
  for (const { tensor, from } of parts) {
    const own = slice(g, a, last, from, tensor.shape[0]);
    sum = matmul(g, own, tensor, { ...(bias && from === 0 && { bias }), residual: sum });
  }
  if (!activation) return sum!;
  const y = activate(g, sum!, activation);
  return residual ? add(g, y, residual) : y;
}

/** A matrix of a product, or one for each of a batch. */
interface Operand {
  readonly tensor: Tensor;
  /** Stored with its two axes exchanged. */
  readonly transposed: boolean;
  /** One matrix for the whole batch. */
  readonly shared: boolean;
}

interface Product {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The products of the batch are added up into one matrix. */
  readonly sum?: boolean;
  readonly bias?: Tensor | null;
  readonly activation?: Activation | null;
  readonly residual?: Tensor | null;
  /** Where the activation's argument is kept. */
  readonly before?: Tensor | null;
  /** Other places of the operands. Sums are not split then. */
  readonly places?: Places | null;
}

/** Another way for workgroups to find their operands: alternatives to places.wgsl. */
export interface Places {
  /** Of the kernel. */
  readonly name: string;
  /** Declare `left_at`, `right_at` and `span`. Ranges of K begin and end at multiples of the steps of all rungs, or at K. */
  readonly wgsl: readonly Shader[];
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly constants?: Constants;
  /** Terms of all sums of a column of y together, for profiles. */
  readonly terms: number;
}

const RUNGS: Readonly<Record<Rung, readonly Shader[]>> = {
  row_1x64: [blocks, row1x64],
  quad_4x64: [blocks, rows, quad4x64],
  quad_16x16: [blocks, rows, quad16x16],
  quad_32x64: [blocks, rows, quad32x64],
  row_packed: [packedColumns, rowPacked],
  gemv: [blocks, gemvWgsl],
  gemv_packed: [packedColumns, gemvPacked],
  tile_32x32: [tile32x32],
  tile_64x64: [tile64x64],
};
const activationBackward = defineKernel({
  name: 'matmul.activation_backward',
  wgsl: [activations, activationBackwardWgsl, elementwiseWgsl],
});
const linked = linkedKernels();

const EVEN = { name: 'matmul', wgsl: [placesWgsl] };

/** Rungs that read packed weights without `right`. */
const readsItself = (rung: Rung | 'splits'): boolean => rung === 'row_packed' || rung === 'gemv_packed';

/** The kernel of a rung for operands that can (v) or cannot (s) be read four elements at a time, or are packed (8, 4). */
function kernelOf(
  rung: Rung | 'splits',
  left: boolean,
  right: boolean | Packed,
  out: boolean,
  fused: boolean,
  places: Pick<Places, 'name' | 'wgsl'> = EVEN,
): Kernel {
  const letter = (w: boolean | Packed): string => (typeof w === 'string' ? w[3] : w ? 'v' : 's');
  const wide = rung === 'splits' ? [out] : [left, right, out];
  const name = `${places.name}.${rung}.${wide.map(letter).join('')}${fused ? '.fused' : ''}`;
  const ends = [out ? outVec4 : outScalar, ...(fused ? [epilogueFused, activations] : [epilogueNone])];
  const operands = [left ? leftVec4 : leftScalar];
  if (typeof right === 'string')
    operands.push(packedReader(right), ...(readsItself(rung) ? [] : [rightPacked]));
  else operands.push(right ? rightVec4 : rightScalar);
  if (rung === 'splits') return linked(name, [...ends, splitsWgsl]);
  return linked(name, [...operands, ...places.wgsl, ...ends, ...RUNGS[rung]]);
}

/**
 * Records y (batch, M, N) = f(left right + bias) + residual: one dispatch, or two where sums are split. Without a
 * backward rule: for ops that have their own.
 */
export function product(
  g: Graph,
  left: Operand,
  right: Operand,
  { tensor: y, add }: Sink,
  product: Product,
): void {
  const { bias = null, activation = null, residual = null, before = null, sum = false } = product;
  const { places = null } = product;
  const { batch, m, n, k } = product;
  const { packed } = right.tensor;
  // A vector is stored like its transpose: take the reading where neighbours along K are neighbours in memory.
  const transposeA = left.transposed && m > 1;
  const transposeB = right.transposed || (n === 1 && !packed && !places);
  const can = rungOf(g.device.can, m <= 4 ? 'fewRows' : 'matmul');
  const chosen = tile({ batch, m, n, k, transposeB, packed }, can);
  const { rung, lanes, along, height, width, step } = chosen;
  const { splits, chunk } = places ? { splits: 1, chunk: k } : chosen;
  const parts = sum ? batch * splits : splits;
  const wide = {
    left: (transposeA ? m : k) % 4 === 0,
    right: (transposeB ? k : n) % 4 === 0,
    out: n % 4 === 0,
  };
  const fused = bias !== null || activation !== null || residual !== null;
  const epilogue = fused
    ? fuse(g, packed ? (bias ?? residual ?? left.tensor) : right.tensor, bias, activation, residual, before)
    : NOTHING;
  const target = parts > 1 ? g.value('partial', [batch * splits, m, n], 'f32') : y;
  const here = parts > 1 ? NOTHING : epilogue;
  const guarded = k % step !== 0;
  const sizes = {
    m,
    n,
    k,
    left_stride: left.shared ? 0 : m * k,
    right_stride: right.shared ? 0 : k * n,
  };
  g.dispatch(
    kernelOf(rung, wide.left, packed ?? wide.right, wide.out, here !== NOTHING, places ?? EVEN),
    { a: left.tensor, b: right.tensor, y: target, ...here.bind, ...places?.bind },
    {
      uniforms: { ...sizes, splits, chunk },
      constants: {
        TRANSPOSE_A: transposeA,
        ...(readsItself(rung) ? {} : { TRANSPOSE_B: transposeB, EDGE_B: guarded || n % width !== 0 }),
        GUARD: guarded,
        EDGE_A: guarded || m % height !== 0,
        ADD: parts > 1 ? false : add,
        TA: float(left.tensor),
        ...(packed ? packedConstants(packed) : { TB: float(right.tensor) }),
        TY: float(target),
        ...(rung === 'gemv' ? { COLUMN_LANES: width / 4, TWICE: m === 1 && !can.software } : {}),
        ...(rung.startsWith('tile') && g.device.can.software ? { COUNTED: false } : {}),
        ...(along ? { K_LANES: along } : {}),
        ...(rung.startsWith('gemv') ? { ROWS: m === 1 ? 1 : 4 } : {}),
        ...(lanes ? { LANES: lanes } : {}),
        ...here.constants,
        ...places?.constants,
      },
      grid: [Math.ceil(n / width), Math.ceil(m / height), batch * splits],
      flops: 2 * n * (places?.terms ?? batch * m * k),
      bytes: [left.tensor, right.tensor, target, residual, before].reduce(
        (all, t) => all + (t?.bytes ?? 0),
        0,
      ),
    },
  );
  if (parts === 1) return;
  const [groups, more = 1] = linearGrid(Math.ceil((m * Math.ceil(n / 4)) / 64));
  g.dispatch(
    kernelOf('splits', true, true, wide.out, fused),
    { partial: target, y, ...epilogue.bind },
    {
      uniforms: { ...sizes, splits: parts, chunk },
      constants: { ADD: add, TY: float(y), ...epilogue.constants },
      grid: [groups, more, sum ? 1 : batch],
    },
  );
}

interface Epilogue {
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly constants: Constants;
}
const NOTHING: Epilogue = { bind: {}, constants: {} };

/** Bindings and constants of epilogue_fused.wgsl. What is switched off is bound to `other`, and not touched. */
function fuse(
  g: Graph,
  other: Tensor,
  bias: Tensor | null,
  activation: Activation | null,
  residual: Tensor | null,
  before: Tensor | null,
): Epilogue {
  const kept = before ?? g.value('unused', [4], 'f32');
  return {
    bind: { bias: bias ?? other, residual: residual ?? other, before: kept },
    constants: {
      BIAS: bias !== null,
      RESIDUAL: residual !== null,
      KEEP: before !== null,
      TBIAS: float(bias ?? other),
      TRESIDUAL: float(residual ?? other),
      TBEFORE: float(kept),
      ACTIVATION: ACTIVATION[activation ?? 'none'],
      F: 'vec4<f32>',
    },
  };
}

/** dz = dy f'(z), as large as z. */
function activationGradient(g: Graph, activation: Activation, z: Tensor, dy: Tensor): Tensor {
  const dz = g.value('d activation', z.shape, z.dtype);
  const { constants, n, grid } = elementwise(z, g.device.can);
  g.dispatch(
    activationBackward,
    { x: z, dy, dx: dz },
    { uniforms: { n }, constants: { ...constants, ACTIVATION: ACTIVATION[activation], ADD: false }, grid },
  );
  return dz;
}

const float = (t: Tensor): 'f16' | 'f32' => (t.dtype === 'f16' ? 'f16' : 'f32');

/** Checks the shapes and says what they mean. */
function fit(where: string, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean) {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ShapeError(
      where,
      `a is ${formatShape(a.shape)} and b is ${formatShape(b.shape)}`,
      'Both need two axes.',
    );
  }
  const leading = a.shape.slice(0, -2);
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [a1, a0] : [a0, a1];
  const [inner, n] = transposeB ? [b1, b0] : [b0, b1];
  if (inner !== k) {
    throw new ShapeError(
      where,
      `${a.name} ${formatShape(a.shape)}${transposeA ? ' transposed' : ''} does not fit ` +
        `${b.name} ${formatShape(b.shape)}${transposeB ? ' transposed' : ''}`,
      `The inner axes, ${k} and ${inner}, must be equal.`,
    );
  }
  const ofB = b.shape.slice(0, -2);
  const shared = ofB.length === 0;
  if (!shared && (ofB.length !== leading.length || ofB.some((s, i) => s !== leading[i]))) {
    throw new ShapeError(
      where,
      `the leading axes of ${a.name} ${formatShape(a.shape)} and ${b.name} ${formatShape(b.shape)} differ`,
      'b may have no leading axes, or those of a.',
    );
  }
  const batch = sizeOf(leading);
  const shape = [...leading, m, n];
  // Rows of a batch that shares b are the rows of one larger matrix.
  if (shared && !transposeA) return { batch: 1, m: batch * m, n, k, shared: false, shape };
  return { batch, m, n, k, shared: shared && batch > 1, shape };
}
