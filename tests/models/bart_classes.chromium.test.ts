// BART's classes of texts beside Hugging Face Transformers, see tests/fixtures/make_seq2seq.py; a new head on BART's body.
import { afterAll, expect, it } from 'vitest';
import { AdamW, classify, Device, Run, TextBatches } from '../../engine/index';
import { bartForSequenceClassification } from '../../models/families/bart';
import { load } from '../../models/family/load';
import type { Seq2SeqClassifier } from '../../models/seq2seq_classifier';
import about from '../fixtures/seq2seq-classes.json';
import lm from '../fixtures/seq2seq-bart.json';
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
