import { AdamW, classify, Run, TextBatches, type Device, type LabelledText } from '../../engine/index';
import { bertForSequenceClassification, load, type ModelFolder } from '../../models/index';

/** Teaches a BERT that was saved as anything to tell spam from ham, and gives it back to PyTorch. */
export async function teach(
  device: Device,
  folder: ModelFolder,
  { training, held }: { training: LabelledText[]; held: LabelledText[] },
) {
  using loaded = await load(folder, {
    ...{ device, families: [bertForSequenceClassification] },
    newHead: { id2label: { 0: 'ham', 1: 'spam' } }, // classifier.weight and .bias begin anew, see loaded.fresh
  });
  const { model } = loaded;
  const texts = new TextBatches(training, { pad: 0, tokens: 256, maxShapes: 2, maxLength: 24, long: 'cut' });
  const more = { pad: 0, shapes: texts.shapes, long: 'cut', shuffle: false } as const;
  const validation = new TextBatches(held, more);
  const objective = classify(texts, { classes: 2, weights: [1, 2], smoothing: 0.05 });
  using run = await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 5e-3 });
  const { best } = await run.fit({
    ...{ steps: 40, evaluateEvery: 20, patience: 3 },
    batches: (k) => texts.at(k),
    validation: Array.from({ length: validation.perEpoch }, (_, k) => validation.at(k)),
  });
  return { loss: best!.value, files: await loaded.save() }; // config.json, model.safetensors
}
