// BERT's pre-training on pairs of segments: it learns both, resumes bit for bit, and is judged as its logits say.
import { expect, it } from 'vitest';
import {
  AdamW,
  Graph,
  IGNORE_INDEX,
  ParameterStore,
  Run,
  TextBatches,
  type Device,
} from '../../engine/index';
import { hideTokens } from '../../engine/train/masked_token';
import {
  bertParts,
  judgePretraining,
  MaskedLM,
  PreTraining,
  pretraining,
  segmentPairs,
} from '../../models/index';
import { withDevice } from '../harness/device';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const [PAD, BEGIN, SEPARATOR, MASK] = [0, 1, 2, 3];
const VOCABULARY = 6;
const hiding = { mask: MASK, vocabulary: VOCABULARY, specials: [PAD, BEGIN, SEPARATOR, MASK], seed: 2 };
/** Documents that say one word again and again: 4, or 5. */
const documents = Array.from({ length: 24 }, (_, d) =>
  Array.from({ length: 12 }, () => Array.from({ length: 3 }, () => 4 + (d % 2))),
);
const rowsOf = (part: typeof documents, seed: number) =>
  segmentPairs(part, { begin: BEGIN, separator: SEPARATOR, maxLength: 19, seed, passes: 3 }).filter(
    // Another document of the same word cannot be told from the one.
    ({ ids, next }) => next === 0 || ids[1] < 8 !== ids[ids.length - 2] < 8,
  );
const batches = new TextBatches(rowsOf(documents.slice(4), 1), {
  pad: PAD,
  tokens: 320,
  maxShapes: 1,
  maxLength: 19,
});
const held = new TextBatches(rowsOf(documents.slice(0, 4), 9), {
  pad: PAD,
  shapes: batches.shapes,
  shuffle: false,
});
const size = { vocabulary: VOCABULARY, context: 24, segments: 2, layers: 2, heads: 2, width: 16, hidden: 32 };
const made = () => new PreTraining(bertParts(size));
const create = (model: PreTraining) =>
  Run.create({
    ...{ device, model, objective: pretraining(batches, hiding), seed: 4 },
    ...{ optimizer: new AdamW(), schedule: { kind: 'cosine', lr: 1e-2, warmup: 10, steps: 200 } as const },
  });

it('learns to fill in and to tell what follows; resumes bit for bit', async () => {
  const model = made();
  using run = await create(model);
  await run.fit({ batches: (k) => batches.at(k), steps: 5 });
  const file = await run.save();
  const before = await judgePretraining(device, model, held, hiding);
  const fit = { batches: (k: number) => batches.at(k), steps: 12 };
  await run.fit(fit);
  const weights = await run.trainer.store.readAll('weights');
  using again = await create(made());
  await again.load(file);
  await again.fit(fit);
  expect(await again.trainer.store.readAll('weights')).toEqual(weights);
  await run.fit({ ...fit, steps: 200 });
  const after = await judgePretraining(device, model, held, hiding);
  expect(before.maskedAccuracy).toBeLessThan(0.6);
  expect(after.maskedAccuracy).toBeGreaterThan(0.85);
  expect(after.perplexity).toBeLessThan(2);
  expect(after.nextAccuracy).toBeGreaterThan(0.9);
});

it('is judged by what its logits say of the hidden tokens', async () => {
  const model = made();
  using _store = new ParameterStore(device, model, { seed: 6 });
  const judged = await judgePretraining(device, model, held, hiding);
  const sums = { loss: 0, right: 0, labels: 0, next: 0, rows: 0 };
  for (let k = 0; k < held.perEpoch; k++) {
    const batch = held.at(k);
    const [B, T] = [batch.lengths.length, batch.ids.length / batch.lengths.length];
    const specials = new Set(hiding.specials);
    const { ids, labels } = hideTokens(batch, { ...hiding, specials, probability: 0.15, continues: null });
    const g = new Graph(device);
    const given = { lengths: g.input('lengths', [B], 'u32'), segments: g.input('segments', [B, T], 'u32') };
    using plan = await g.compile({ ...model.scores(g, g.input('ids', [B, T], 'u32'), given) });
    plan.run({ ids, lengths: batch.lengths, segments: batch.segments });
    const [tokens, next] = [await plan.read('tokens'), await plan.read('next')];
    labels.forEach((label, i) => {
      if (label === IGNORE_INDEX) return;
      const row = Array.from(tokens.subarray(i * VOCABULARY, (i + 1) * VOCABULARY));
      sums.loss += Math.log(row.reduce((sum, x) => sum + Math.exp(x - row[label]), 0));
      sums.right += Number(row.indexOf(Math.max(...row)) === label);
      sums.labels++;
    });
    batch.rows.forEach((row, b) => (sums.next += Number(Number(next[2 * b + 1] > next[2 * b]) === row.next)));
    sums.rows += batch.rows.length;
  }
  expect(judged.perplexity).toBeCloseTo(Math.exp(sums.loss / sums.labels), 3);
  expect(judged.maskedAccuracy).toBe(sums.right / sums.labels);
  expect(judged.nextAccuracy).toBe(sums.next / sums.rows);
});

it('a model without the second head is judged by hidden tokens alone; an abort ends it', async () => {
  const model = new MaskedLM(bertParts(size));
  using _store = new ParameterStore(device, model, { seed: 6 });
  expect(Object.keys(await judgePretraining(device, model, held, hiding))).toEqual([
    'perplexity',
    'maskedAccuracy',
  ]);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(judgePretraining(device, model, held, { ...hiding, signal })).rejects.toThrow('enough');
  const nothing = new TextBatches([{ ids: [BEGIN, SEPARATOR] }], { pad: PAD });
  await expect(judgePretraining(device, model, nothing, hiding)).rejects.toThrow('no token is hidden');
});
