import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { pairsOfToken, tokenOfPair, type ExpertRows } from '../expert_rows/expert_rows';
import { dot, walkRows } from '../lib/edges/record';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import spreadWgsl from './spread.wgsl';

const spread = defineKernel({ name: 'expert_sum.spread', wgsl: [spreadWgsl, elementwiseWgsl] });

/**
 * What the experts of a token say, by their weights: y[t] = Σ weights[t, j] x[row of (t, j)]. x (R, C) has the rows of
 * `expertRows`, weights (T, K) are those of `topExperts` -> (T, C), in x's storage; sums in f32. Rows without a pair
 * have gradients of 0. Throws `ShapeError`.
 */
export function expertSum(g: Graph, x: Tensor, weights: Tensor, rows: ExpertRows): Tensor {
  const where = g.where('expertSum');
  const { tokens, choices, tiles, height, rowOf, pairOf } = rows;
  const [, c] = x.shape;
  expectShape(where, x, [tiles * height, c]);
  expectDType(where, x, 'f32', 'f16');
  expectShape(where, weights, [tokens, choices]);
  expectDType(where, weights, 'f32', 'f16');
  const edges = tokens * choices;
  const y = g.value('expert sum', [tokens, c], x.dtype);
  walkRows(g, {
    ...{ name: 'expert_sum.forward', x, rows: rowOf, weights, heads: 1, width: c },
    ...{ segments: tokens, edges, to: { tensor: y, add: false } },
    order: { kind: 'target', tensor: pairsOfToken(g, rows) },
  });

  g.backward(y, () => {
    const dy = g.grad(y);
    const dx = g.sink(x);
    if (dx) {
      const map = elementwise(dx.tensor, g.device.can, c);
      g.dispatch(
        spread,
        { dy, weights, pair_of: pairOf, dx: dx.tensor },
        {
          uniforms: { n: map.n, c: map.wide ? c / 4 : c },
          constants: {
            ...{ ...map.constants, ADD: dx.add, CHOICES: choices },
            ...{ S: elementType(dy.dtype, map.wide), W: elementType(weights.dtype, false) },
          },
          grid: map.grid,
        },
      );
    }
    const dweights = g.sink(weights);
    if (!dweights) return;
    const pairs = { source: rowOf, of: tokenOfPair(g, rows) };
    dot(g, pairs, { edges }, [x, dy], { heads: 1, width: c }, dweights);
  });
  return y;
}
