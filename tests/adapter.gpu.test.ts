import { expect, test } from 'vitest';
import { feature, host, openTestAdapter } from './harness/host';

test('the host has an adapter and a device that computes', async () => {
  const adapter = await openTestAdapter();
  const { vendor, architecture, description, subgroupMinSize, subgroupMaxSize } = adapter.info;
  console.info(
    `${host.name}: ${vendor} ${architecture} ${description}, subgroups ${subgroupMinSize}–${subgroupMaxSize}, ` +
      `f16 ${feature('shader-f16')}, timestamps ${feature('timestamp-query')}`,
  );
  const device = await adapter.requestDevice();
  const code = `@group(0) @binding(0) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { out[id.x] = 7u * id.x; }`;
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const out = device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const read = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const entries = [{ binding: 0, resource: { buffer: out } }];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(out, 0, read, 0, 16);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  expect([...new Uint32Array(read.getMappedRange())]).toEqual([0, 7, 14, 21]);
  device.destroy();
});
