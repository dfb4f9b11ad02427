// The examples of docs/adapters.md, run: what each of them says is seen in numbers that need no reference.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, openSafetensors } from '../../engine/index';
import modern from '../fixtures/gpt-modern.json';
import { fixtureTensors } from '../fixtures/load';
import { openTestGpu } from '../harness/host';
import { checkpointOf, folderOf } from '../models/folders';
import { tuned, written } from './peft';

describe('the guide to adapters', () => {
  let device: Device;
  let base: ReturnType<typeof folderOf>;
  const text = Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 60);
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    const tensors = await fixtureTensors('gpt-modern.safetensors');
    const weights = new Map(Object.keys(modern.parameters).map((name) => [name, tensors.get(name)!]));
    const config = { ...modern.config, architectures: ['LlamaForCausalLM'] };
    base = folderOf({ 'config.json': config, 'model.safetensors': checkpointOf(weights) });
  });
  afterAll(() => {
    expect(device.buffers.stats.owners).toEqual({});
    device[Symbol.dispose]();
  });

  it('peft: what was learnt beside int8 is a folder of PEFT, which opens beside f32', async () => {
    const files = await tuned(device, base, text);
    const config = JSON.parse(await files.get('adapter_config.json')!.text()) as object;
    expect(config).toMatchObject({ base_model_name_or_path: 'owner/name', task_type: 'CAUSAL_LM', r: 4 });
    const bytes = new Uint8Array(await files.get('adapter_model.safetensors')!.arrayBuffer());
    expect((await openSafetensors(bytes)).names()).toHaveLength(2 * 7 * 2);
    const folder = folderOf({ 'adapter_config.json': config, 'adapter_model.safetensors': bytes });
    const { next, lost } = await written(device, base, folder);
    expect(next).toHaveLength(8);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(1e-5);
  });
});
