import { ShapeError } from '../../errors';
import type { Graph, Sink } from '../../graph/graph';
import { expectDType, formatShape, sameShape, type Tensor } from '../../graph/tensor';
import type { Constants } from '../../runtime/shader';
import { columnSum } from '../column_sum/column_sum';
import { backwardBias, backwardBuckets, backwardKeyBias, clear, expand, type Form } from './kernels';
import type { Mapping } from './layout';
import type { AttentionBias } from './options';

interface Sizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
}

/** What the kernels are told of a bias. */
export interface Bias {
  readonly form: Form['bias'];
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly constants: Constants;
  readonly uniforms: Readonly<Record<string, number>>;
  /** Whose gradient may be wanted, and how it is recorded. */
  readonly learned: Tensor | null;
  /** Whose tiles the gradient's kernel owns. */
  readonly owner: 'queries' | 'keys';
  readonly backward: ((pass: BiasBackward) => void) | null;
}

/** What the attention op hands on to a bias's backward rule. */
export interface BiasBackward {
  readonly g: Graph;
  readonly form: Form;
  readonly sink: Sink;
  /** q, kv, dout, saved, lengths and what else every backward kernel binds, but for the bias itself. */
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants: Constants;
  /** Of one product over all pairs: 2 D a pair. */
  readonly flops: number;
}

const strides = (b: number, h: number, t: number, s: number, offset: number, size: number) => ({
  bias_b: b,
  bias_h: h,
  bias_t: t,
  bias_s: s,
  bias_offset: offset,
  bias_last: size - 1,
});

const NONE: Bias = {
  form: 'none',
  bind: {},
  constants: {},
  uniforms: strides(0, 0, 0, 0, 0, 1),
  learned: null,
  owner: 'queries',
  backward: null,
};

const storage = (x: Tensor) => (x.dtype === 'f16' ? ('f16' as const) : ('f32' as const));

/** Checks a bias against the sizes of its attention; throws ShapeError. */
export function resolveBias(
  g: Graph,
  where: string,
  bias: AttentionBias | undefined,
  z: Sizes & { readonly causal: boolean },
): Bias {
  if (!bias) return NONE;
  if (bias.kind === 'slopes') return slopes(g, where, bias.slopes, z);
  if (bias.kind === 'dense') return dense(where, bias.tensor, z);
  if (bias.kind === 'relative') return relative(where, bias.tensor, z);
  return buckets(g, where, bias.table, bias.bucketOf, z);
}

function slopes(g: Graph, where: string, values: readonly number[], { T, S, heads }: Sizes): Bias {
  if (values.length !== heads) {
    throw new ShapeError(
      where,
      `${values.length} slopes for ${heads} heads`,
      'Give one for each head: alibiSlopes(H).',
    );
  }
  return {
    ...NONE,
    form: 'slopes',
    bind: { bias: g.constant('slopes', [heads], Float32Array.from(values)) },
    uniforms: strides(0, 0, 0, 0, S - T, 1),
  };
}

function dense(where: string, tensor: Tensor, { B, T, S, heads }: Sizes): Bias {
  expectDType(where, tensor, 'f32', 'f16');
  const want = [B, heads, T, S];
  const [b, h, t, s] = tensor.shape;
  if (tensor.shape.length !== 4 || tensor.shape.some((n, axis) => n !== 1 && n !== want[axis])) {
    throw new ShapeError(
      where,
      `a bias ${formatShape(tensor.shape)} does not broadcast to ${formatShape(want)}`,
      'Give (B or 1, H or 1, T or 1, S or 1).',
    );
  }
  const own = (n: number, stride: number): number => (n === 1 ? 0 : stride);
  return {
    form: 'strided',
    bind: { bias: tensor },
    constants: { BIAS: storage(tensor) },
    uniforms: strides(own(b, h * t * s), own(h, t * s), own(t, s), own(s, 1), 0, tensor.size),
    learned: tensor,
    owner: t === 1 && T > 1 ? 'keys' : 'queries',
    backward: (pass) => {
      if (s === 1 && S > 1) {
        throw new ShapeError(
          where,
          `the bias ${formatShape(tensor.shape)} adds the same to all ${S} keys, which softmax takes out again`,
          'Give it an axis of S keys, or do not ask for its gradient.',
        );
      }
      entries(pass, t === 1 && T > 1 ? 'keys' : 'pairs', tensor, b * h, T, S);
    },
  };
}

