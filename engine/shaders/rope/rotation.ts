import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import scalar from '../lib/scalar.wgsl';
import { STARTS, startsOf } from '../lib/starts';
import vector from '../lib/vector.wgsl';
import angle from './angle.wgsl';
import { ropeFrequencies, turnsPerPosition, type RopeScaling } from './frequencies';
import ropeWgsl from './rope.wgsl';

const kernels = (starts: keyof typeof STARTS, suffix: string) => ({
  narrow: defineKernel({
    name: `rope.rotate_narrow${suffix}`,
    wgsl: [scalar, angle, ropeWgsl, STARTS[starts], step],
  }),
  wide: defineKernel({ name: `rope.rotate${suffix}`, wgsl: [vector, angle, ropeWgsl, STARTS[starts], step] }),
});
const rotate = { none: kernels('none', ''), own: kernels('own', '_starts') };

const LANES = 64;

/** Which columns of a head rotate, and how fast: what `rope`, `attention` and the caches are told alike. */
export interface RotaryOptions {
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
}

/** The same, checked. */
export interface Rotation {
  /** Pairs of columns of a head that rotate. */
  readonly half: number;
  readonly adjacent: boolean;
  /** What cos and sin are multiplied by. */
  readonly factor: number;
  /** Radians per position of each pair. */
  readonly frequencies: Float64Array;
  /** See `turnsPerPosition`. */
  readonly turns: Tensor;
}

/** Checks the rotation of heads of `width`; throws ShapeError, and EngineError on scaling that makes no sense. */
export function rotation(g: Graph, where: string, options: RotaryOptions, width: number): Rotation {
  const { rotary = width, pairing = 'halves', theta, scaling } = options;
  expectOptions(where, options, { rotary, pairing, theta, scaling });
  if (!Number.isInteger(rotary) || rotary < 2 || rotary % 2 !== 0 || rotary > width) {
    throw new ShapeError(
      where,
      `${rotary} columns of a head of ${width} cannot rotate in pairs`,
      'Give an even rotary, at most the width.',
    );
  }
  const { frequencies, attentionFactor: factor } = ropeFrequencies({ width: rotary, theta, scaling });
  const half = rotary / 2;
  const turns = g.constant('rope turns', [2, half], turnsPerPosition(frequencies));
  return { half, adjacent: pairing === 'adjacent', factor, frequencies, turns };
}

/** Heads side by side in rows (B, T, C), and where their rows stand. */
export interface TurnedColumns {
  /** How many. */
  readonly heads: number;
  readonly width: number;
  /** First column of the first. */
  readonly offset: number;
  /** Position of a sequence's first row. */
  readonly start: number;
  /** How far each sequence is ahead besides, u32 (B), where they differ. */
  readonly starts?: Tensor | null | undefined;
}

interface TurnOptions {
  /** -1 turns back. */
  readonly sign?: 1 | -1;
  /** y holds something already, to which this is added. */
  readonly add?: boolean;
  /** Positions count from `now.position` (default), else from 0. */
  readonly moves?: boolean;
}

/** Records y = x (B, T, C) with these heads rotated by their positions. */
export function turnRows(
  g: Graph,
  x: Tensor,
  y: Tensor,
  { half, adjacent, factor, turns }: Rotation,
  { heads, width, offset, start, starts }: TurnedColumns,
  { sign = 1, add = false, moves = true }: TurnOptions = {},
): void {
  const [T, C] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const isWide = !adjacent && [half, width, offset, C].every((columns) => columns % 4 === 0);
  const per = isWide ? 4 : 1;
  const n = x.size / C;
  const work = (heads * half) / per + Math.ceil((C - 2 * heads * half) / per / 2);
  const { kind, bind } = startsOf(starts);
  g.dispatch(
    rotate[kind][isWide ? 'wide' : 'narrow'],
    { x, turns, y, ...bind },
    {
      uniforms: {
        ...{ n, t: T, c: C / per, offset: offset / per, heads, width: width / per, half: half / per },
        ...{ work, start, factor },
      },
      constants: {
        R: elementType('f32', isWide),
        ADJACENT: adjacent,
        T: elementType(x.dtype, isWide),
        S: elementType(y.dtype, isWide),
        SIGN: sign,
        ADD: add,
        MOVES: moves,
      },
      grid: linearGrid(Math.ceil((n * work) / LANES)),
    },
  );
}
