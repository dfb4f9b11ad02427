import { ParameterStore, type Device } from '../../engine/index';
import { readTable } from '../../models/finetune/index';
import {
  historiesOf,
  judgeScorer,
  leaveOneOut,
  Popularity,
  Recommender,
  SASRec,
  trainRecommender,
} from '../../models/items/index';

/** Learns from a table of who watched what and when, and tells what to watch after some of them. */
export async function recommend(device: Device, csv: Blob | string, watched: readonly string[]) {
  const columns = { user: 'user', item: 'film', time: 'when' };
  const histories = historiesOf(await readTable(csv), columns, { fewestUsers: 2 });
  const { items } = histories;
  const split = leaveOneOut(histories);
  const model = new SASRec({ items: items.length, context: 50 });
  using _weights = new ParameterStore(device, model, { seed: 1 });
  await trainRecommender({ device, model, split, epochs: 10 });
  using recommender = new Recommender(device, model);
  const judged = await recommender.judge(split.test); // { hitRate, ndcg, mrr, cases }
  const popular = judgeScorer(new Popularity(split.training, items.length), split.test);
  const history = watched.map((film) => items.indexOf(film) + 1); // items count from 1
  const [best] = await recommender.recommend([history], { topK: 3 });
  const [because] = await recommender.because(history);
  return {
    ...{ judged, popular },
    next: best.map(({ item, score }) => ({ film: items[item - 1], score })),
    because: items[because.item - 1],
  };
}
