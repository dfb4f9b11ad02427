import { AdamW, classify, ImageBatches, Run, type Device } from '../../engine/index';
import {
  load,
  loadImageProcessor,
  vitForImageClassification,
  type ModelFolder,
  type Pixels,
} from '../../models/index';

/** Teaches a ViT that was saved as anything new classes, and gives it back to PyTorch. */
export async function school(
  device: Device,
  folder: ModelFolder,
  images: readonly { readonly image: Pixels; readonly label: number }[],
  id2label: Readonly<Record<number, string>>,
  steps = 40,
) {
  const processor = await loadImageProcessor(folder);
  using loaded = await load(folder, {
    ...{ device, families: [vitForImageClassification] },
    newHead: { id2label }, // classifier.weight and .bias begin anew, see loaded.fresh
  });
  const { model } = loaded;
  const rows = images.map(({ image, label }) => ({ pixels: processor.process(image).data, label }));
  const batches = new ImageBatches(rows, { size: model.config.image, batch: 8 });
  const objective = classify(batches, { classes: model.labels.length });
  using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 3e-3 });
  await run.fit({ steps, batches: (k) => batches.at(k) });
  return await loaded.save(); // config.json, model.safetensors
}
