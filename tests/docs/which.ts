import type { Device } from '../../engine/index';
import type { ImageInput, ModelFolder } from '../../models/index';
import { pipeline } from '../../models/tasks/index';

/** Which of some words fits an image best: `model` may be 'openai/clip-vit-base-patch32'. */
export async function which(device: Device, model: ModelFolder, image: ImageInput, words: string[]) {
  using classify = await pipeline('zero-shot-image-classification', model, { device });
  return await classify(image, words); // [{ label: 'cat', score: 0.98 }, …]
}
