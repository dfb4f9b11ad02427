import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import backwardWgsl from '../activation/backward.wgsl';
import forwardWgsl from '../activation/forward.wgsl';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pointwise } from '../lib/pointwise';
import functions from './functions.wgsl';

const forward = defineKernel({ name: 'elu.forward', wgsl: [functions, forwardWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'elu.backward', wgsl: [functions, backwardWgsl, elementwiseWgsl] });

/** y = x above 0, α (e^x - 1) below, element by element. x (…) -> (…). α is 1 by default. Clevert et al. 2016. */
export function elu(g: Graph, x: Tensor, options: { readonly alpha?: number } = {}): Tensor {
  const { alpha = 1 } = options;
  expectOptions(g.where('elu'), options, { alpha });
  return point(g, 'elu', x, alpha, true);
}

/** y = x above 0, slope x below, element by element. x (…) -> (…). The slope is 0.01 by default. Maas et al. 2013. */
export function leakyRelu(g: Graph, x: Tensor, options: { readonly slope?: number } = {}): Tensor {
  const { slope = 0.01 } = options;
  expectOptions(g.where('leaky_relu'), options, { slope });
  return point(g, 'leaky_relu', x, slope, false);
}

function point(g: Graph, op: string, x: Tensor, slope: number, smooth: boolean): Tensor {
  if (!Number.isFinite(slope)) {
    throw new EngineError(g.where(op), `${smooth ? 'alpha' : 'slope'} is ${slope}`, 'Use a finite number.');
  }
  return pointwise(g, op, x, { forward, backward }, () => ({ SMOOTH: smooth, SLOPE: slope }));
}
