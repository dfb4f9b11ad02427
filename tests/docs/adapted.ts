import {
  adapt,
  AdamW,
  lora,
  nextToken,
  randomWindows,
  Run,
  saveAdapter,
  type Device,
} from '../../engine/index';
import { gpt2, llama, load, type ModelFolder } from '../../models/index';

/** Teaches a GPT-2 or a Llama a text through a few numbers beside its weights, and makes these part of it. */
export async function adapted(device: Device, folder: ModelFolder, ids: Uint32Array) {
  using loaded = await load(folder, { device, families: [gpt2, llama] });
  const { model } = loaded;
  using adapter = await adapt(model, {
    'stack.layers.*.attention.qkv.{query,value}': lora({ rank: 4, alpha: 8 }),
  });
  const size = { batch: 2, length: 16 };
  const training = { device, model, adapter, objective: nextToken(size), optimizer: new AdamW() };
  using run = await Run.create({ ...training, schedule: 1e-2 });
  await run.fit({ steps: 20, batches: randomWindows(ids, size) });
  const file = await saveAdapter(adapter); // some kilobytes; `loadAdapter` reads it
  await adapter.merge();
  return { file, files: await loaded.save() };
}
