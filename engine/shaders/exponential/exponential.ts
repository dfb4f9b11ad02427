import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import backwardWgsl from '../activation/backward.wgsl';
import forwardWgsl from '../activation/forward.wgsl';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pointwise } from '../lib/pointwise';
import functions from './functions.wgsl';

const forward = defineKernel({
  name: 'exponential.forward',
  wgsl: [functions, forwardWgsl, elementwiseWgsl],
});
const backward = defineKernel({
  name: 'exponential.backward',
  wgsl: [functions, backwardWgsl, elementwiseWgsl],
});

/** y = e^x, element by element. x (…) -> (…). Infinite where it is beyond x's storage: above 88.7, in f16 above 11.08. */
export function exp(g: Graph, x: Tensor): Tensor {
  return point(g, x, 'exp');
}

/** y = ln x, element by element. x (…) -> (…). -∞ at 0, NaN below. Numbers below 2^-126 count as 0. */
export function log(g: Graph, x: Tensor): Tensor {
  return point(g, x, 'log');
}

function point(g: Graph, x: Tensor, op: 'exp' | 'log'): Tensor {
  return pointwise(g, op, x, { forward, backward }, (wide) => ({
    U: wide ? 'vec4<u32>' : 'u32',
    LOG: op === 'log',
  }));
}
