/**
 * Trains the recommender that the page Next ships, with its card:
 *
 *     npm run -s node -- demo/next/train.ts demo/models [SEEDS]
 *
 * Three runs, of which the first is shipped; the card has the numbers of all, beside popularity and a Markov chain.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { countParameters, Device, ParameterStore } from '../../engine/index';
import {
  judgeScorer,
  MarkovChain,
  Popularity,
  Recommender,
  saveRecommender,
  trainRecommender,
} from '../../models/items/index';
import { adapterName } from '../session/shared-device';
import { COURSE, EPOCHS, K, modelOf, shopData } from './settings';

const [folder = 'demo/models', seeds = '3'] = process.argv.slice(2);
const device = await Device.open();
const { split, items } = shopData();
const known = split.test.map(({ before }) => before);
const asked = { k: K } as const;
const baselines = {
  popularity: judgeScorer(new Popularity(known, items.length), split.test, asked),
  markov: judgeScorer(new MarkovChain(known, items.length), split.test, asked),
};
console.log(baselines);
const runs = [];
/** Of the first run: its losses, and how it did on what is kept for validation. */
const losses: number[] = [];
const judged: { readonly step: number; readonly hitRate: number; readonly ndcg: number }[] = [];
let parameters = 0;
for (let seed = 1; seed <= Number(seeds); seed++) {
  const model = modelOf(items.length);
  using _weights = new ParameterStore(device, model, { seed });
  const begun = performance.now();
  const { best, step } = await trainRecommender({
    ...{ device, model, split, seed, epochs: EPOCHS, ...COURSE },
    onEvent: (event) => {
      if (event.kind === 'steps' && seed === 1) losses.push(...event.reports.map(({ loss }) => loss));
      if (event.kind !== 'evaluation') return;
      const { hitRate, ndcg } = event.metrics;
      if (seed === 1) judged.push({ step: event.step, hitRate, ndcg });
      console.log(seed, event.step, event.metrics);
    },
  });
  const minutes = (performance.now() - begun) / 60_000;
  using recommender = new Recommender(device, model);
  const result = await recommender.judge(split.test, asked);
  runs.push({ seed, best, step, minutes, ...result });
  console.log(runs.at(-1));
  parameters = countParameters(model);
  if (seed === 1)
    await writeFile(join(folder, 'next-item.safetensors'), await saveRecommender(device, model, items));
}
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
const card = {
  data: `${split.training.length} customers of a shop of ${items.length} goods, drawn by demo/next/shop/customers.ts: nobody’s data`,
  licence: 'MIT, as Heed',
  training: `SASRec of ${parameters} weights, at most ${EPOCHS} epochs of AdamW at ${COURSE.lr}, the best by nDCG@${K} on each customer’s last purchase but one`,
  adapter: adapterName(device),
  /** On each customer's last purchase, among all goods that they do not have. */
  scores: { k: K, cases: split.test.length, ...baselines, runs },
  history: { losses, judged },
};
await writeFile(join(folder, 'next-item.json'), `${JSON.stringify(card, rounded, 2)}\n`);
process.exit(0);
