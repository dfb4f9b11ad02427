/**
 * Recommending the next item: SASRec and BERT4Rec beside popularity and a Markov chain, over several seeds, on a process that is known, and on MovieLens
 * 100K where it is at hand. Node only. `-- --seeds 3 --epochs 60 [--ratings ml-100k.inter]`.
 *
 * The process: 300 items in 15 circles of 20. A user follows two circles, which take turns as a coin says, and one choice in ten is any item. What
 * comes next is known from the last item of either circle, of which the newest tells one half.
 *
 * MovieLens 100K (Harper and Konstan 2015) comes with the PyPI package recbole: `pip download recbole --no-deps`, then
 * recbole/dataset_example/ml-100k/ml-100k.inter of the archive. It is not ours to give on. Its films were rated, mostly many in one sitting, and not watched, in that order.
 */
import { readFile } from 'node:fs/promises';
import { Device, ParameterStore, RandomStream } from '../engine/index';
import { readTable } from '../models/finetune/index';
import {
  BERT4Rec,
  historiesOf,
  judgeScorer,
  leaveOneOut,
  MarkovChain,
  Popularity,
  Recommender,
  SASRec,
  trainRecommender,
  type ItemJudgement,
  type ItemSplit,
} from '../models/items/index';
import { benchResult, columns, option, type BenchResult } from './harness/report';

const CIRCLES = 15;
const AROUND = 20;

function circles(users: number): Uint32Array[] {
  const random = new RandomStream(1, 'users');
  return Array.from({ length: users }, () => {
    const first = random.below(CIRCLES);
    const followed = [first, (first + 1 + random.below(CIRCLES - 1)) % CIRCLES];
    const at = followed.map(() => random.below(AROUND));
    const length = 10 + random.below(31);
    return Uint32Array.from({ length }, () => {
      if (random.uniform() < 0.1) return 1 + random.below(CIRCLES * AROUND);
      const which = random.below(2);
      at[which] = (at[which] + 1) % AROUND;
      return 1 + followed[which] * AROUND + at[which];
    });
  });
}

interface Row {
  readonly set: string;
  readonly model: string;
  readonly seed: number | null;
  readonly judgement: ItemJudgement;
  readonly minutes: number;
}

/** Of each kind of model and seed, and what has to be beaten, on what was left out for the test. */
async function judged(
  device: Device,
  set: string,
  split: ItemSplit,
  items: number,
  { seeds, epochs, seen }: { seeds: number; epochs: number; seen: 'out' | 'again' },
): Promise<Row[]> {
  const rows: Row[] = [];
  const tell = (row: Row): void => {
    rows.push(row);
    const { hitRate, ndcg } = row.judgement;
    const seed = row.seed === null ? '' : ` seed ${row.seed}`;
    console.log(
      `${set}: ${row.model}${seed}: HR@10 ${hitRate.toFixed(4)}, nDCG@10 ${ndcg.toFixed(4)}, ${row.minutes.toFixed(1)} min`,
    );
  };
  // The test's histories have what was kept for validation: so has what is counted.
  const known = split.test.map(({ before }) => before);
  for (const [model, scorer] of [
    ['popularity', new Popularity(known, items)],
    ['Markov chain', new MarkovChain(known, items)],
  ] as const)
    tell({ set, model, seed: null, judgement: judgeScorer(scorer, split.test, { seen }), minutes: 0 });
  for (let seed = 1; seed <= seeds; seed++) {
    for (const make of [SASRec, BERT4Rec]) {
      const model = new make({ items, context: 50 });
      using _weights = new ParameterStore(device, model, { seed });
      const begun = performance.now();
      await trainRecommender({
        ...{ device, model, split, epochs, seed, seen, judgeEvery: 2, tokens: 4096, lr: 2e-3 },
        onEvent: (event) => {
          if (event.kind !== 'evaluation') return;
          const { ndcg = NaN } = event.metrics;
          console.log(`  ${make.name} step ${event.step}: nDCG@10 ${ndcg.toFixed(4)}`);
        },
      });
      using recommender = new Recommender(device, model);
      const judgement = await recommender.judge(split.test, { seen });
      const minutes = (performance.now() - begun) / 60_000;
      tell({ set, model: make.name, seed, judgement, minutes });
    }
  }
  return rows;
}

export async function main(args: readonly string[]): Promise<BenchResult> {
  const number = (name: string, usual: number): number => Number(option(args, name, String(usual)));
  const [seeds, epochs] = [number('seeds', 3), number('epochs', 60)];
  const ratings = option(args, 'ratings', '');
  const device = await Device.open();
  const drawn = { name: 'circles', sequences: circles(1500) };
  const rows = await judged(device, 'circles', leaveOneOut(drawn), CIRCLES * AROUND, {
    seeds,
    epochs,
    seen: 'again',
  });
  if (ratings !== '') {
    const table = await readTable(await readFile(ratings, 'utf8'), { name: 'ml-100k', format: 'tsv' });
    const [user, item, time] = ['user_id:token', 'item_id:token', 'timestamp:float'];
    const histories = historiesOf(table, { user, item, time }, { fewestUsers: 5, fewestItems: 5 });
    const { length } = histories.items;
    rows.push(
      ...(await judged(device, 'MovieLens 100K', leaveOneOut(histories), length, {
        seeds,
        epochs,
        seen: 'out',
      })),
    );
  }
  const kinds = [...new Set(rows.map(({ set, model }) => `${set}\t${model}`))];
  const summary = kinds.map((kind) => {
    const [set, model] = kind.split('\t');
    const own = rows
      .filter((row) => row.set === set && row.model === model)
      .map(({ judgement }) => judgement);
    const of = (name: 'hitRate' | 'ndcg') => {
      const all = own.map((one) => one[name]);
      const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
      return { mean, least: Math.min(...all), most: Math.max(...all) };
    };
    return { set, model, hitRate: of('hitRate'), ndcg: of('ndcg') };
  });
  const cells = summary.map(({ set, model, hitRate, ndcg }) => [
    `${set}: ${model}`,
    ...[hitRate.mean, hitRate.least, hitRate.most, ndcg.mean].map((x) => x.toFixed(4)),
  ]);
  console.log(columns([['HR@10 and nDCG@10', 'mean', 'least', 'most', 'nDCG'], ...cells]));
  return benchResult(device, 'items', {
    size: { seeds, epochs, users: drawn.sequences.length },
    summary,
    rows,
  });
}
