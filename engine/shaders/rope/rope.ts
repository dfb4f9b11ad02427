import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import scalar from '../lib/scalar.wgsl';
import vector from '../lib/vector.wgsl';
import ropeWgsl from './rope.wgsl';

const narrow = defineKernel({ name: 'rope.rotate_narrow', wgsl: [scalar, ropeWgsl, step] });
const wide = defineKernel({ name: 'rope.rotate', wgsl: [vector, ropeWgsl, step] });

const LANES = 64;

export interface RopeOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key heads, which follow the queries. Default H. */
  readonly keyValueHeads?: number;
  /** D, width of a head; even. Default C / (H + 2G), as in fused rows of queries, keys and values. */
  readonly width?: number;
  /** Base of the frequencies. Default 10,000. */
  readonly theta?: number;
  /** First column to rotate. Default 0. */
  readonly offset?: number;
}

/**
 * Rotary position embedding of queries and keys in rows x (B, T, C): H + G heads from column `offset` on are rotated,
 * the other columns (values) are copied. Row t stands at position `now.position + t`. Halves of a head rotate
 * together, as in Hugging Face's Llama (Su et al. 2021). (B, T, C) -> (B, T, C). Throws `ShapeError`.
 */
export function rope(g: Graph, x: Tensor, options: RopeOptions): Tensor {
  const { heads, keyValueHeads = heads, theta = 10_000, offset = 0 } = options;
  const [T, C] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const width = options.width ?? C / (heads + 2 * keyValueHeads);
  const rotated = heads + keyValueHeads;
  if (!Number.isInteger(width) || width % 2 !== 0 || offset + rotated * width > C) {
    throw new ShapeError(
      g.where('rope'),
      `${x.toString()} does not hold ${rotated} heads of width ${width} from column ${offset}`,
      'Give rows (H + 2G)·D with an even D, or pass width and offset.',
    );
  }
  const half = width / 2;
  const isWide = half % 4 === 0 && offset % 4 === 0 && C % 4 === 0;
  const per = isWide ? 4 : 1;
  const n = x.size / C;
  const work = (rotated * half) / per + Math.ceil((C - rotated * width) / per / 2);
  const uniforms = { n, t: T, c: C / per, offset: offset / per, heads: rotated, half: half / per, work };
  const grid = linearGrid(Math.ceil((n * work) / LANES));
  const kernel = isWide ? wide : narrow;
  const turns = g.constant('rope turns', [2, half], turnsPerPosition(half, theta));
  const y = g.value('rope', x.shape, x.dtype);
  const T_ = elementType(x.dtype, isWide);
  g.dispatch(
    kernel,
    { x, turns, y },
    { uniforms, constants: { T: T_, S: T_, R: elementType('f32', isWide) }, grid },
  );

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    g.dispatch(
      kernel,
      { x: dy, turns, y: dx.tensor },
      {
        uniforms,
        constants: {
          T: elementType(dy.dtype, isWide),
          S: elementType(dx.tensor.dtype, isWide),
          R: elementType('f32', isWide),
          SIGN: -1,
          ADD: dx.add,
        },
        grid,
      },
    );
  });
  return y;
}

/** θ^(-j/half) / 2π, split: nine leading bits, whose product with a position below 2^15 is exact in f32, and the rest. */
function turnsPerPosition(half: number, theta: number): Float32Array {
  const split = new Float32Array(2 * half);
  for (let j = 0; j < half; j++) {
    const turns = theta ** (-j / half) / (2 * Math.PI);
    const unit = 2 ** (Math.floor(Math.log2(turns)) - 8);
    const high = Math.round(turns / unit) * unit;
    split[j] = high;
    split[half + j] = turns - high;
  }
  return split;
}
