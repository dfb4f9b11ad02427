// What each rung of each op takes to compile: no kernel may take many times as long as a plain one. Compilers of software
// adapters unroll and inline, and one took 38 s for a kernel that in another form takes a tenth of that.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as kinds from '../engine/attention';
import * as ops from '../engine/index';
import { Device, Graph, type Tensor } from '../engine/index';
import { bindAll, compileAll, encode } from '../engine/graph/bind';
import type { Dispatch } from '../engine/graph/graph';
import { STEP_BYTES } from '../engine/graph/step';
import { uniformBuffer } from '../engine/graph/uniforms';
import { defineKernel, type Kernel } from '../engine/runtime/kernel';
import { host, openTestGpu } from './harness/host';
import { as } from './harness/op';

/**
 * Milliseconds of what compiling costs: of all cores of this process where the driver is part of it, so that a busy
 * machine changes nothing; of the clock in a browser, whose driver is elsewhere.
 */
const inProcess = host.name !== 'chromium';
const now = (): number => {
  if (!inProcess) return performance.now();
  const { user, system } = globalThis.process.cpuUsage();
  return (user + system) / 1000;
};

type Record = (g: Graph, x: (...shape: number[]) => Tensor, ids: (...shape: number[]) => Tensor) => Tensor[];
const self = { heads: 4, causal: true };
const bucket = (d: number): number => Math.min(7, Math.abs(d));

/** Ops at small shapes, all kernels of both passes. */
const recorded: { readonly [name: string]: Record } = {
  'linear attention': (g, x) => [kinds.linearSelfAttention(g, x(2, 32, 48), self)],
  'linear attention, full': (g, x) => [kinds.linearSelfAttention(g, x(2, 32, 48), { heads: 4 })],
  additiveAttention: (g, x) => [
    kinds.additiveAttention(g, { q: x(2, 4, 8), k: x(2, 6, 8), vector: x(8), values: x(2, 6, 8) }).out,
  ],
  dotProductAttention: (g, x) => [
    kinds.dotProductAttention(g, { q: x(2, 4, 8), k: x(2, 6, 8), v: x(2, 6, 8), causal: true }).out,
  ],
  'matmul, a row': (g, x) => [ops.matmul(g, x(1, 64), x(64, 128))],
  'matmul, few rows': (g, x) => [ops.matmul(g, x(3, 64), x(128, 64), { transposeB: true })],
  'matmul, fused': (g, x) => [
    ops.matmul(g, x(32, 64), x(64, 128), { bias: x(128), activation: 'gelu', residual: x(32, 128) }),
  ],
  'matmul, many rows': (g, x) => [ops.matmul(g, x(256, 64), x(64, 256))],
  'matmul, odd': (g, x) => [ops.matmul(g, x(2, 9, 7), x(2, 7, 5))],
  softmax: (g, x) => [ops.softmax(g, x(8, 24)), ops.softmax(g, x(8, 23))],
  crossEntropy: (g, x, ids) => [ops.crossEntropy(g, x(8, 24), ids(8), { labelSmoothing: 0.1 })],
  norms: (g, x) => [ops.layernorm(g, x(8, 24), x(24), x(24)), ops.rmsnorm(g, x(8, 24), x(24))],
  elementwise: (g, x) => [
    ops.gated(g, x(4, 16), 'silu'),
    ops.activation(g, x(4, 16), 'gelu'),
    ops.dropout(g, ops.add(g, x(4, 16), ops.multiply(g, x(4, 16), x(16))), 0.1),
    ops.scale(g, x(4, 16), 2),
  ],
  rows: (g, x, ids) => [
    ops.addPositions(g, ops.embedding(g, ids(2, 8), x(9, 16)), x(8, 16)),
    ops.concat(g, [x(2, 3, 8), ops.slice(g, x(2, 5, 8), 1, 1, 3)], 1),
    ops.rope(g, x(2, 8, 48), { heads: 4 }),
    ops.selectRows(g, x(2, 8, 16), { lengths: ids(2) }),
    ops.selectRows(g, x(2, 8, 16), { lengths: ops.lengthsAfter(g, ids(2), { rows: 3, most: 5 }) }),
    ops.embedding(g, ops.textPositions(g, ids(2), { rows: 8, first: 1, padding: 0 }), x(9, 16)),
  ],
  attention: (g, x) => [ops.selfAttention(g, x(2, 32, 48), self)],
  'attention, narrow': (g, x) => [ops.selfAttention(g, x(2, 32, 42), { heads: 2, causal: false })],
  'attention, much at once': (g, x, ids) => [
    ops.selfAttention(g, x(2, 32, 96), {
      ...{ heads: 4, causal: true, dropout: 0.1, softcap: 30, window: 20, rope: {} },
      keyMask: ids(2, 32),
    }),
  ],
  'attention, buckets': (g, x) => [
    ops.selfAttention(g, x(2, 32, 48), { ...self, bias: ops.bucketBias(x(8, 4), bucket) }),
  ],
};