function relative(
  where: string,
  tensor: Tensor,
  { B, T, S, heads, causal }: Sizes & { causal: boolean },
): Bias {
  expectDType(where, tensor, 'f32', 'f16');
  const R = tensor.shape.at(-1)!;
  const fits = R === S + T - 1 || (R === S && causal);
  if (tensor.shape.length !== 4 || !sameShape(tensor.shape, [heads, B, T, R]) || !fits) {
    throw new ShapeError(
      where,
      `relative terms ${formatShape(tensor.shape)} for ${heads} heads, ${B} sequences of ${T} queries and ${S} keys`,
      `Give (H, B, T, R) with R = ${S} and a causal mask, or R = ${S + T - 1}.`,
    );
  }
  return {
    form: 'strided',
    bind: { bias: tensor },
    constants: { BIAS: storage(tensor) },
    uniforms: strides(T * R, B * T * R, R - 1, 1, T - 1, tensor.size),
    learned: tensor,
    owner: 'queries',
    backward: (pass) => {
      // Distances that no pair has get no gradient from the pairs.
      if (!pass.sink.add) clear(pass.g, pass.sink.tensor);
      entries({ ...pass, sink: { ...pass.sink, add: true } }, 'pairs', tensor, B * heads, T, S);
    },
  };
}

/** Gradient of a bias of which each entry belongs to a pair, or to a key and all queries. */
function entries(
  { g, form, sink, bind, uniforms, constants, flops }: BiasBackward,
  own: 'pairs' | 'keys',
  tensor: Tensor,
  count: number,
  T: number,
  S: number,
): void {
  const mapping = oneHead(form.mapping);
  const tiles = Math.ceil(S / mapping.tile);
  g.dispatch(
    (own === 'keys' ? backwardKeyBias : backwardBias)({ ...form, mapping }),
    { ...bind, bias: tensor, dbias: sink.tensor },
    {
      uniforms,
      constants: { ...constants, ...mapping.constants, DX: storage(sink.tensor), ADD: sink.add },
      grid: [own === 'keys' ? tiles : tiles * Math.ceil(T / mapping.tile), count],
      flops: 2 * flops,
    },
  );
}

function buckets(
  g: Graph,
  where: string,
  table: Tensor,
  bucketOf: (distance: number) => number,
  { B, T, S, heads }: Sizes,
): Bias {
  expectDType(where, table, 'f32', 'f16');
  const [many, columns] = table.shape;
  if (table.shape.length !== 2 || columns !== heads) {
    throw new ShapeError(where, `the table ${formatShape(table.shape)} is not (buckets, ${heads})`);
  }
  const distances = T + S - 1;
  const ids = Uint32Array.from({ length: distances }, (_, n) => bucketOf(n - (S - 1)));
  const wrong = ids.findIndex((id) => id >= many);
  if (wrong >= 0) {
    throw new ShapeError(
      where,
      `distance ${wrong - (S - 1)} falls into bucket ${bucketOf(wrong - (S - 1))} of a table of ${many}`,
      'bucketOf must give whole numbers from 0 to below the number of rows.',
    );
  }
  const byDistance = g.constant('buckets', [distances], ids);
  const bias = expand(g, table, byDistance);
  return {
    form: 'strided',
    bind: { bias },
    constants: { BIAS: 'f32' },
    uniforms: strides(0, distances, -1, 1, T - 1, bias.size),
    learned: table,
    owner: 'queries',
    backward: ({ form, sink, bind, uniforms, constants, flops }) => {
      const { mapping } = form;
      const tiles = Math.ceil(T / mapping.tile);
      const lanes = mapping.software ? 4 : 64;
      const part = g.value('bias gradient by lane', [B * tiles * lanes, many * heads], 'f32');
      g.dispatch(
        backwardBuckets(form),
        { ...bind, bias, buckets: byDistance, part },
        {
          uniforms,
          constants: { ...constants, ...mapping.constants, MANY: many },
          grid: [tiles, (B * heads) / mapping.headsPerGroup],
          flops: 2 * flops,
        },
      );
      columnSum(g, part, sink);
    },
  };
}

/** A software workgroup of one quad, where each works for an entry of its own. */
function oneHead(mapping: Mapping): Mapping {
  if (!mapping.software) return mapping;
  return { ...mapping, headsPerGroup: 1, constants: { ...mapping.constants, LANES: 4 } };
}
