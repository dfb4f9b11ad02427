import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import scalar from '../lib/scalar.wgsl';
import vector from '../lib/vector.wgsl';
import angle from './angle.wgsl';
import { ropeFrequencies, turnsPerPosition, type RopeScaling } from './frequencies';
import ropeWgsl from './rope.wgsl';

const narrow = defineKernel({ name: 'rope.rotate_narrow', wgsl: [scalar, angle, ropeWgsl, step] });
const wide = defineKernel({ name: 'rope.rotate', wgsl: [vector, angle, ropeWgsl, step] });

const LANES = 64;

export interface RopeOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key heads, which follow the queries. Default H. */
  readonly keyValueHeads?: number;
  /** D, width of a head. Default C / (H + 2G), as in fused rows of queries, keys and values. */
  readonly width?: number;
  /** How many columns of a head rotate, from its first; even. Default D; GPT-NeoX, GPT-J and Phi rotate fewer. */
  readonly rotary?: number;
  /**
   * Columns that rotate together: j and j + rotary/2 ('halves', as Llama and GPT-NeoX), or 2j and 2j + 1 ('adjacent',
   * as GPT-J and the paper). Default 'halves'.
   */
  readonly pairing?: 'halves' | 'adjacent';
  /** Base of the frequencies. Default 10,000. */
  readonly theta?: number;
  /** How to read further than trained. Default null: not at all. */
  readonly scaling?: RopeScaling | null;
  /** First column of the first head. Default 0. */
  readonly offset?: number;
}

/**
 * Rotary position embedding of queries and keys in rows x (B, T, C): H + G heads from column `offset` on are rotated,
 * the other columns (values) are copied. Row t stands at position `now.position + t`; exact to f32 below position 2^15
 * (Su et al. 2021). (B, T, C) -> (B, T, C). Throws `ShapeError`, and `EngineError` on scaling that makes no sense.
 */
export function rope(g: Graph, x: Tensor, options: RopeOptions): Tensor {
  const { heads, keyValueHeads = heads, pairing = 'halves', theta, scaling, offset = 0 } = options;
  const [T, C] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const width = options.width ?? C / (heads + 2 * keyValueHeads);
  const rotary = options.rotary ?? width;
  const rotated = heads + keyValueHeads;
  if (!Number.isInteger(width) || width < 1 || offset < 0 || offset + rotated * width > C) {
    throw new ShapeError(
      g.where('rope'),
      `${x.toString()} does not hold ${rotated} heads of width ${width} from column ${offset}`,
      'Give rows (H + 2G)·D, or pass width and offset.',
    );
  }
  if (!Number.isInteger(rotary) || rotary < 2 || rotary % 2 !== 0 || rotary > width) {
    throw new ShapeError(
      g.where('rope'),
      `${rotary} columns of a head of ${width} cannot rotate in pairs`,
      'Give an even rotary, at most the width.',
    );
  }
  const { frequencies, attentionFactor: factor } = ropeFrequencies({ width: rotary, theta, scaling });
  const half = rotary / 2;
  const adjacent = pairing === 'adjacent';
  const isWide = !adjacent && [half, width, offset, C].every((columns) => columns % 4 === 0);
  const per = isWide ? 4 : 1;
  const n = x.size / C;
  const work = (rotated * half) / per + Math.ceil((C - rotated * rotary) / per / 2);
  const uniforms = {
    n,
    t: T,
    c: C / per,
    offset: offset / per,
    heads: rotated,
    width: width / per,
    half: half / per,
    work,
    factor,
  };
  const grid = linearGrid(Math.ceil((n * work) / LANES));
  const kernel = isWide ? wide : narrow;
  const turns = g.constant('rope turns', [2, half], turnsPerPosition(frequencies));
  const y = g.value('rope', x.shape, x.dtype);
  const constants = { R: elementType('f32', isWide), ADJACENT: adjacent };
  const T_ = elementType(x.dtype, isWide);
  g.dispatch(kernel, { x, turns, y }, { uniforms, constants: { ...constants, T: T_, S: T_ }, grid });

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
          ...constants,
          T: elementType(dy.dtype, isWide),
          S: elementType(dx.tensor.dtype, isWide),
          SIGN: -1,
          ADD: dx.add,
        },
        grid,
      },
    );
  });
  return y;
}