/** The same of what has no gradient. */
const inferred: { readonly [name: string]: Record } = {
  decodeAttention: (g, x) => {
    const [keys, values] = [x(2, 64, 16), x(2, 64, 16)];
    ops.appendCache(g, x(2, 1, 48), keys, values, { heads: 4, rope: {} });
    return [
      ops.decodeAttention(g, x(2, 1, 48), keys, values, { heads: 4, rope: {} }),
      ops.decodeAttention(g, x(2, 16, 48), keys, values, { heads: 4, softcap: 30 }),
      ops.decodeAttention(g, x(2, 1, 48), keys, values, { heads: 4, bias: ops.bucketBias(x(8, 4), bucket) }),
    ];
  },
  caches: (g, x, ids) => {
    const keys = x(4, 16, 32);
    ops.reorderCache(g, keys, x(4, 16, 32), ids(4));
    const covered = x(4, 16);
    return [ops.coverage(g, x(2, 2, 32), x(2, 16, 32), covered, { heads: 4, lengths: ids(2) })];
  },
  choices: (g, x, ids) => [
    ops.sample(g, x(4, 40)),
    ops.topCandidates(g, x(4, 40), { count: 4, bans: ids(4, 3) }).ids,
    ops.withoutTokens(g, x(4, 40), ids(4, 2), () => ops.selectRows(g, x(2, 3, 8))),
  ],
  'linear attention': (g, x) => [
    kinds.linearAttentionStep(g, {
      ...{ q: x(2, 1, 16), k: x(2, 1, 16), v: x(2, 1, 16), state: x(2, 4, 4, 5) },
      ...{ heads: 4, width: 4 },
    }),
  ],
};

function dispatchesOf(device: Device, record: Record, train: boolean): readonly Dispatch[] {
  const g = new Graph(device, { train, label: 'compile' });
  let n = 0;
  const input =
    (dtype: 'f32' | 'u32') =>
    (...shape: number[]) =>
      g.input(`x${n++}`, shape, dtype, { differentiable: train && dtype === 'f32' });
  const outputs = record(g, input('f32'), input('u32'));
  if (train) g.backpropFrom(new Map(outputs.map((y) => [y, g.input(`x${n++}`, y.shape, y.dtype)])));
  return g.dispatches;
}

