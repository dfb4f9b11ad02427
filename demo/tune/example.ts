import { AdamW, Device, nextToken, randomWindows, Run } from '../../engine/index';
import { adaptPeft, savePeft } from '../../models/adapters/index';
import { gpt2, load, loadTokenizer, type ModelFolder } from '../../models/index';

/** Teaches a GPT-2 a text by LoRA beside weights in 8 bits, and gives the two files that PEFT reads. */
export async function tune(folder: ModelFolder, text: string, steps: number) {
  const device = await Device.open();
  using loaded = await load(folder, { device, families: [gpt2], storage: 'int8' });
  const { model } = loaded;
  const ids = (await loadTokenizer(folder)).encode(text);
  const settings = { peft_type: 'LORA', r: 8, lora_alpha: 16, target_modules: 'all-linear' };
  using adapter = await adaptPeft(loaded, settings);
  const size = { batch: 4, length: 64 };
  const learning = { objective: nextToken(size), optimizer: new AdamW(), schedule: 5e-3 };
  using run = await Run.create({ device, model, adapter, ...learning });
  await run.fit({ steps, batches: randomWindows(ids, size) });
  return await savePeft(loaded, adapter); // adapter_config.json, adapter_model.safetensors
}
