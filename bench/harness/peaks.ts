/** What this device reaches at best, measured with two kernels that do nothing else. */
import { defineKernel, Graph, linearGrid, type Device } from '../../engine/index';
import { expectClose, timeDispatches } from './measure';
import copyWgsl from './copy.wgsl';
import fmaWgsl from './fma.wgsl';

export interface Peaks {
  /** Multiply-adds in registers, 10⁹ operations a second (two each). */
  readonly gflops: number;
  /** A copy of 32 MiB, read and write counted, 10⁹ bytes a second. */
  readonly gbps: number;
}

const fma = defineKernel({ name: 'bench.fma', wgsl: [fmaWgsl] });
const copy = defineKernel({ name: 'bench.copy', wgsl: [copyWgsl] });

/** A peak is what the fastest sample shows, so a few samples of each form do. */
const QUICK = { samples: 5, milliseconds: 50 };
const ROUNDS = 512;
const COPY_FLOATS = 1 << 23;

async function fmaPeak(
  device: Device,
  chains: number,
  fused: boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  // Enough to fill the largest GPU; a software adapter would take seconds for as many.
  const threads = device.can.software ? 1 << 14 : 1 << 20;
  const z = Float32Array.of(0.5);
  const make = () => {
    const graph = new Graph(device, { label: 'fma peak' });
    const x = graph.input('x', [1], 'f32');
    const y = graph.value('y', [threads], 'f32');
    const constants = { ROUNDS, CHAINS: chains, FUSED: fused };
    graph.dispatch(fma, { x, y }, { constants, grid: linearGrid(threads / 64) });
    return { graph, outputs: { y }, from: 0, to: 1 };
  };
  const { graph, outputs } = make();
  using plan = await graph.compile(outputs);
  plan.run({ x: z });
  expectClose('bench.fma', await plan.read('y'), new Float32Array(threads).fill(4 * chains), 1e-6);
  const { low } = await timeDispatches(make, { x: z }, { ...QUICK, signal });
  return (threads * ROUNDS * chains * 4 * 2) / low / 1e6;
}

async function copyPeak(device: Device, per: number, signal: AbortSignal | undefined): Promise<number> {
  const data = Float32Array.from({ length: COPY_FLOATS }, (_, i) => i % 1000);
  const make = () => {
    const graph = new Graph(device, { label: 'copy peak' });
    const x = graph.input('x', [COPY_FLOATS], 'f32');
    const y = graph.value('y', [COPY_FLOATS], 'f32');
    graph.dispatch(copy, { x, y }, { constants: { PER: per }, grid: linearGrid(COPY_FLOATS / 4 / 64 / per) });
    return { graph, outputs: { y }, from: 0, to: 1 };
  };
  const { graph, outputs } = make();
  using plan = await graph.compile(outputs);
  plan.run({ x: data });
  expectClose('bench.copy', await plan.read('y'), data, 0);
  const { low } = await timeDispatches(make, { x: data }, { ...QUICK, signal });
  return (2 * 4 * COPY_FLOATS) / low / 1e6;
}

/** Told of the share that is done. Throws the signal's reason once it is aborted. */
export interface PeakOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

export async function measurePeaks(
  device: Device,
  { signal, onProgress = () => undefined }: PeakOptions = {},
): Promise<Peaks> {
  const forms = 8;
  let done = 0;
  let gflops = 0;
  for (const chains of [2, 4, 8]) {
    for (const fused of [true, false]) {
      gflops = Math.max(gflops, await fmaPeak(device, chains, fused, signal));
      onProgress(++done / forms);
    }
  }
  let gbps = 0;
  for (const per of [1, 4]) {
    gbps = Math.max(gbps, await copyPeak(device, per, signal));
    onProgress(++done / forms);
  }
  return { gflops, gbps };
}
