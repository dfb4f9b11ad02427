import type { Run } from '../../engine/index';
import type { ModelFolder, Pretrained } from '../../models/index';

/** A training as files for PyTorch. */
export async function toPyTorch(loaded: Pretrained<object>, run: Run) {
  return await loaded.saveTraining(await run.save()); // config.json, model.safetensors, optimizer.safetensors, training.json
}

/** Takes up what PyTorch made of them. */
export async function fromPyTorch(loaded: Pretrained<object>, run: Run, folder: ModelFolder) {
  await run.load(await loaded.openTraining(folder));
}
