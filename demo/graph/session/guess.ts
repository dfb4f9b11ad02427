/** Who may become friends: a network that learns which members are tied, and is asked of all who are not. */
import { AdamW, RandomStream, Run, throwIfAborted, type RunOptions } from '../../../engine/index';
import { rocAUC } from '../../../engine/metrics/index';
import {
  LinkBatches,
  linkPrediction,
  LinkPredictor,
  readLinks,
  type GAT,
  type LinkBatch,
} from '../../../models/graphs/index';
import { graphOf, HIDDEN, networkOf } from './network';
import type { Asked, GraphSettings, Guesses } from './protocol';

const STEPS = 60;
/** Share of the ties that it is not shown, to judge it by; pairs without a tie for each of them. */
const HELD = 0.15;
const AGAINST = 10;
/** Pairs that are told. */
const TOLD = 10;

interface GuessOptions extends Pick<RunOptions, 'device' | 'reopen' | 'signal'> {
  readonly onProgress: (share: number) => void;
}

/** Throws a `DataError` where a graph has no ties, or next to no pairs without one. */
export async function guessTies(
  settings: GraphSettings,
  asked: Asked,
  { onProgress, ...options }: GuessOptions,
): Promise<Guesses> {
  const nodes = asked.rows.length;
  const rows = [...asked.rows.keys()];
  const random = new RandomStream(settings.seed, 'held ties');
  const order = [...asked.source.keys()];
  for (let i = order.length - 1; i > 0; i--) {
    const k = random.below(i + 1);
    [order[i], order[k]] = [order[k], order[i]];
  }
  const count = Math.round(HELD * order.length);
  const pick = (ties: readonly number[]) => ({
    source: ties.map((i) => asked.source[i]),
    target: ties.map((i) => asked.target[i]),
  });
  const [held, seen] = [pick(order.slice(0, count)), pick(order.slice(count))];
  const whole = graphOf({ ...asked, rows }, nodes);
  const gat: GAT = networkOf(settings, { features: nodes, classes: 2 * HIDDEN });
  const model = new LinkPredictor(gat);
  const ready = gat.prepare(graphOf({ rows, ...seen }, nodes));
  // Pairs are drawn among those that are no tie at all: held ones are no wrong answers.
  const batches = new LinkBatches(whole, { ...seen, seed: settings.seed });
  using run = await Run.create<LinkBatch, LinkPredictor>({
    ...options,
    ...{ model, objective: linkPrediction(ready, batches), schedule: 1e-2, seed: settings.seed },
    optimizer: new AdamW(),
  });
  await run.fit({
    ...{ steps: STEPS, batches: (step) => batches.at(step) },
    ...(options.signal && { signal: options.signal }),
    onEvent: (event) => {
      if (event.kind === 'steps') onProgress((event.reports.at(-1)!.index + 1) / STEPS);
    },
  });
  throwIfAborted(options.signal);
  return await run.survive(async () => {
    const { device } = run.trainer;
    const pairs = strangers(asked);
    const shares = await readLinks(device, model, ready, pairs);
    const guesses = [...shares.keys()]
      .sort((a, b) => shares[b] - shares[a])
      .slice(0, TOLD)
      .map((i) => ({ source: pairs.source[i], target: pairs.target[i], share: shares[i] }));
    if (count === 0) return { pairs: guesses, auc: NaN, held: 0 };
    const exam = new LinkBatches(whole, { ...held, negatives: AGAINST, seed: settings.seed + 1 }).at(0);
    const auc = rocAUC([...(await readLinks(device, model, ready, exam))], [...exam.labels]);
    return { pairs: guesses, auc, held: count };
  });
}

/** All pairs without a tie. */
function strangers({ rows, source, target }: Asked): { source: number[]; target: number[] } {
  const tied = new Set(source.flatMap((a, i) => [a * rows.length + target[i], target[i] * rows.length + a]));
  const pairs = { source: [] as number[], target: [] as number[] };
  for (let a = 0; a < rows.length; a++) {
    for (let b = a + 1; b < rows.length; b++) {
      if (tied.has(a * rows.length + b)) continue;
      pairs.source.push(a);
      pairs.target.push(b);
    }
  }
  return pairs;
}
