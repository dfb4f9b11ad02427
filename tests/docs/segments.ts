import { Graph, ParameterStore, RelativeAttention, SegmentMemory, type Device } from '../../engine/index';

/** A text (n · 8 rows of 16 numbers) in segments of 8, each of which also sees the 8 rows before it. */
export async function segments(device: Device, text: Float32Array): Promise<Float32Array[]> {
  const model = {
    layer: new RelativeAttention({ width: 16, heads: 2 }),
    memory: new SegmentMemory(1, 8, 16),
  };
  using _store = new ParameterStore(device, model, { seed: 1 });
  const g = new Graph(device);
  const rows = model.memory.extend(g, g.input('x', [1, 8, 16], 'f32')); // (1, 8 + 8, 16)
  const y = model.layer.forward(g, rows, { queries: 8 });
  using plan = await g.compile({ y });
  const outputs = [];
  for (let at = 0; at < text.length; at += 8 * 16) {
    plan.run({ x: text.subarray(at, at + 8 * 16) }); // each run moves the memory on
    outputs.push(await plan.read('y'));
  }
  return outputs;
}
