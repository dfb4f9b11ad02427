import { AdamW, nextToken, randomWindows, Run, type Device } from '../../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../../models/adapters/index';
import { generateOptions, Generator, llama, load, type ModelFolder } from '../../models/index';

/** Teaches a Llama a text by LoRA with the settings of PEFT, and gives what it learnt to PEFT. */
export async function tuned(device: Device, base: ModelFolder, ids: Uint32Array) {
  using loaded = await load(base, { device, families: [llama], storage: 'int8' });
  const { model } = loaded;
  const settings = { peft_type: 'LORA', r: 4, lora_alpha: 8, target_modules: 'all-linear' };
  using adapter = await adaptPeft(loaded, settings);
  const size = { batch: 2, length: 16 };
  const training = { device, model, adapter, objective: nextToken(size), optimizer: new AdamW() };
  using run = await Run.create({ ...training, schedule: 1e-2 });
  await run.fit({ steps: 20, batches: randomWindows(ids, size) });
  return await savePeft(loaded, adapter, { base: 'owner/name' }); // adapter_config.json, adapter_model.safetensors
}

/** Goes on with a prompt by a base and an adapter that PEFT, or the above, saved. */
export async function written(device: Device, base: ModelFolder, folder: ModelFolder) {
  using loaded = await load(base, { device, families: [llama] });
  using adapter = await loadPeft(loaded, folder); // hub('owner/name', { cache }), say
  const { most } = await adapter.merge(); // costs nothing more from here on
  using generator = new Generator(device, loaded.model);
  const next: number[] = [];
  const options = { ...generateOptions(loaded), tokens: 8, temperature: 0 };
  for await (const id of generator.generate([3, 39], options)) next.push(id);
  return { next, lost: most };
}
