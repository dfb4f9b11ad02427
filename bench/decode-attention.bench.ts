/**
 * One layer's part of a decode step that depends on what is cached: the new row is appended, then attends. Shows that
 * its cost follows the rows that are cached and not the capacity. Checks against float64 first.
 */
import {
  appendCache,
  decodeAttention,
  Device,
  EngineError,
  Graph,
  Parameter,
  ParameterStore,
  type Plan,
} from '../engine/index';
import { decodeRef } from '../engine/shaders/attention/cache/decode.ref';
import { noise } from './harness/random';
import { benchResult, option, short, type BenchResult } from './harness/report';

interface Heads {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
}
const HEADS: readonly Heads[] = [
  { heads: 12, keyValueHeads: 12, D: 64 },
  { heads: 8, keyValueHeads: 2, D: 128 },
  { heads: 4, keyValueHeads: 1, D: 64 },
];
const CAPACITIES = [2048, 16384];
const CACHED = [1, 128, 512, 1024, 2047, 8192, 16383];
/** Steps a submission; the shortest of several is what the kernel takes. */
const STEPS = 4;

/** Milliseconds on a clock that a busy machine does not disturb: of all cores together, for adapters that are cores. */
function clock(device: Device): { readonly name: string; readonly now: () => number } {
  const { process } = globalThis as { process?: { cpuUsage?: () => { user: number; system: number } } };
  const usage = device.can.software ? process?.cpuUsage : undefined;
  if (!usage) return { name: 'wall clock', now: () => performance.now() };
  const now = () => {
    const { user, system } = usage();
    return (user + system) / 1000;
  };
  return { name: 'processor time of all cores', now };
}

async function time(plan: Plan, position: number, repeats: number): Promise<number> {
  const { device } = plan;
  const { now } = clock(device);
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    await device.idle();
    const start = now();
    for (let k = 0; k < STEPS; k++) plan.run({}, { position, length: 1 });
    await device.idle();
    best = Math.min(best, (now() - start) / STEPS);
  }
  return best;
}

async function check(
  plan: Plan,
  store: ParameterStore,
  { heads: H, keyValueHeads: G, D }: Heads,
): Promise<void> {
  const S = 700;
  const wide = (n: number) => noise(n).map((x) => 2 * x);
  const [qkv, k, v] = [wide((H + 2 * G) * D), wide(S * G * D), wide(S * G * D).map((x) => x * x)];
  for (const [name, data] of [
    ['keys', k],
    ['values', v],
  ] as const) {
    const all = new Float32Array(store.parameters.get(name)!.size);
    all.set(data);
    store.write(name, all);
  }
  plan.run({ qkv }, { position: S - 1, length: 1 });
  k.set(qkv.subarray(H * D, (H + G) * D), (S - 1) * G * D);
  v.set(qkv.subarray((H + G) * D), (S - 1) * G * D);
  const sizes = { B: 1, T: 1, S, heads: H, keyValueHeads: G, D, starts: [S - 1] };
  const want = decodeRef(
    Float64Array.from(qkv.subarray(0, H * D)),
    Float64Array.from(k),
    Float64Array.from(v),
    sizes,
  );
  const got = await plan.read('y');
  const worst = want.reduce((most, x, i) => Math.max(most, Math.abs(x - got[i])), 0);
  if (!(worst < 1e-4)) throw new EngineError('decode-attention', `it errs by ${worst}`, 'Fix that first.');
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  using device = await Device.open();
  const repeats = Number(option(args, 'repeats', '7'));
  const steps = [];
  console.log(`milliseconds of ${clock(device).name}`);
  for (const z of HEADS) {
    for (const capacity of CAPACITIES) {
      const { heads, keyValueHeads, D } = z;
      const state = { trainable: false, decay: false };
      const cache = () => new Parameter([1, capacity, keyValueHeads * D], state);
      const module = { keys: cache(), values: cache() };
      using store = new ParameterStore(device, module, { owner: 'KV cache' });
      const g = new Graph(device, { label: 'decode attention' });
      const qkv = g.input('qkv', [1, 1, (heads + 2 * keyValueHeads) * D], 'f32'); // keeps what `check` gave it
      const [keys, values] = [g.use(module.keys), g.use(module.values)];
      appendCache(g, qkv, keys, values, z);
      using plan = await g.compile({ y: decodeAttention(g, qkv, keys, values, z) });
      await check(plan, store, z);
      for (const cached of CACHED.filter((n) => n < capacity)) {
        const milliseconds = await time(plan, cached - 1, repeats);
        steps.push({ ...z, capacity, cached, milliseconds });
        console.log(
          `H ${heads}, G ${keyValueHeads}, D ${D}, capacity ${capacity}, ${cached} cached: ${short(milliseconds)} ms`,
        );
      }
    }
  }
  return benchResult(device, 'decode-attention', { clock: clock(device).name, steps });
}
