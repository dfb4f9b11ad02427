// Training on texts: runs resume bit for bit, weights of classes and smoothing as PyTorch's, heads of both kinds.
import { expect, it } from 'vitest';
import {
  AdamW,
  Classifier,
  classify,
  type Device,
  Graph,
  maskedToken,
  ParameterStore,
  Pooler,
  Run,
  TextBatches,
  type FitEvent,
} from '../../engine/index';
import { Bert, bertParts, SequenceClassifier } from '../../models/index';
import { withDevice } from '../harness/device';
import { relativeError } from '../models/parity';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const size = { vocabulary: 20, context: 12, layers: 1, heads: 2, width: 8, hidden: 12 };
const rows = Array.from({ length: 30 }, (_, i) => {
  const ids = [1, ...Array.from({ length: 2 + ((i * 5) % 9) }, (_, t) => 5 + ((i * 7 + t * t) % 15)), 2];
  return { ids, label: i % 3 };
});
const batches = new TextBatches(rows, { pad: 0, tokens: 60, maxShapes: 2, padding: 0, seed: 5 });
/** Texts of three words in turn. */
const counting = new TextBatches(
  rows.map(({ ids }) => ({ ids: ids.map((id, t) => (id < 5 ? id : 5 + (t % 3))) })),
  { pad: 0, shapes: batches.shapes },
);
const common = { optimizer: new AdamW(), schedule: 1e-2, seed: 3 } as const;

const runs = {
  classify: () => {
    const model = new SequenceClassifier(bertParts(size), { labels: ['a', 'b', 'c'] });
    const objective = classify(batches, { classes: 3, weights: [0.5, 1, 2], smoothing: 0.1 });
    return Run.create({ ...common, device, model, objective });
  },
  'hidden tokens': () => {
    const objective = maskedToken(counting, { mask: 4, vocabulary: 20, specials: [0, 1, 2] });
    return Run.create({ ...common, schedule: 5e-2, device, model: new Bert(size), objective });
  },
};

it.each(['classify', 'hidden tokens'] as const)('%s: learns, and resumes bit for bit', async (kind) => {
  const losses: number[] = [];
  const onEvent = (event: FitEvent): void => {
    if (event.kind === 'steps') for (const { index, loss } of event.reports) losses[index] = loss;
  };
  const source = kind === 'classify' ? batches : counting;
  const fit = { batches: (k: number) => source.at(k) as ReturnType<typeof batches.at>, onEvent };
  using run = await runs[kind]();
  await run.fit({ ...fit, steps: 5 });
  const file = await run.save();
  await run.fit({ ...fit, steps: 40 });
  const [whole, weights] = [[...losses], await run.trainer.store.readAll('weights')];
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b) / list.length;
  expect(mean(whole.slice(-8))).toBeLessThan(0.9 * mean(whole.slice(0, 8)));
  losses.fill(NaN);
  using again = await runs[kind]();
  await again.load(file);
  await again.fit({ ...fit, steps: 40 });
  expect(losses.slice(5)).toEqual(whole.slice(5));
  expect(await again.trainer.store.readAll('weights')).toEqual(weights);
});

it('batches of other texts, or hidden otherwise, are no continuation', async () => {
  using run = await runs.classify();
  const file = await run.save();
  const model = new SequenceClassifier(bertParts(size), { labels: ['a', 'b', 'c'] });
  const others = new TextBatches(rows.slice(1), { pad: 0, shapes: batches.shapes, seed: 5 });
  const objective = classify(others, { classes: 3, weights: [0.5, 1, 2], smoothing: 0.1 });
  using other = await Run.create({ ...common, device, model, objective });
  await expect(other.load(file)).rejects.toThrow(/it was trained with texts [0-9a-f]{8} but/);
});

it('a head with a layer of its own, and one row of each text', async () => {
  const [B, T, C, K] = [2, 3, 5, 4];
  const head = {
    pooler: new Pooler({ width: C, activation: 'relu' }),
    classifier: new Classifier({ width: C, classes: K, activation: 'tanh', dropout: 0.4 }),
  };
  using store = new ParameterStore(device, head, { seed: 1 });
  const g = new Graph(device); // nothing is dropped where nothing trains
  const pooled = head.pooler.forward(g, g.input('x', [B, T, C], 'f32'));
  using plan = await g.compile({ y: head.classifier.forward(g, pooled) });
  const x = Float32Array.from({ length: B * T * C }, (_, i) => Math.sin(i));
  plan.run({ x });
  const weights = await store.readAll('weights');
  const layer = (name: string, input: readonly number[], f: (x: number) => number): number[] => {
    const [w, bias] = [weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!];
    return Array.from(bias, (b, o) => f(input.reduce((sum, v, i) => sum + v * w[o * input.length + i], b)));
  };
  const want = Array.from({ length: B }, (_, b) => {
    const first = layer('pooler.dense', [...x.subarray(b * T * C, b * T * C + C)], (v) => Math.max(v, 0));
    return layer('classifier.output', layer('classifier.dense', first, Math.tanh), (v) => v);
  }).flat();
  expect(relativeError(await plan.read('y'), want)).toBeLessThan(1e-6);
  expect(() => new Classifier({ width: C, classes: K, dropout: 1 })).toThrow('Classifier: dropout is 1.');
  expect(() => new Pooler({ width: C, activation: 'tan' as 'tanh' })).toThrow('no activation "tan"');
  expect(() => head.pooler.forward(g, pooled)).toThrow('Give (B, T, C).');
});
