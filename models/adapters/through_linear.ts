/** Small networks of adapters on the CPU, for the files that hold what they make. */
import type { Linear } from '../../engine/index';
import type { Read } from './written';

/** x (…, inputs) through a layer whose weight is (outputs, inputs), in float64: -> (…, outputs). */
export function throughLinear(
  x: Float64Array,
  { weight, bias, inputs, outputs }: Linear,
  read: Read,
): Float64Array {
  const [w, b] = [read(weight), bias ? read(bias) : new Float32Array(outputs)];
  return Float64Array.from({ length: (x.length / inputs) * outputs }, (_, i) => {
    const [row, o] = [Math.floor(i / outputs), i % outputs];
    let sum = b[o];
    for (let k = 0; k < inputs; k++) sum += x[row * inputs + k] * w[o * inputs + k];
    return sum;
  });
}
