import type { Device } from '../../engine/index';
import type { ModelFolder } from '../../models/index';
import { pipeline } from '../../models/tasks/index';

/** Tells whether texts are friendly: `model` may be 'distilbert/distilbert-base-uncased-finetuned-sst-2-english'. */
export async function sentiment(device: Device, model: ModelFolder, texts: readonly string[]) {
  using classify = await pipeline('sentiment-analysis', model, { device });
  return await classify(texts); // [{ label: 'POSITIVE', score: 0.9998 }, …]
}
