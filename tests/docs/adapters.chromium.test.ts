// The examples of docs/adapters.md, run: what each of them says is seen in numbers that need no reference.
import { beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors, type Device } from '../../engine/index';
import { adaptPeft, savePeft } from '../../models/adapters/index';
import { llama, load } from '../../models/index';
import modern from '../fixtures/gpt-modern.json';
import { fixtureTensors } from '../fixtures/load';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from '../models/folders';
import { tuned, written } from './peft';
import { several } from './several';

describe('the guide to adapters', () => {
  let device: Device;
  let base: ReturnType<typeof folderOf>;
  const text = Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 60);
  withDevice((opened) => (device = opened), { empty: true });
  beforeAll(async () => {
    const tensors = await fixtureTensors('gpt-modern.safetensors');
    const weights = new Map(Object.keys(modern.parameters).map((name) => [name, tensors.get(name)!]));
    const config = { ...modern.config, architectures: ['LlamaForCausalLM'] };
    base = folderOf({ 'config.json': config, 'model.safetensors': checkpointOf(weights) });
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

  it('several: each name writes its own, and no name what the base does', async () => {
    const folder = async (seed: number) => {
      using loaded = await load(base, { device, families: [llama] });
      using adapter = await adaptPeft(loaded, {
        peft_type: 'LORA',
        r: 2,
        target_modules: ['q_proj', 'down_proj'],
      });
      for (const [name, { size }] of adapter.store.parameters)
        adapter.store.write(
          name,
          Float32Array.from({ length: size }, (_, i) => Math.sin((seed + 1) * i + name.length) / 2),
        );
      const files = await savePeft(loaded, adapter);
      return (name: string) => Promise.resolve(files.get(name) ?? null);
    };
    const folders = { legal: await folder(1), french: await folder(2) };
    const { found, mixed, ranks } = await several(device, base, folders);
    expect(new Set(found.map(String)).size).toBe(3);
    expect(mixed).toHaveLength(6);
    expect(ranks).toBe(8);
  });
});
