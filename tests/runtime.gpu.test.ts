// The runtime on a real adapter: opening, the app's own device, memory accounting, transfers, clocks, loss.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  activation,
  defineKernel,
  Device,
  DeviceError,
  eager,
  Graph,
  KernelError,
  Parameter,
  ParameterStore,
  Plans,
  type Shader,
  type Tensor,
} from '../engine/index';
import { openTestAdapter, openTestGpu } from './harness/host';

describe('Device', () => {
  it('takes the full limits and the optional features of the adapter', async () => {
    using device = await Device.open({ gpu: openTestGpu('own') });
    const adapter = await openTestAdapter();
    expect(device.gpu.limits.maxStorageBufferBindingSize).toBe(adapter.limits.maxStorageBufferBindingSize);
    expect(device.can.f16).toBe(adapter.features.has('shader-f16'));
    expect(device.can.subgroups !== null).toBe(adapter.features.has('subgroups'));
    expect(device.can.software).toBe(true); // no GPU machine is needed for these suites
  });

  it('works at the default limits without any feature', async () => {
    using device = await Device.open({ gpu: openTestGpu('own'), minimal: true });
    expect(device.can).toMatchObject({
      f16: false,
      subgroups: null,
      timestamps: false,
      maxWorkgroupMemory: 16384,
    });
    const data = Float32Array.of(-1, 0, 1, 2, 3);
    const y = await eager(device, { x: { shape: [5], data } }, (g, { x }) => activation(g, x, 'relu'));
    expect([...y.data]).toEqual([0, 0, 1, 2, 3]);
  });

  it('never destroys a device that the app gave', async () => {
    const adapter = await openTestAdapter();
    const gpu = await adapter.requestDevice();
    const device = Device.from(gpu);
    await eager(device, { x: { shape: [4], data: new Float32Array(4) } }, (g, { x }) =>
      activation(g, x, 'relu'),
    );
    device[Symbol.dispose]();
    const buffer = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST });
    gpu.queue.writeBuffer(buffer, 0, new Float32Array(4));
    const gone = await Promise.race([
      gpu.lost.then(() => 'lost'),
      gpu.queue.onSubmittedWorkDone().then(() => 'alive'),
    ]);
    expect(gone).toBe('alive');
    gpu.destroy();
  });

  it('says what to do where there is no WebGPU and no adapter', async () => {
    const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
    await expect(Device.open({ gpu: none })).rejects.toThrow(
      /no WebGPU adapter\. Update the graphics driver/,
    );
    await expect(Device.open({ gpu: openTestGpu('own'), signal: AbortSignal.abort() })).rejects.toThrow(
      /abort/i,
    );
  });

  it('lets owners end after their device', async () => {
    const device = await Device.open({ gpu: openTestGpu('own') });
    const store = new ParameterStore(device, { w: new Parameter([4]) });
    device[Symbol.dispose]();
    expect(() => store[Symbol.dispose]()).not.toThrow();
  });

  it('reports a lost device as an event and refuses to run on it', async () => {
    const device = await Device.open({ gpu: openTestGpu('own') });
    const g = new Graph(device);
    const plan = await g.compile({ y: activation(g, g.input('x', [4], 'f32'), 'relu') });
    device.gpu.destroy();
    expect(await device.lost).toBeInstanceOf(DeviceError);
    expect(() => plan.run({ x: new Float32Array(4) })).toThrow(DeviceError);
  });
});

