import type { Activation } from '../activation/activation';
import { activationRef, activationRefGrad } from '../activation/activation.ref';

/** Gate and up of every row of x (N, 2 width), each (N, width). */
function halves(x: Float64Array, width: number): [gate: Float64Array, up: Float64Array] {
  const at = (i: number): number => Math.floor(i / width) * 2 * width + (i % width);
  const gate = Float64Array.from({ length: x.length / 2 }, (_, i) => x[at(i)]);
  return [gate, gate.map((_, i) => x[at(i) + width])];
}

export function gatedRef(x: Float64Array, width: number, kind: Activation): Float64Array {
  const [gate, up] = halves(x, width);
  return activationRef(gate, kind).map((v, i) => v * up[i]);
}

export function gatedRefGrad(
  x: Float64Array,
  dy: Float64Array,
  width: number,
  kind: Activation,
): Float64Array {
  const [gate, up] = halves(x, width);
  const value = activationRef(gate, kind);
  const dgate = activationRefGrad(
    gate,
    dy.map((d, i) => d * up[i]),
    kind,
  );
  return x.map((_, at) => {
    const column = at % (2 * width);
    const i = Math.floor(at / (2 * width)) * width + (column % width);
    return column < width ? dgate[i] : dy[i] * value[i];
  });
}
