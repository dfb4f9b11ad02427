/** A kernel forward and backward: checked against float64, then timed. */
import { sizeOf } from '../../engine/graph/tensor';
import { Graph, type Device, type Tensor } from '../../engine/index';
import type { KernelCase } from './kernel-cases';
import { expectClose, timeDispatches, type MeasureOptions, type Timing } from './measure';
import type { Peaks } from './peaks';
import { uniform } from './random';

/** One pass in the results: median, fastest and slowest sample; `rate` is the median's. */
export interface Pass {
  readonly milliseconds: number;
  readonly low: number;
  readonly high: number;
  readonly rate: number;
  readonly unit: 'GFLOP/s' | 'GB/s';
}

/**
 * Of the device's peak: the fastest sample against the fastest sample of the peak kernels, because a busy machine
 * slows now the one and now the other.
 */
export function shareOf({ rate, milliseconds, low, unit }: Pass, peaks: Peaks): number {
  return (rate * milliseconds) / low / (unit === 'GFLOP/s' ? peaks.gflops : peaks.gbps);
}

export interface KernelRow {
  readonly kernel: string;
  readonly size: string;
  readonly forward: Pass;
  readonly backward: Pass | null;
}

/** Deterministic data, about normal for floats. */
function fill(n: number, seed: number, below?: number): Float32Array | Uint32Array {
  const next = uniform(seed);
  if (below !== undefined) return Uint32Array.from({ length: n }, () => Math.floor(next() * below));
  return Float32Array.from({ length: n }, () => 2 * (next() + next() + next() - 1.5));
}

/** Records the forward pass and, where there is one, the backward pass; says where the latter starts. */
function record(device: Device, c: KernelCase) {
  const graph = new Graph(device, { train: true, label: c.kernel });
  const x: Record<string, Tensor> = {};
  for (const [name, { shape, below }] of Object.entries(c.inputs)) {
    x[name] =
      below === undefined
        ? graph.input(name, shape, 'f32', { differentiable: c.backward !== undefined })
        : graph.input(name, shape, 'u32', { below });
  }
  const y = c.record(graph, x);
  const forward = graph.dispatches.length;
  const outputs: Record<string, Tensor> = { y };
  if (c.backward !== undefined) {
    const dy = graph.input('dy', y.shape, y.dtype);
    graph.backpropFrom(new Map([[y, dy]]));
    for (const [name, tensor] of Object.entries(x)) {
      if (graph.reached(tensor)) outputs[`d${name}`] = graph.grad(tensor);
    }
  }
  return { graph, outputs, forward, all: graph.dispatches.length, size: y.size };
}

async function check(
  device: Device,
  c: KernelCase,
  feed: Readonly<Record<string, ArrayBufferView>>,
): Promise<void> {
  const { graph, outputs } = record(device, c);
  using plan = await graph.compile(outputs);
  plan.run(feed);
  const x: Record<string, Float64Array> = {};
  for (const name of Object.keys(c.inputs)) x[name] = Float64Array.from(feed[name] as Float32Array);
  const dy = Float64Array.from((feed['dy'] as Float32Array | undefined) ?? []);
  for (const [name, want] of Object.entries(c.expected(x, dy))) {
    const output = name === 'y' ? 'y' : `d${name}`;
    if (!(output in outputs)) continue;
    const got = await plan.read(output);
    const where = `${c.kernel} ${c.size}: ${output}`;
    if (want instanceof Map)
      expectClose(
        where,
        [...want.keys()].map((i) => got[i]),
        [...want.values()],
      );
    else expectClose(where, got, want);
  }
}

/** Checks a case, then times it. Throws `EngineError` where the answer is wrong. */
export async function benchKernel(
  device: Device,
  c: KernelCase,
  options: MeasureOptions = {},
): Promise<KernelRow> {
  const feed: Record<string, ArrayBufferView> = {};
  let seed = 1;
  for (const [name, { shape, below }] of Object.entries(c.inputs)) {
    feed[name] = fill(sizeOf(shape), seed++, below);
  }
  const { size } = record(device, c);
  if (c.backward !== undefined) feed['dy'] = fill(size, seed);
  await check(device, c, feed);
  const pass = (timing: Timing, work: number): Pass => {
    const { milliseconds, low, high } = timing;
    const unit = c.limit === 'flops' ? 'GFLOP/s' : 'GB/s';
    return { milliseconds, low, high, rate: work / milliseconds / 1e6, unit };
  };
  const part = async (backward: boolean): Promise<Timing> => {
    const make = () => {
      const { graph, outputs, forward, all } = record(device, c);
      // Only what the timed dispatches write can be an output.
      const kept = backward ? outputs : { y: outputs['y'] };
      return { graph, outputs: kept, from: backward ? forward : 0, to: backward ? all : forward };
    };
    const { graph } = make();
    const given = Object.entries(feed).filter(([name]) => graph.inputs.has(name));
    return timeDispatches(make, Object.fromEntries(given), options);
  };
  return {
    kernel: c.kernel,
    size: c.size,
    forward: pass(await part(false), c.forward),
    backward: c.backward === undefined ? null : pass(await part(true), c.backward),
  };
}
