import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { expectAxes, expectDType, expectShape, formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { rowsPerBlock, sumBlocks } from '../column_sum/column_sum';
import { expectCounts } from '../lib/counts';
import { elementType } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import backwardInputWgsl from './backward_input.wgsl';
import backwardWeightWgsl from './backward_weight.wgsl';
import earlierHeld from './earlier_held.wgsl';
import earlierNone from './earlier_none.wgsl';
import forwardWgsl from './forward.wgsl';
import holdWgsl from './hold.wgsl';

/*#__NO_SIDE_EFFECTS__*/
const define = (name: string, ...wgsl: Parameters<typeof defineKernel>[0]['wgsl']): Kernel =>
  defineKernel({ name: `causal_convolution.${name}`, wgsl });
const forward = define('forward', forwardWgsl, earlierNone, elementwiseWgsl);
const stepForward = define('step', stepWgsl, forwardWgsl, earlierHeld, elementwiseWgsl);
const hold = define('hold', stepWgsl, holdWgsl, elementwiseWgsl);
const backwardInput = define('backward_input', backwardInputWgsl, elementwiseWgsl);
const backwardWeight = define('backward_weight', backwardWeightWgsl, elementwiseWgsl);
const LANES = 64;

const scalar = (x: Tensor) => elementType(x.dtype, false);
const each = (n: number) => ({ grid: linearGrid(Math.ceil(n / LANES)), constants: { LANES, PER: 1 } });

/** Checks rows (B, T, C) and taps (C, …); -> their sizes. */
function prepare(where: string, x: Tensor, weight: Tensor) {
  expectAxes(where, x, 'B, T, C');
  for (const t of [x, weight]) expectDType(where, t, 'f32', 'f16');
  const [B, T, C] = x.shape as [number, number, number];
  const taps = weight.size / C;
  if (weight.shape[0] !== C || weight.shape.length < 2) {
    const what = `${weight.name} is ${formatShape(weight.shape)} for ${C} channels`;
    throw new ShapeError(where, what, 'Give (C, K), or (C, 1, K) as PyTorch has it.');
  }
  return { B, C, taps, uniforms: { n: x.size, c: C, time: T, taps } };
}

/**
 * Each channel's own convolution over the rows up to its own (Mamba, Gated DeltaNet): y[t] = Σ_j weight[c, j] x[t + j - (K - 1)],
 * zeros before row 0; PyTorch's `conv1d` with groups = C and padding K - 1, without what comes after. x (B, T, C), weight (C, K) or
 * (C, 1, K) -> (B, T, C). Padding after a sequence changes nothing before it. Throws `ShapeError`.
 */
export function causalConvolution(g: Graph, x: Tensor, weight: Tensor): Tensor {
  const { C, taps, uniforms } = prepare(g.where('causalConvolution'), x, weight);
  const y = g.value('causal convolution', x.shape, x.dtype);
  const { grid, constants } = each(x.size);
  const W = scalar(weight);
  const flops = 2 * x.size * taps;
  g.dispatch(
    forward,
    { x, weight, y },
    { uniforms, constants: { ...constants, T: scalar(x), W }, grid, flops },
  );

  g.backward(y, () => {
    const dy = g.grad(y);
    const S = scalar(dy);
    const dx = g.sink(x);
    if (dx) {
      g.dispatch(
        backwardInput,
        { dy, weight, dx: dx.tensor },
        { uniforms, constants: { ...constants, S, W, D: scalar(dx.tensor), ADD: dx.add }, grid, flops },
      );
    }
    const dweight = g.sink(weight);
    if (!dweight) return;
    const lines = x.size / C;
    const rows = rowsPerBlock(lines, weight.size, g.device.can);
    const blocks = Math.ceil(lines / rows);
    const partial = g.value('partial sums', [blocks, weight.size], 'f32');
    const terms = each(partial.size);
    g.dispatch(
      backwardWeight,
      { x, dy, partial },
      {
        uniforms: { ...uniforms, n: partial.size, lines, rows },
        constants: { ...terms.constants, T: scalar(x), S },
        ...{ grid: terms.grid, flops },
      },
    );
    sumBlocks(g, partial, dweight, blocks);
  });
  return y;
}

/** What a step of `causalConvolutionStep` goes on from. */
export interface CausalConvolutionStepOptions {
  /** (B, K - 1, C), a stored parameter: the inputs before this run's, which it replaces by those before the next one's. */
  readonly held: Tensor;
  /** How many of the T rows are real in each sequence, u32 (B); later ones are not held. Default T. */
  readonly lengths?: Tensor;
}

/**
 * `causalConvolution` a few rows at a time, for decoding; a run at `position` 0 begins with zeros. For inference: it has no
 * backward. Throws `ShapeError`; `DataError` for lengths above T.
 */
export function causalConvolutionStep(
  g: Graph,
  x: Tensor,
  weight: Tensor,
  options: CausalConvolutionStepOptions,
): Tensor {
  const where = g.where('causalConvolutionStep');
  const { B, C, taps, uniforms } = prepare(where, x, weight);
  const T = x.shape[1];
  const { held, lengths = g.constant('every row', [B], new Uint32Array(B).fill(T)) } = options;
  expectOptions(where, options, { held, lengths });
  if (taps < 2) throw new ShapeError(where, 'a convolution of one tap', 'It holds nothing: multiply.');
  expectShape(where, held, [B, taps - 1, C]);
  expectDType(where, held, 'f32', 'f16');
  expectCounts(g, where, lengths, { sequences: B, most: T, of: 'rows' });
  const y = g.value('causal convolution', x.shape, x.dtype);
  const [rows, channels] = [each(x.size), each(B * C)];
  const types = { T: scalar(x), H: scalar(held) };
  g.dispatch(
    stepForward,
    { x, weight, held, y },
    { uniforms, constants: { ...rows.constants, ...types, W: scalar(weight) }, grid: rows.grid },
  );
  g.dispatch(
    hold,
    { x, lengths, held },
    {
      uniforms: { ...uniforms, n: B * C },
      constants: { ...channels.constants, ...types },
      grid: channels.grid,
    },
  );
  return y;
}
