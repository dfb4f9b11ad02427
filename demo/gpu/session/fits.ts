/** What fits? Well-known shapes, reckoned by the engine's own planner against this device's limits. */
import { imaginedDevice, parameters, type Device } from '../../../engine/index';
import { GPT } from '../../../models/index';
import { runNeed, trainNeed } from '../../../models/files/need';
import { SHAPES } from '../shapes';
import type { Fit } from './protocol';

/** Prompt and answer, and the text that it trains on: 512 tokens, one text at once. */
const LENGTH = 512;

export function* fitsOn(device: Device): Generator<Fit> {
  const imagined = imaginedDevice(device.can);
  const dtype = device.can.f16 ? 'f16' : 'f32';
  for (const [name, config] of SHAPES) {
    const model = new GPT(config);
    const sizes = { batch: 1, length: LENGTH };
    const run = runNeed(imagined, model, { ...sizes, dtype }, dtype);
    const packed = runNeed(imagined, model, { ...sizes, dtype }, 'int4');
    const train = trainNeed(imagined, model, { ...sizes, dtype: 'f32' });
    yield {
      name,
      parameters: [...parameters(model).values()].reduce((sum, { size }) => sum + size, 0),
      ...{ run: run.total, packed: packed.total, train: train.total },
      refused: run.refused ?? packed.refused ?? train.refused,
    };
  }
}
