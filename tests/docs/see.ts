import type { Device } from '../../engine/index';
import {
  load,
  loadImageProcessor,
  vitForImageClassification,
  type ImageInput,
  type ModelFolder,
} from '../../models/index';
import { ImageClassifier } from '../../models/tasks/index';

/** The two likeliest classes of each image: `folder` may be `hub('google/vit-base-patch16-224')`. */
export async function see(device: Device, folder: ModelFolder, images: readonly ImageInput[]) {
  const processor = await loadImageProcessor(folder);
  using loaded = await load(folder, { device, families: [vitForImageClassification] });
  using classifier = new ImageClassifier(device, loaded.model, processor);
  return await classifier.classify(images, { topK: 2 }); // [[{ label: 'Egyptian cat', score: 0.94 }, …], …]
}