/** What a dispatch costs the first time, over zeros: drivers compile at the first run what they have only read before. */
async function costOf(device: Device, dispatch: Dispatch): Promise<number> {
  const owned: ops.Storage[] = [];
  const acquire = (bytes: number, usage?: number): ops.Storage => {
    const storage = device.buffers.acquire(bytes, 'compile', usage);
    owned.push(storage);
    return storage;
  };
  try {
    const memory = new Map(dispatch.tensors.map(({ tensor }) => [tensor.root, acquire(tensor.root.bytes)]));
    const layout = device.pipelines.stepLayout;
    const { buffer } = uniformBuffer(device, acquire, new Uint8Array(STEP_BYTES));
    const step = device.gpu.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
    const clear = device.gpu.createCommandEncoder();
    for (const storage of memory.values()) clear.clearBuffer(storage.buffer);
    device.gpu.queue.submit([clear.finish()]);
    await device.idle();
    const start = now();
    const compiled = await compileAll(device, [dispatch]);
    const bound = bindAll(device, [dispatch], compiled, (root) => memory.get(root)!, acquire);
    const encoder = device.gpu.createCommandEncoder();
    encode(encoder, 'compile', step, bound);
    device.gpu.queue.submit([encoder.finish()]);
    await device.idle();
    return now() - start;
  } finally {
    for (const storage of owned) device.buffers.release(storage);
  }
}

/** A kernel of a size that compiles in a fraction of a second, and that no cache can know. */
function reference(): Kernel {
  const salt = Math.random();
  const lines = Array.from(
    { length: 16 },
    (_, i) => `    x += y[at + ${i}u * n] * y[i * n + at * ${i + 1}u];`,
  );
  const code = `@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;
const SALT: f32 = ${salt};
@compute @workgroup_size(16) fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = arrayLength(&y);
  let at = id.x * 3u;
  var x = vec4f(SALT);
  for (var i = 0u; i < n; i++) {
${lines.join('\n')}
    x = exp(-x * x);
  }
  y[at] = x;
}`;
  const path = 'tests/reference.wgsl';
  const bindings = [{ name: 'y', group: 0, index: 0, access: 'read_write' as const }];
  return defineKernel({
    name: `reference.${salt}`,
    wgsl: [{ path, code, bindings, uniforms: {}, constants: [] }],
  });
}

async function referenceCost(device: Device): Promise<number> {
  const g = new Graph(device);
  g.dispatch(reference(), { y: g.value('y', [16]) }, { grid: [1] });
  return costOf(device, g.dispatches[0]);
}

/** Milliseconds that nobody minds. */
const FREE = 2000;
/** Kinds that mix many options take minutes where no cache knows them, so `npm run test:deep` has them. */
const deep = (import.meta.env as Readonly<{ [name: string]: string | undefined }>)['HEED_COMPILE'] === 'all';
const MIXED = /much at once|buckets/;
/**
 * Most that a kernel may take beyond, in references: the dearest take four, of mixed ones seven. Clocks of busy machines
 * need room.
 */
const MOST = inProcess ? (deep ? 10 : 6) : 120;
/** Ops whose rung for GPUs is another kernel of some size. */
const LADDERS = /^(attention|linear attention|matmul, many rows)$/;

describe.each([
  ['all features', false],
  ['no feature', true],
] as const)('with %s no kernel takes out of all proportion to compile:', (_, minimal) => {
  let device: Device;
  const measured = new Set<string>();
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu(), minimal });
  });
  afterAll(() => device[Symbol.dispose]());

  async function expectQuick(used: Device, record: Record, train: boolean): Promise<void> {
    for (const dispatch of dispatchesOf(used, record, train)) {
      const { code, label } = dispatch.variant;
      if (measured.has(code)) continue;
      measured.add(code);
      const cost = await costOf(device, dispatch);
      if (cost < FREE) continue; // also what a driver's cache knew, and was measured before
      // Measured next to it: cores that are shared count more time for the same work.
      const references = cost / (await referenceCost(device));
      expect(references, `${label}: ${cost.toFixed(0)} ms, in references`).toBeLessThan(MOST);
    }
  }

  const options = { timeout: 900_000 }; // on a busy machine the clock says little
  it.each(Object.entries(inferred))('%s (inference)', options, (_op, record) =>
    expectQuick(device, record, false),
  );
  const all = Object.entries(recorded).filter(([op]) => deep || !MIXED.test(op));
  it.each(all)('%s', options, async (op, record) => {
    await expectQuick(device, record, true);
    if (LADDERS.test(op)) await expectQuick(as(device, 'hardware'), record, true);
  });
});
