/**
 * Every kernel forward and backward: checked against float64, then timed, as a rate and as the share of what this
 * device's own multiply-add and copy kernels reach. `-- --only attention` picks cases whose name holds the word.
 */
import { sizeOf } from '../engine/graph/tensor';
import { Device, Graph, type Tensor } from '../engine/index';
import { kernelCases, type KernelCase } from './harness/kernel-cases';
import { clockOf, expectClose, timeDispatches, type Timing } from './harness/measure';
import { measurePeaks, type Peaks } from './harness/peaks';
import { uniform } from './harness/random';
import { benchResult, columns, option, percent, short, type BenchResult } from './harness/report';

/** One pass in the results: median, fastest and slowest sample; `rate` is the median's. */
interface Pass {
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
function shareOf({ rate, milliseconds, low, unit }: Pass, peaks: Peaks): number {
  return (rate * milliseconds) / low / (unit === 'GFLOP/s' ? peaks.gflops : peaks.gbps);
}

interface Row {
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

async function bench(device: Device, c: KernelCase): Promise<Row> {
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
    return timeDispatches(make, Object.fromEntries(given));
  };
  return {
    kernel: c.kernel,
    size: c.size,
    forward: pass(await part(false), c.forward),
    backward: c.backward === undefined ? null : pass(await part(true), c.backward),
  };
}

const cells = (pass: Pass | null): string[] =>
  pass
    ? [
        `${short(pass.milliseconds)} ms`,
        `[${short(pass.low)}..${short(pass.high)}]`,
        `${short(pass.rate)} ${pass.unit}`,
      ]
    : ['', '', ''];

export async function main(args: readonly string[] = []): Promise<BenchResult | undefined> {
  using device = await Device.open();
  const only = option(args, 'only', '');
  console.log(`${device.info.description || device.info.vendor}, by ${clockOf(device)}`);
  const before = await measurePeaks(device);
  const rows: Row[] = [];
  for (const c of kernelCases.filter(({ kernel, size }) => `${kernel} ${size}`.includes(only))) {
    const row = await bench(device, c);
    rows.push(row);
    console.log([`${row.kernel} ${row.size}`, ...cells(row.forward), '|', ...cells(row.backward)].join('  '));
  }
  const after = await measurePeaks(device);
  const peaks = { gflops: Math.max(before.gflops, after.gflops), gbps: Math.max(before.gbps, after.gbps) };
  console.log(`peaks: ${short(peaks.gflops)} GFLOP/s multiply-add, ${short(peaks.gbps)} GB/s copy`);
  const share = (pass: Pass | null): string => (pass ? percent(shareOf(pass, peaks)) : '');
  console.log(
    columns([
      ['kernel', 'size', 'forward', 'spread', 'rate', 'of peak', 'backward', 'spread', 'rate', 'of peak'],
      ...rows.map((row) => [
        ...[row.kernel, row.size, ...cells(row.forward), share(row.forward)],
        ...[...cells(row.backward), share(row.backward)],
      ]),
    ]),
  );
  if (only) return undefined; // a part is not the device's result
  const withShare = (pass: Pass | null) => pass && { ...pass, share: shareOf(pass, peaks) };
  return benchResult(device, 'kernels', {
    clock: clockOf(device),
    peaks,
    rows: rows.map((r) => ({ ...r, forward: withShare(r.forward), backward: withShare(r.backward) })),
  });
}
