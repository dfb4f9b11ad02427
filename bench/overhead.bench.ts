/**
 * JavaScript time per dispatch: 400 tiny dispatches as one replayed plan, against a naive eager style that makes a
 * buffer, a uniform, a bind group and a submission for each. Counts what the replay creates: nothing.
 */
import { defineKernel, Device, EngineError, Graph, type Tensor } from '../engine/index';
import { expectClose, median } from './harness/measure';
import { benchResult, short, type BenchResult } from './harness/report';
import tinyWgsl from './harness/tiny.wgsl';

const DISPATCHES = 400;
const SAMPLES = 41;
const N = 64;
const tiny = defineKernel({ name: 'bench.tiny', wgsl: [tinyWgsl] });
const FACTOR = 0.999;

/** Microseconds of JavaScript per dispatch, median over samples; the GPU catches up between them, untimed. */
async function javascriptTime(device: Device, body: () => void): Promise<number> {
  for (let i = 0; i < 5; i++) body();
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    await device.idle();
    // Browsers' clocks are coarse: ten runs a sample.
    const start = performance.now();
    for (let k = 0; k < 10; k++) body();
    times.push((performance.now() - start) / 10);
  }
  return (1000 * median(times)) / DISPATCHES;
}

/** Calls that make GPU objects while `body` runs. */
function creations(gpu: GPUDevice, body: () => void): number {
  const names = [
    'createBuffer',
    'createBindGroup',
    'createComputePipeline',
    'createComputePipelineAsync',
  ] as const;
  let count = 0;
  const target = gpu as unknown as Record<string, unknown>;
  for (const name of names) {
    const original = (gpu[name] as (...args: unknown[]) => unknown).bind(gpu);
    Object.defineProperty(target, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        count++;
        return original(...args);
      },
    });
  }
  try {
    body();
  } finally {
    for (const name of names) Reflect.deleteProperty(target, name);
  }
  return count;
}

export async function main(): Promise<BenchResult> {
  using device = await Device.open();
  const { gpu } = device;
  const data = Float32Array.from({ length: N }, (_, i) => i + 1);

  const g = new Graph(device, { label: 'overhead' });
  let y: Tensor = g.input('x', [N], 'f32');
  for (let i = 0; i < DISPATCHES; i++) {
    const next = g.value('y', [N], 'f32');
    g.dispatch(tiny, { x: y, y: next }, { uniforms: { n: N, factor: FACTOR }, grid: [1] });
    y = next;
  }
  using plan = await g.compile({ y });
  plan.run({ x: data });
  const want = data.map((x) => x * FACTOR ** DISPATCHES);
  expectClose('replay', await plan.read('y'), want, 1e-4);

  const { pipeline, layout } = await device.pipelines.get(tiny.variant({}, device.can));
  const STORAGE = 0x80 | 0x08 | 0x04; // STORAGE | COPY_DST | COPY_SRC
  const input = gpu.createBuffer({ size: 4 * N, usage: STORAGE });
  gpu.queue.writeBuffer(input, 0, data);
  let made: GPUBuffer[] = [];
  const eager = (): void => {
    let x = input;
    for (let i = 0; i < DISPATCHES; i++) {
      const out = gpu.createBuffer({ size: 4 * N, usage: STORAGE });
      const uniform = gpu.createBuffer({ size: 16, usage: 0x40 | 0x08 }); // UNIFORM | COPY_DST
      const sizes = new DataView(new ArrayBuffer(16));
      sizes.setUint32(0, N, true);
      sizes.setFloat32(4, FACTOR, true);
      gpu.queue.writeBuffer(uniform, 0, new Uint8Array(sizes.buffer));
      const group = gpu.createBindGroup({
        layout,
        entries: [x, out, uniform].map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(1);
      pass.end();
      gpu.queue.submit([encoder.finish()]);
      made.push(out, uniform);
      x = out;
    }
  };
  eager();
  const last = made.at(-2)!;
  const answer = await device.readback.read({ buffer: last, offset: 0, size: 4 * N });
  expectClose('eager', new Float32Array(answer), want, 1e-4);
  const destroy = async (): Promise<void> => {
    await device.idle();
    for (const buffer of made) buffer.destroy();
    made = [];
  };
  await destroy();

  const replayMicroseconds = await javascriptTime(device, () => plan.run());
  const eagerMicroseconds = await javascriptTime(device, eager);
  await destroy();
  input.destroy();
  const created = creations(gpu, () => plan.run());
  const ratio = eagerMicroseconds / replayMicroseconds;
  console.log(
    `replayed plan  ${short(replayMicroseconds)} µs of JavaScript a dispatch, ${created} GPU objects made`,
  );
  console.log(`naive eager    ${short(eagerMicroseconds)} µs: ${short(ratio)} times as much`);
  if (created > 0 || ratio < 10) {
    throw new EngineError(
      'overhead',
      `a replay makes ${created} objects and is ${short(ratio)} times as cheap as naive eager`,
      'It must make none and be at least 10 times as cheap.',
    );
  }
  return benchResult(device, 'overhead', {
    dispatches: DISPATCHES,
    replayMicroseconds,
    eagerMicroseconds,
    ratio,
  });
}
