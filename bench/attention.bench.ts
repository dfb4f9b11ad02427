/**
 * What masks save: attention over sequences under a causal mask, a window and sparse patterns, against all pairs, in
 * one run on one device; with the share of the multiply-add peak that the pairs which see each other make up, and the
 * scratch memory of 16,384 rows. Run: npm run bench -- attention [-- --longest 8192]
 */
import {
  Device,
  estimate,
  globalPattern,
  Graph,
  localPattern,
  randomPattern,
  selfAttention,
  stridedPattern,
  unionPattern,
  type AttentionOptions,
  type Plan,
} from '../engine/index';
import { median } from './harness/measure';
import { measurePeaks } from './harness/peaks';
import { noise } from './harness/random';
import { benchResult, columns, option, percent, short, type BenchResult } from './harness/report';

const [HEADS, D] = [4, 64];
type Kind = Partial<AttentionOptions>;

const KINDS: Readonly<Record<string, Kind>> = {
  full: {},
  causal: { causal: true },
  'window of 256': { causal: true, window: 256 },
  'sparse transformer, 128': {
    causal: true,
    pattern: unionPattern(localPattern(128, 0), stridedPattern(128)),
  },
  'longformer, 256': { pattern: unionPattern(localPattern(128), globalPattern([0, 1])) },
  'bigbird, 64': { pattern: unionPattern(localPattern(96), globalPattern([0]), randomPattern(64, 3)) },
};

async function record(device: Device, T: number, kind: Kind, train: boolean) {
  const g = new Graph(device, { train, label: 'attention' });
  const qkv = g.input('qkv', [1, T, 3 * HEADS * D], 'f32', { differentiable: train });
  const y = selfAttention(g, qkv, { heads: HEADS, ...kind });
  const inputs: Record<string, Float32Array> = { qkv: noise(qkv.size) };
  const outputs = { y };
  if (train) {
    const dy = g.input('dy', y.shape, 'f32');
    inputs['dy'] = noise(dy.size);
    g.backpropFrom(new Map([[y, dy]]));
    Object.assign(outputs, { dqkv: g.grad(qkv) });
  }
  const flops = g.dispatches.reduce((sum, d) => sum + d.flops, 0);
  const memory = estimate(g, outputs).activations;
  const plan = await g.compile(outputs);
  plan.run(inputs);
  await device.idle();
  return { plan, flops, memory };
}

async function time(plan: Plan, samples: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const start = performance.now();
    plan.run();
    await plan.device.idle();
    times.push(performance.now() - start);
  }
  return median(times);
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  const longest = Number(option(args, 'longest', '8192'));
  using device = await Device.open();
  console.log(`${device.info.description || device.info.vendor}, by the wall clock`);
  const peaks = await measurePeaks(device);
  const rows: Record<string, unknown>[] = [];
  for (const T of [2048, 8192].filter((n) => n <= longest)) {
    for (const train of [false, true]) {
      // All pairs over 8,192 rows with gradients would take a software adapter a minute a run.
      if (train && T > 2048 && device.can.software) continue;
      let full = 0;
      for (const [name, kind] of Object.entries(KINDS)) {
        const { plan, flops } = await record(device, T, kind, train);
        using used = plan;
        const milliseconds = await time(used, T > 2048 && name === 'full' ? 2 : 5);
        if (name === 'full') full = milliseconds;
        const share = flops / (milliseconds * 1e6) / peaks.gflops;
        const row = { kind: name, T, pass: train ? 'forward and backward' : 'forward', milliseconds };
        rows.push({ ...row, timesFull: full / milliseconds, share });
        const ratio = `${(full / milliseconds).toFixed(2)} × full`;
        console.log(
          columns([[name, String(T), row.pass, `${short(milliseconds)} ms`, ratio, percent(share)]]),
        );
      }
    }
  }
  const scratch: Record<string, number> = {};
  for (const T of [1024, 4096, 16384]) {
    const g = new Graph(device, { train: true });
    const qkv = g.input('qkv', [1, T, 3 * HEADS * D], 'f32', { differentiable: true });
    const y = selfAttention(g, qkv, { heads: HEADS, causal: true });
    g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
    scratch[T] = estimate(g, { y, dqkv: g.grad(qkv) }).activations - 2 * (qkv.bytes + y.bytes);
  }
  console.log('scratch beside qkv, y and their gradients, bytes:', JSON.stringify(scratch));
  return benchResult(device, 'attention', { clock: 'wall clock', heads: HEADS, width: D, rows, scratch });
}
