import type { TensorResult } from './pipeline_calls';

/** Numbers in their shape. */
export function shaped(data: Float32Array, dims: readonly number[]): TensorResult {
  const nested = (at: number, axis: number): unknown => {
    const size = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    if (axis === dims.length - 1) return Array.from(data.subarray(at, at + dims[axis]));
    return Array.from({ length: dims[axis] }, (_, i) => nested(at + i * size, axis + 1));
  };
  return { type: 'float32', dims, data, tolist: () => nested(0, 0) };
}