describe('Plan', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
  });
  afterAll(() => device[Symbol.dispose]());

  const chain = (g: Graph) => {
    let x: Tensor = g.input('x', [1000], 'f32');
    for (let i = 0; i < 8; i++) x = activation(g, x, 'silu');
    return x;
  };

  it('shares buffers by liveness and gives everything back', async () => {
    const before = device.buffers.stats.live;
    {
      const g = new Graph(device, { label: 'chain' });
      using plan = await g.compile({ y: chain(g) });
      expect(device.buffers.stats.owners.chain).toBeLessThan(5 * 4500); // 9 tensors in 4 buffers
      expect(plan.memory.activations).toBeLessThan(5 * 4100);
      expect(plan.explain()).toMatch(/^chain: 8 dispatches, 4 buffers/);
    }
    expect(device.buffers.stats.live).toBe(before);
  });

  it('shows the file and the line of WGSL that does not compile', async () => {
    const code = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() {
  y[0] = nowhere + 1.0;
}`;
    const shader: Shader = {
      path: 'engine/shaders/broken/forward.wgsl',
      code,
      bindings: [{ name: 'y', group: 0, index: 0, access: 'read_write' }],
      uniforms: {},
      constants: [],
    };
    const g = new Graph(device);
    const y = g.value('y', [1]);
    g.dispatch(defineKernel({ name: 'broken.forward', wgsl: [shader] }), { y }, { grid: [1] });
    const failure = await g.compile({ y }).catch((e: unknown) => e as Error);
    expect(failure).toBeInstanceOf(KernelError);
    expect((failure as Error).message).toMatch(/broken\/forward\.wgsl:3:\d+ .*nowhere/s);
    expect((failure as Error).message).toContain('y[0] = nowhere + 1.0;');
  });

  it('compiles again what failed to compile once, and one plan for all who ask', async () => {
    using plans = new Plans<string>();
    const ask = () =>
      plans.get('y', () => {
        const g = new Graph(device);
        return g.compile({ y: activation(g, g.input('x', [4], 'f32'), 'gelu_tanh') });
      });
    vi.spyOn(device.gpu, 'createComputePipelineAsync').mockRejectedValueOnce(new Error('no memory'));
    const both = await Promise.allSettled([ask(), ask()]);
    for (const one of both)
      expect(one).toMatchObject({ status: 'rejected', reason: { cause: { message: 'no memory' } } });
    const [plan, same] = await Promise.all([ask(), ask()]);
    expect(same).toBe(plan);
    plan.run({ x: new Float32Array(4).fill(9) });
    expect([...(await plan.read('y'))]).toEqual([9, 9, 9, 9]);
  });

  it('gives a plan back that is ready after its owner has gone', async () => {
    const before = device.buffers.stats.live;
    const plans = new Plans<string>();
    const g = new Graph(device, { label: 'late' });
    const late = plans.get('y', () => g.compile({ y: activation(g, g.input('x', [4], 'f32'), 'relu') }));
    plans[Symbol.dispose]();
    await expect(late).rejects.toThrow('late: it was disposed of while it was compiled');
    expect(device.buffers.stats.live).toBe(before);
  });

  it('gives everything back when a plan cannot be bound', async () => {
    const before = device.buffers.stats.live;
    const g = new Graph(device);
    const orphan = new Parameter([4]);
    const y = activation(g, g.use(orphan), 'relu');
    await expect(g.compile({ y })).rejects.toThrow(/has no memory\. Create a ParameterStore/);
    expect(device.buffers.stats.live).toBe(before);
  });

  it('compiles plans side by side', async () => {
    const plans = await Promise.all(
      [1, 2, 3, 4].map((n) => {
        const g = new Graph(device);
        return g.compile({ y: activation(g, g.input('x', [n], 'f32'), 'relu') });
      }),
    );
    for (const [i, plan] of plans.entries()) {
      plan.run({ x: new Float32Array(i + 1).fill(2) });
      expect([...(await plan.read('y'))]).toEqual(Array(i + 1).fill(2));
      plan[Symbol.dispose]();
    }
  });

  it('times every kernel', async () => {
    const g = new Graph(device);
    using plan = await g.compile({ y: chain(g) });
    const [row] = await plan.profile({ x: new Float32Array(1000) });
    expect(row).toMatchObject({ kernel: 'activation.forward', calls: 8, bytes: 8 * 8000 });
    expect(row.milliseconds).toBeGreaterThan(0);
  });

  it('names unknown inputs and outputs and wrong sizes', async () => {
    const g = new Graph(device, { label: 'p' });
    using plan = await g.compile({ y: activation(g, g.input('x', [4], 'f32'), 'relu') });
    expect(() => plan.run({ z: new Float32Array(4) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: p: no input "z". Its inputs are x.]`,
    );
    expect(() => plan.run({ x: new Float32Array(5) })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: p: input x is (4) f32, but got Float32Array of 5. Give a Float32Array of 4.]`,
    );
    await expect(plan.read('z')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: p: no output "z". Its outputs are y.]`,
    );
    plan[Symbol.dispose]();
    expect(() => plan.run({ x: new Float32Array(4) })).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: p: this plan was disposed of. Compile a new one.]`,
    );
  });

  it('checks token ids before anything is written', async () => {
    const g = new Graph(device, { label: 'p' });
    const ids = g.input('ids', [3], 'u32', { below: 10 });
    using plan = await g.compile({ ids });
    expect(() => plan.run({ ids: Uint32Array.of(1, 10, 2) })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: p: input ids holds 10 at index 1, but ids must be below 10. Encode the text with the tokenizer that belongs to this model.]`,
    );
    plan.run({ ids: Uint32Array.of(1, 0xffffffff, 9) });
    expect([...(await plan.readIntegers('ids'))]).toEqual([1, 0xffffffff, 9]);
  });
});

describe('ParameterStore', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
  });
  afterAll(() => device[Symbol.dispose]());

  const module = () => ({ a: new Parameter([3, 5]), b: [new Parameter([7])] });

  it('writes and reads by name, in f32 and f16', async () => {
    using store = new ParameterStore(device, module(), { train: true });
    const data = Float32Array.from({ length: 15 }, (_, i) => i / 3);
    store.write('a', data);
    expect(await store.read('a')).toEqual(data);
    expect((await store.readAll('weights')).get('a')).toEqual(data);
    expect((await store.readAll('first')).get('b.0')).toEqual(new Float32Array(7));
    using half = new ParameterStore(device, { w: new Parameter([3], { dtype: 'f16' }) });
    half.write('w', Float32Array.of(0.5, -2, 1024));
    expect([...(await half.read('w'))]).toEqual([0.5, -2, 1024]);
  });

  it('refuses foreign checkpoints whole, naming what differs', async () => {
    using store = new ParameterStore(device, module());
    const source = (shapes: Record<string, number[]>) => ({
      names: () => Object.keys(shapes),
      info: (name: string) => ({ shape: shapes[name] }),
      float32: (name: string) =>
        Promise.resolve(new Float32Array(shapes[name].reduce((x, y) => x * y, 1)).fill(9)),
    });
    await expect(store.load(source({ a: [3, 5], c: [7] }))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: weights: 1 missing (b.0), 1 unexpected (c). This checkpoint is of another model; pass rename to map names.]`,
    );
    await expect(store.load(source({ a: [5, 3], 'b.0': [7] }))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: weights: a is (5, 3) there but a is (3, 5) here. Create the model with the configuration of the checkpoint.]`,
    );
    expect((await store.read('b.0'))[0]).toBe(0);
    await store.load(source({ a: [3, 5], 'b.0': [7] }));
    expect((await store.read('b.0'))[0]).toBe(9);
  });
});
