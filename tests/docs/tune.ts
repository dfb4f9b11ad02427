import { AdamW, nextToken, randomWindows, Run, type Device } from '../../engine/index';
import { generateOptions, Generator, gpt2, llama, load, type ModelFolder } from '../../models/index';

/** Opens a GPT-2 or a Llama as Hugging Face has it, trains it on, continues a prompt, and gives it back to PyTorch. */
export async function tune(device: Device, folder: ModelFolder, ids: Uint32Array) {
  using loaded = await load(folder, { device, families: [gpt2, llama] });
  const { model } = loaded;
  const size = { batch: 2, length: 16 };
  using run = await Run.create({
    device,
    model,
    objective: nextToken(size),
    optimizer: new AdamW(),
    schedule: 1e-3,
  });
  await run.fit({ steps: 20, batches: randomWindows(ids, size) });
  using generator = new Generator(device, model);
  const next: number[] = [];
  for await (const id of generator.generate([3, 39], { ...generateOptions(loaded), tokens: 8 }))
    next.push(id);
  return { next, files: await loaded.save() }; // config.json, model.safetensors, …
}
