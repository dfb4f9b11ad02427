import { ParameterStore, type Device } from '../../engine/index';
import { leaveOneOut, Recommender, SASRec, trainRecommender } from '../../models/items/index';

/** Learns from who chose what, the oldest first; tells what follows some choices. Items count from 1. */
export async function recommendNext(
  device: Device,
  sequences: Uint32Array[],
  items: number,
  history: number[],
  epochs: number,
) {
  const split = leaveOneOut({ name: 'choices', sequences }); // each one's last two are kept for judging
  const model = new SASRec({ items, context: 24, width: 32 });
  using _weights = new ParameterStore(device, model, { seed: 1 });
  await trainRecommender({ device, model, split, epochs, lr: 3e-3 });
  using recommender = new Recommender(device, model);
  const [next] = await recommender.recommend([history], { topK: 3 });
  const because = await recommender.because(history); // by attention
  const { hitRate, cases } = await recommender.judge(split.test, { k: 10 });
  return { next, because, hitRate, cases };
}
