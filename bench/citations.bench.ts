/**
 * Classes of papers that cite each other: GAT and GATv2 on Cora, as Veličković et al. (2018) trained it, over several seeds. They report
 * 83.0 ± 0.7 % of the 1,000 test nodes for 140 nodes of known class. Node only.
 *
 *     npm run bench -- citations -- --graph cora.json [--seeds 10] [--versions 1,2]
 *
 * bench/planetoid.py makes the file. Two layers of 8 heads of 8 and one head of 7, features of rows that add up to 1, dropout of 0.6 of rows and
 * attention, Adam with a rate of 0.005 and an L2 penalty of 0.0005. Every fifth step is judged; 100 steps in which neither loss nor accuracy of the 500
 * validation nodes got better end it, and the weights of the lowest validation loss are tested.
 */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { add, AdamW, Device, multiply, parameters, Run, scale, sum, type Tensor } from '../engine/index';
import { bothWays, GAT, GraphData, GraphReader, nodeClasses, type NodeBatch } from '../models/graphs/index';
import { softmaxOf } from '../models/tasks/inputs';
import { benchResult, columns, option, type BenchResult } from './harness/report';

const [RATE, PENALTY, DROPOUT] = [5e-3, 5e-4, 0.6];
const [MOST_STEPS, JUDGE_EVERY, PATIENCE] = [1000, 5, 100];

/** What bench/planetoid.py writes. */
interface Citations {
  readonly width: number;
  readonly classes: number;
  /** Of each node: the columns that are 1. */
  readonly features: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly ties: readonly (readonly [number, number])[];
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

interface Score {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of nodes whose class is right. */
  readonly accuracy: number;
}

interface Result {
  readonly version: 1 | 2;
  readonly seed: number;
  /** Where the validation loss was lowest, and where training ended. */
  readonly best: number;
  readonly steps: number;
  readonly validation: Score;
  readonly test: Score;
  readonly minutes: number;
}

function graphOf({ features, ties, width }: Citations): GraphData {
  const nodes = features.length;
  const x = new Float32Array(nodes * width);
  features.forEach((held, n) => held.forEach((column) => (x[n * width + column] = 1 / held.length)));
  const [source, target] = [0, 1].map((end) => ties.map((tie) => tie[end]));
  return new GraphData({ nodes, ...bothWays(source, target), features: x });
}

function scoreOf(rows: Float32Array, { labels, classes }: Citations, nodes: readonly number[]): Score {
  let [loss, right] = [0, 0];
  for (const n of nodes) {
    const logits = rows.subarray(n * classes, (n + 1) * classes);
    loss -= Math.log(softmaxOf(logits)[labels[n]]);
    if (logits.indexOf(Math.max(...logits)) === labels[n]) right++;
  }
  return { loss: loss / nodes.length, accuracy: right / nodes.length };
}

async function trained(device: Device, set: Citations, version: 1 | 2, seed: number): Promise<Result> {
  const graph = graphOf(set);
  const { width: features, classes, labels, train: nodes } = set;
  const model = new GAT({
    ...{ version, features, outputs: classes, dropout: DROPOUT, attentionDropout: DROPOUT },
  });
  const known = nodeClasses(model.prepare(graph), { labels, classes });
  using run = await Run.create<NodeBatch, GAT>({
    ...{ device, model, seed, schedule: RATE },
    // The penalty is a part of the loss, so that Adam's moments have it, as in the paper: AdamW's decay is another thing.
    objective: {
      ...known,
      record: (g, shape, network, state) =>
        // Biases, too, as PyTorch's Adam has it.
        [...parameters(network).values()]
          .map((weight) => g.use(weight))
          .reduce<Tensor>(
            (loss, w) => add(g, loss, scale(g, sum(g, multiply(g, w, w)), PENALTY / 2)),
            known.record(g, shape, network, state),
          ),
    },
    optimizer: new AdamW({ beta2: 0.999, weightDecay: 0, clip: Infinity }),
  });
  using reader = await GraphReader.create(device, model, graph);
  const began = performance.now();
  let best = { step: 0, validation: { loss: Infinity, accuracy: 0 }, test: { loss: Infinity, accuracy: 0 } };
  let [accuracy, stale, steps] = [0, 0, 0];
  const enough = new AbortController();
  await run
    .fit({
      ...{
        steps: MOST_STEPS,
        batches: () => ({ nodes }),
        evaluateEvery: JUDGE_EVERY,
        checkpointEvery: MOST_STEPS,
      },
      monitor: { metric: 'loss', mode: 'min' },
      signal: enough.signal,
      measure: async ({ step }) => {
        const rows = await reader.read();
        const validation = scoreOf(rows, set, set.validation);
        const better = validation.loss < best.validation.loss;
        stale = better || validation.accuracy > accuracy ? 0 : stale + 1;
        accuracy = Math.max(accuracy, validation.accuracy);
        if (better) best = { step, validation, test: scoreOf(rows, set, set.test) };
        steps = step;
        if (stale * JUDGE_EVERY >= PATIENCE) enough.abort();
        return { loss: validation.loss };
      },
    })
    .catch((error: unknown) => {
      if (!enough.signal.aborted) throw error;
    });
  const { step, validation, test } = best;
  return { version, seed, best: step, steps, validation, test, minutes: (performance.now() - began) / 60e3 };
}

const moments = (all: readonly number[]): { mean: number; spread: number } => {
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const squares = all.reduce((a, b) => a + (b - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / Math.max(1, all.length - 1)) };
};

export async function main(args: readonly string[]): Promise<BenchResult> {
  const file = option(args, 'graph', '');
  const seeds = Number(option(args, 'seeds', '10'));
  const versions = option(args, 'versions', '1,2').split(',').map(Number);
  if (versions.some((one) => one !== 1 && one !== 2))
    throw new Error(`citations: --versions are 1 and 2, not ${versions.join()}`);
  if (file === '') throw new Error('citations: say --graph FILE, which bench/planetoid.py makes');
  const set = JSON.parse(await readFile(file, 'utf8')) as Citations;
  using device = await Device.open();
  const results: Result[] = [];
  const summary: { version: 1 | 2; seeds: number; accuracy: ReturnType<typeof moments> }[] = [];
  for (const version of versions as (1 | 2)[]) {
    const name = version === 1 ? 'GAT' : 'GATv2';
    const own: Result[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const result = await trained(device, set, version, seed);
      own.push(result);
      const { test, best, steps, minutes } = result;
      const done = `best at step ${best} of ${steps}, ${minutes.toFixed(1)} min`;
      console.log(columns([[name, `seed ${seed}`, `${(100 * test.accuracy).toFixed(1)} %`, done]]));
    }
    const accuracy = moments(own.map(({ test }) => test.accuracy));
    console.log(`${name}: ${(100 * accuracy.mean).toFixed(1)} ± ${(100 * accuracy.spread).toFixed(1)} %`);
    summary.push({ version, seeds, accuracy });
    results.push(...own);
  }
  return benchResult(device, 'citations', {
    threads: process.env['LP_NUM_THREADS'] ?? null,
    summary,
    results,
  });
}
