// What plans show on demand, with a kernel of no meaning: y = 2 x + 1 elementwise, or y += 2 x + 1.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  DataError,
  defineKernel,
  Device,
  Graph,
  lookAt,
  Parameter,
  ParameterStore,
  type Shader,
  type Tensor,
} from '../engine/index';
import type { LookRequest } from '../engine/graph/probe';
import type { Place } from '../engine/graph/slice';
import { openTestGpu } from './harness/host';

const shaderOf = (sign: string): Shader => ({
  path: 'step.wgsl',
  code: `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&y)) { y[id.x] ${sign} 2.0 * x[id.x] + 1.0; }
}`,
  bindings: [
    { name: 'x', group: 0, index: 0, access: 'read' },
    { name: 'y', group: 0, index: 1, access: 'read_write' },
  ],
  uniforms: {},
  constants: [],
});
const kernels = {
  write: defineKernel({ name: 'write', wgsl: [shaderOf('=')] }),
  add: defineKernel({ name: 'add', wgsl: [shaderOf('+=')] }),
};
const N = 100;
const next = (x: number): number => 2 * x + 1;

function step(g: Graph, x: Tensor, y: Tensor = g.value('y', [N]), how: 'write' | 'add' = 'write'): Tensor {
  g.dispatch(kernels[how], { x, y }, { grid: [Math.ceil(N / 64)], flops: N });
  return y;
}

/** Asks for the numbers of a tensor, through one more step so that something runs there. */
const ask = (place: Place, x = place.tensors[0]): LookRequest<number> => ({
  ...lookAt(device, place, (g) => ({ y: step(g, x) })),
  answer: ({ y }) => {
    expect(new Set(y).size).toBe(1);
    return (y[0] - 1) / 2;
  },
});
const show = (g: Graph, ...tensors: Tensor[]): Place => {
  const place = g.here(tensors);
  g.probe({ op: 'test', scope: g.path, places: [place] });
  return place;
};
const input = (x: number): Float32Array => new Float32Array(N).fill(x);

let device: Device;

describe('a plan shows on demand', () => {
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
  });
  afterAll(() => device[Symbol.dispose]());

  it('values whose buffers were reused, several of one run, and leaves no byte behind', async () => {
    const g = new Graph(device);
    let x: Tensor = g.input('x', [N], 'f32');
    const places: Place[] = [];
    for (let i = 0; i < 9; i++) {
      x = step(g, x);
      places.push(show(g, x));
    }
    using plan = await g.compile({ y: x });
    expect(new Set(plan.explain().match(/@\d+/g)).size).toBeLessThan(6);
    await expect(plan.look([ask(places[0])])).rejects.toThrow('plan: it has not run yet. Call run first.');
    plan.run({ x: input(0) });
    const want = places.map((_, i) => 2 ** (i + 1) - 1);
    const before = device.buffers.stats;
    expect(await plan.look([ask(places[6]), ask(places[1]), ask(places[8])])).toEqual([
      want[6],
      want[1],
      want[8],
    ]);
    expect(device.buffers.stats.live).toBe(before.live);
    expect(device.buffers.stats.owners).toEqual(before.owners);
    expect((await plan.read('y'))[0]).toBe(want[8]);
    const made = vi.spyOn(device.gpu, 'createBuffer');
    for (let i = 0; i < 3; i++) plan.run();
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });

  it('one and the same run to all requests, the last when the kernels are ready', async () => {
    const g = new Graph(device);
    const x = step(g, g.input('x', [N], 'f32'));
    const a = show(g, x);
    const y = step(g, x);
    const b = show(g, y);
    using plan = await g.compile({ z: step(g, y) });
    plan.run({ x: input(1) });
    const answers = plan.look([ask(a), ask(b)]);
    plan.run({ x: input(10) });
    expect(await answers).toEqual([21, 43]);
  });

  it('a run over state that it has overwritten, and puts that state back', async () => {
    const token = new Parameter([N], { trainable: false, decay: false });
    using store = new ParameterStore(device, { token });
    store.write('token', input(3));
    const g = new Graph(device);
    const x = step(g, g.use(token));
    const place = show(g, x);
    step(g, step(g, x), g.use(token));
    using plan = await g.compile({ x: step(g, g.use(token)) });
    plan.run();
    expect(await plan.look([ask(place)])).toEqual([7]);
    expect((await store.read('token'))[0]).toBe(31);
    plan.run();
    expect((await store.read('token'))[0]).toBe(next(next(next(31))));
    expect(await plan.look([ask(place)])).toEqual([63]);
  });

  it('refuses to repeat a run over large state that was overwritten, unless the plan was to be repeatable', async () => {
    const memory = new Parameter([20_000], { trainable: false, decay: false });
    using store = new ParameterStore(device, { memory });
    const record = (): { g: Graph; place: Place } => {
      const g = new Graph(device, { label: 'recurrent' });
      const state = g.use(memory);
      const x = g.value('x', [20_000]);
      g.dispatch(kernels.write, { x: state, y: x }, { grid: [313] });
      const place = show(g, x);
      g.dispatch(kernels.write, { x, y: state }, { grid: [313] });
      return { g, place };
    };
    const { g, place } = record();
    using plan = await g.compile({});
    store.write('memory', new Float32Array(20_000).fill(1));
    plan.run();
    const live = device.buffers.stats.live;
    const refused = plan.look([ask(place)]);
    await expect(refused).rejects.toThrow(DataError);
    await expect(refused).rejects.toThrow(
      'recurrent: its run reads memory (20000) f32 and then overwrites it, so it cannot be repeated. ' +
        'Compile the plan with { repeatable: true }: it then keeps a copy, made at the start of each run.',
    );
    expect(device.buffers.stats.live).toBe(live);
    const again = record();
    using repeatable = await again.g.compile({}, { repeatable: true });
    expect(repeatable.memory.activations - plan.memory.activations).toBe(80_000);
    store.write('memory', new Float32Array(20_000).fill(1));
    repeatable.run();
    expect(await repeatable.look([ask(again.place)])).toEqual([3]);
    expect((await store.read('memory'))[0]).toBe(7);
  });

  it('values behind dispatches that add to parameters or make outputs, without changing either', async () => {
    const sum = new Parameter([N], { trainable: false, decay: false });
    using store = new ParameterStore(device, { sum });
    store.write('sum', input(0));
    const g = new Graph(device);
    const x = g.input('x', [N], 'f32');
    const output = step(g, x);
    step(g, output, g.use(sum), 'add');
    const y = step(g, output);
    const place = show(g, y);
    step(g, y, output, 'add'); // the output changes after its reader
    using plan = await g.compile({ output });
    plan.run({ x: input(1) });
    for (let i = 0; i < 2; i++) {
      expect(await plan.look([ask(place)])).toEqual([7]);
      expect((await store.read('sum'))[0]).toBe(7);
      expect((await plan.read('output'))[0]).toBe(3 + 15);
    }
  });

  it('nothing after an abort or after its end', async () => {
    const g = new Graph(device);
    const x = step(g, g.input('x', [N], 'f32'));
    const place = show(g, x);
    const plan = await g.compile({ y: step(g, x) });
    plan.run({ x: input(1) });
    await expect(plan.look([ask(place)], { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    plan[Symbol.dispose]();
    await expect(plan.look([ask(place)])).rejects.toThrow(/disposed of/);
  });
});
