/** Work that rungs are timed by: what the kernels of a kind do in a model of middle size, forward and backward. */
import { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { RungKind } from '../runtime/capabilities';
import type { Device } from '../runtime/device';
import { selfAttention } from '../shaders/attention/attention';
import { matmul } from '../shaders/matmul/matmul';

export interface Recorded {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

export interface Work {
  /** For people: shapes. */
  readonly size: string;
  readonly record: (device: Device) => Recorded;
}

/** y and the gradients of all inputs. */
function withGradients(g: Graph, inputs: Readonly<Record<string, Tensor>>, y: Tensor): Recorded {
  g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
  const gradients = Object.entries(inputs).map(([name, x]) => [`d${name}`, g.grad(x)] as const);
  return { graph: g, outputs: { y, ...Object.fromEntries(gradients) } };
}

/** (rows, 256·k) by (256·k, 1024): a feed-forward layer, all three products of its training. */
const product = (rows: number, width: number): Work => ({
  size: `${rows} × ${width} × ${4 * width}, forward and backward`,
  record: (device) => {
    const g = new Graph(device, { train: true, label: 'tune: matmul' });
    const x = g.input('x', [rows, width], 'f32', { differentiable: true });
    const w = g.input('w', [width, 4 * width], 'f32', { differentiable: true });
    return withGradients(g, { x, w }, matmul(g, x, w));
  },
});

/** One row by a matrix, as each layer has it for each token that is written. */
const row = (width: number): Work => ({
  size: `1 × ${width} × ${4 * width}`,
  record: (device) => {
    const g = new Graph(device, { label: 'tune: fewRows' });
    let x: Tensor = g.input('x', [1, width], 'f32');
    const [up, down] = [g.input('up', [width, 4 * width], 'f32'), g.input('down', [4 * width, width], 'f32')];
    // Several in a row, because one takes less than clocks tell.
    for (let i = 0; i < 8; i++) x = matmul(g, matmul(g, x, up), down);
    return { graph: g, outputs: { y: x } };
  },
});

const attention = (batch: number, length: number, heads: number): Work => ({
  size: `${batch} × ${length} tokens, ${heads} heads of 64, causal, forward and backward`,
  record: (device) => {
    const g = new Graph(device, { train: true, label: 'tune: attention' });
    const qkv = g.input('qkv', [batch, length, 3 * heads * 64], 'f32', { differentiable: true });
    return withGradients(g, { qkv }, selfAttention(g, qkv, { heads, causal: true }));
  },
});

/** For each kind, work for slow adapters, and for those that do it in no time. */
export const WORK: Readonly<Record<RungKind, { readonly small: Work; readonly large: Work }>> = {
  matmul: { small: product(64, 128), large: product(1024, 768) },
  fewRows: { small: row(128), large: row(768) },
  attention: { small: attention(1, 64, 2), large: attention(4, 512, 12) },
};
