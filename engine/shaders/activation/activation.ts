import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import functions from '../lib/activation.wgsl';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pointwise } from '../lib/pointwise';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const forward = defineKernel({ name: 'activation.forward', wgsl: [functions, forwardWgsl, elementwiseWgsl] });
const backward = defineKernel({
  name: 'activation.backward',
  wgsl: [functions, backwardWgsl, elementwiseWgsl],
});

/**
 * `gelu` is exact (erf), `gelu_tanh` is GPT-2's approximation ("gelu_new" in Hugging Face configs), `gelu_sigmoid` CLIP's
 * ("quick_gelu").
 */
export type Activation = 'gelu' | 'gelu_tanh' | 'gelu_sigmoid' | 'relu' | 'silu' | 'tanh' | 'sigmoid';

/** Values of `const ACTIVATION` in lib/activation.wgsl. */
export const ACTIVATION: Readonly<Record<Activation | 'none', number>> = {
  none: 0,
  gelu: 1,
  gelu_tanh: 2,
  relu: 3,
  silu: 4,
  tanh: 5,
  sigmoid: 6,
  gelu_sigmoid: 7,
};

/** For callers without types. */
export function expectActivation(where: string, kind: Activation): void {
  if (Object.hasOwn(ACTIVATION, kind)) return;
  throw new ShapeError(
    where,
    `there is no activation "${kind}"`,
    'Use gelu, gelu_tanh, gelu_sigmoid, relu, silu, tanh or sigmoid.',
  );
}

/** y = f(x), element by element. x (…) -> (…). The formulas and papers stand in lib/activation.wgsl. */
export function activation(g: Graph, x: Tensor, kind: Activation): Tensor {
  expectActivation(g.where('activation'), kind);
  return pointwise(g, kind, x, { forward, backward }, () => ({ ACTIVATION: ACTIVATION[kind] }));
}

/** GELU, exact by default; `approximate` takes the tanh form that GPT-2 was trained with. */
export function gelu(g: Graph, x: Tensor, options: { readonly approximate?: boolean } = {}): Tensor {
  const { approximate = false } = options;
  expectOptions(g.where('gelu'), options, { approximate });
  return activation(g, x, approximate ? 'gelu_tanh' : 'gelu');
}

/** max(x, 0), element by element. x (…) -> (…). */
export function relu(g: Graph, x: Tensor): Tensor {
  return activation(g, x, 'relu');
}

/** SiLU, also called swish. */
export function silu(g: Graph, x: Tensor): Tensor {
  return activation(g, x, 'silu');
}

/** The hyperbolic tangent, element by element. x (…) -> (…). */
export function tanh(g: Graph, x: Tensor): Tensor {
  return activation(g, x, 'tanh');
}

/** σ(x) = 1 / (1 + e^-x). */
export function sigmoid(g: Graph, x: Tensor): Tensor {
  return activation(g, x, 'sigmoid');
}
