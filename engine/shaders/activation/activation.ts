import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import functions from '../lib/activation.wgsl';
import { elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const forward = defineKernel({ name: 'activation.forward', wgsl: [functions, forwardWgsl, elementwiseWgsl] });
const backward = defineKernel({
  name: 'activation.backward',
  wgsl: [functions, backwardWgsl, elementwiseWgsl],
});

/** `gelu` is exact (erf), `gelu_tanh` is GPT-2's approximation ("gelu_new" in Hugging Face configs). */
export type Activation = 'gelu' | 'gelu_tanh' | 'relu' | 'silu';

/** Values of `const ACTIVATION` in lib/activation.wgsl. */
export const ACTIVATION: Readonly<Record<Activation | 'none', number>> = {
  none: 0,
  gelu: 1,
  gelu_tanh: 2,
  relu: 3,
  silu: 4,
};

/** y = f(x), element by element. x (…) -> (…). The formulas and papers stand in lib/activation.wgsl. */
export function activation(g: Graph, x: Tensor, kind: Activation): Tensor {
  const y = g.value(kind, x.shape, x.dtype);
  const { constants, n, grid } = elementwise(x, g.device.can);
  const chosen = { ...constants, ACTIVATION: ACTIVATION[kind] };
  g.dispatch(forward, { x, y }, { uniforms: { n }, constants: chosen, grid });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    g.dispatch(
      backward,
      { x, dy: g.grad(y), dx: dx.tensor },
      { uniforms: { n }, constants: { ...chosen, ADD: dx.add }, grid },
    );
  });
  return y;
}

/** GELU, exact by default; `approximate` takes the tanh form that GPT-2 was trained with. */
export function gelu(g: Graph, x: Tensor, { approximate = false } = {}): Tensor {
  return activation(g, x, approximate ? 'gelu_tanh' : 'gelu');
}

export function relu(g: Graph, x: Tensor): Tensor {
  return activation(g, x, 'relu');
}

/** SiLU, also called swish. */
export function silu(g: Graph, x: Tensor): Tensor {
  return activation(g, x, 'silu');
}
