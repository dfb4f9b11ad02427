// BART's and mBART's classes of texts beside Hugging Face Transformers, see tests/fixtures/make_seq2seq.py; a new head on BART's body.
import { afterAll, expect, it } from 'vitest';
import { AdamW, classify, Device, Graph, Run, TextBatches } from '../../engine/index';
import { bartForSequenceClassification, mbartForSequenceClassification } from '../../models/families/bart';
import { load } from '../../models/family/load';
import type { Seq2SeqClassifier } from '../../models/seq2seq_classifier';
import about from '../fixtures/seq2seq-classes.json';
import lm from '../fixtures/seq2seq-bart.json';
import mbartAbout from '../fixtures/seq2seq-mbart-classes.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { parity } from './family_parity';
import { checkpointOf, folderOf } from './folders';

let opened: Promise<Device> | null = null;
const device = (): Promise<Device> => (opened ??= Device.open({ gpu: openTestGpu() }));
afterAll(async () => (await device())[Symbol.dispose]());

parity(bartForSequenceClassification, {
  ...{ ...fixtureOf(about, 'bart-classes', 'seq2seq-classes.safetensors'), device },
  inputs: ['ids', 'lengths', 'labels'],
  forward: (model: Seq2SeqClassifier, g, { ids, lengths }) => model.forward(g, ids, { lengths }),
  hidden: (model: Seq2SeqClassifier, g, { ids, lengths }) => ({
    reread: model.model.reread(g, ids, lengths, 2),
  }),
  loss: (model: Seq2SeqClassifier, g, { ids, lengths, labels }) => model.loss(g, ids, labels, { lengths }),
  noisy: /(qkv|kv)\.bias$/, // a bias of keys moves all scores of a row alike
});

parity(mbartForSequenceClassification, {
  ...{ ...fixtureOf(mbartAbout, 'mbart-classes', 'seq2seq-mbart-classes.safetensors'), device },
  inputs: ['ids', 'lengths', 'labels'],
  forward: (model: Seq2SeqClassifier, g, { ids, lengths }) => model.forward(g, ids, { lengths }),
  hidden: (model: Seq2SeqClassifier, g, { ids, lengths }) => ({
    reread: model.model.reread(g, ids, lengths, 'last'),
  }),
  loss: (model: Seq2SeqClassifier, g, { ids, lengths, labels }) => model.loss(g, ids, labels, { lengths }),
  noisy: /(qkv|kv)\.bias$/,
});

it('mBART refuses texts without an end, and padding that is one', async () => {
  const fixture = fixtureOf(mbartAbout, 'mbart-classes', 'seq2seq-mbart-classes.safetensors');
  const files = { 'config.json': fixture.config, 'model.safetensors': checkpointOf(await fixture.weights()) };
  const families = [mbartForSequenceClassification];
  using loaded = await load(folderOf(files), { device: await device(), families });
  const g = new Graph(await device());
  const lengths = g.input('lengths', [2], 'u32');
  const logits = loaded.model.forward(g, g.input('ids', [2, 4], 'u32'), { lengths });
  using plan = await g.compile({ logits });
  const run = (ids: readonly number[], counts: readonly number[]): void =>
    plan.run({ ids: Uint32Array.from(ids), lengths: Uint32Array.from(counts) });
  expect(() => run([5, 6, 7, 2, 5, 6, 7, 8], [4, 4])).toThrow(/row 1 has no end, id 2\. Encode texts with/);
  expect(() => run([5, 6, 7, 2, 5, 2, 9, 2], [4, 3])).toThrow(
    /row 1 is padded with id 2, its end\. Pad with/,
  );
  run([5, 6, 7, 2, 5, 2, 9, 1], [4, 3]);
  const [, , , a, b, c] = await plan.read('logits');
  expect([a, b, c].every(Number.isFinite)).toBe(true);
});

it('a new head on a BART that writes learns classes', async () => {
  const body = fixtureOf(lm, 'bart', 'seq2seq-bart.safetensors');
  const files = { 'config.json': body.config, 'model.safetensors': checkpointOf(await body.weights()) };
  using loaded = await load(folderOf(files), {
    ...{ device: await device(), families: [bartForSequenceClassification] },
    newHead: { id2label: { 0: 'odd', 1: 'even' } },
  });
  const { model, fresh } = loaded;
  expect(fresh).toEqual([
    ...['classifier.dense.weight', 'classifier.dense.bias'],
    ...['classifier.output.weight', 'classifier.output.bias'],
  ]);
  const rows = Array.from({ length: 16 }, (_, i) => ({ ids: [5 + (i % 2), 9 + i, 2], label: i % 2 }));
  const texts = new TextBatches(rows, { pad: 1, shapes: [{ B: 8, T: 4 }] });
  const objective = classify(texts, { classes: 2 });
  using run = await Run.create({
    device: await device(),
    model,
    objective,
    optimizer: new AdamW(),
    schedule: 3e-3,
  });
  const losses: number[] = [];
  await run.fit({
    steps: 40,
    batches: (k) => texts.at(k),
    onEvent: (e) => e.kind === 'steps' && losses.push(...e.reports.map(({ loss }) => loss)),
  });
  expect(losses.at(-1)!).toBeLessThan(losses[0] / 3);
  expect([...(await loaded.save()).keys()]).toEqual(['config.json', 'model.safetensors']);
});
