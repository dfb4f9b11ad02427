import { ShapeError } from '../../../errors';
import { linearGrid, type Graph } from '../../../graph/graph';
import { expectDType, formatShape, sameShape, type Tensor } from '../../../graph/tensor';
import { defineKernel } from '../../../runtime/kernel';
import { leastOf } from '../../lib/hidden';
import biasWgsl from './backward_bias.wgsl';
import keyBiasWgsl from './backward_key_bias.wgsl';
import { STRIDED, strides, type AttentionBias, type Bias, type BiasBackward, type BiasSizes } from './bias';
import clearWgsl from '../tile/clear.wgsl';
import { family } from '../tile/kernels';
import { oneHead, storageOf } from '../layout';
import { dispatchTiles } from '../tile/work';

/** Gradients of a bias that no queries share, and of one that all queries share. */
const backwardBias = family('backward_bias', biasWgsl, { backward: true, owns: 'queries' });
const backwardKeyBias = family('backward_key_bias', keyBiasWgsl, { backward: true, owns: 'keys' });
const clearAll = defineKernel({ name: 'attention.clear', wgsl: [clearWgsl] });

/** A tensor (B | 1, H | 1, T | 1, S), broadcast where an axis is 1; minus infinity hides a key. Learnable. */
export function denseBias(tensor: Tensor): AttentionBias {
  return { kind: 'dense', resolve: (_, where, z) => dense(where, tensor, z) };
}

/**
 * Rows of distances as in Transformer-XL (Dai et al. 2019): `tensor` (H, B, T, R), whose row t holds in column c the
 * bias of key j = c + t - (T - 1), which is the key `R - 1 - c` (R = S, with causal) positions before row t.
 * R = S with a causal mask, or S + T - 1. Learnable.
 */
export function relativeBias(tensor: Tensor): AttentionBias {
  return { kind: 'relative', resolve: (_, where, z) => relative(where, tensor, z) };
}

function dense(where: string, tensor: Tensor, { B, T, S, heads }: BiasSizes): Bias {
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
    form: STRIDED,
    bind: { bias: tensor },
    constants: { BIAS: storageOf(tensor, false), LEAST: leastOf(tensor) },
    uniforms: strides(own(b, h * t * s), own(h, t * s), own(t, s), own(s, 1), 0, tensor.size),
    learned: tensor,
    sumsKeys: false,
    owner: t === 1 && T > 1 ? 'keys' : 'queries',
    backward: (pass) => {
      if (s === 1 && S > 1) {
        throw new ShapeError(
          where,
          `the bias ${formatShape(tensor.shape)} adds the same to all ${S} keys, which softmax takes out again`,
          'Give it an axis of S keys, or do not ask for its gradient.',
        );
      }
      entries(pass, t === 1 && T > 1 ? 'keys' : 'pairs', tensor, b * h, S);
    },
  };
}

function relative(where: string, tensor: Tensor, { B, T, S, heads, causal }: BiasSizes): Bias {
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
    form: STRIDED,
    bind: { bias: tensor },
    constants: { BIAS: storageOf(tensor, false), LEAST: leastOf(tensor) },
    uniforms: strides(T * R, B * T * R, R - 1, 1, T - 1, tensor.size),
    learned: tensor,
    sumsKeys: false,
    owner: 'queries',
    backward: (pass) => {
      // Distances that no pair has get no gradient from the pairs.
      if (!pass.sink.add) clear(pass.g, pass.sink.tensor);
      entries({ ...pass, sink: { ...pass.sink, add: true } }, 'pairs', tensor, B * heads, S);
    },
  };
}

/** Gradient of a bias of which each entry belongs to a pair, or to a key and all queries. */
function entries(
  { g, form, sink, bind, uniforms, constants, work }: BiasBackward,
  own: 'pairs' | 'keys',
  tensor: Tensor,
  count: number,
  S: number,
): void {
  const mapping = oneHead(form.mapping);
  dispatchTiles(
    g,
    (own === 'keys' ? backwardKeyBias : backwardBias)({ ...form, mapping }),
    { ...bind, bias: tensor, dbias: sink.tensor },
    {
      uniforms,
      constants: { ...constants, ...mapping.constants, DX: storageOf(sink.tensor, false), ADD: sink.add },
      // Of three dimensions for pairs: 4,096 rows of 4,096 keys have more tiles than one can count.
      grid: (tiles) => (own === 'keys' ? [tiles, count] : [tiles, Math.ceil(S / mapping.tile), count]),
      work,
      products: 2,
    },
  );
}

function clear(g: Graph, x: Tensor): void {
  g.dispatch(
    clearAll,
    { x },
    {
      uniforms: { n: x.size },
      constants: { T: storageOf(x, false) },
      grid: linearGrid(Math.ceil(x.size / 64)),
    },
  );
}
