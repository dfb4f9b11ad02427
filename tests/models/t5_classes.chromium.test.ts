// T5's classes of texts beside Hugging Face Transformers, see tests/fixtures/make_seq2seq.py; a new head on T5's body.
import { afterAll, expect, it } from 'vitest';
import { Device } from '../../engine/index';
import { mt5ForSequenceClassification, t5ForSequenceClassification } from '../../models/families/t5';
import { load } from '../../models/family/load';
import type { Seq2SeqClassifier } from '../../models/seq2seq_classifier';
import lm from '../fixtures/seq2seq-t5.json';
import about from '../fixtures/seq2seq-t5-classes.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { parity } from './family_parity';
import { checkpointOf, folderOf } from './folders';

let opened: Promise<Device> | null = null;
const device = (): Promise<Device> => (opened ??= Device.open({ gpu: openTestGpu() }));
afterAll(async () => (await device())[Symbol.dispose]());

parity(t5ForSequenceClassification, {
  ...{ ...fixtureOf(about, 't5-classes', 'seq2seq-t5-classes.safetensors'), device },
  inputs: ['ids', 'lengths', 'labels'],
  forward: (model: Seq2SeqClassifier, g, { ids, lengths }) => model.forward(g, ids, { lengths }),
  hidden: (model: Seq2SeqClassifier, g, { ids, lengths }) => ({
    reread: model.model.reread(g, ids, lengths, 0),
  }),
  loss: (model: Seq2SeqClassifier, g, { ids, lengths, labels }) => model.loss(g, ids, labels, { lengths }),
});

it.each([
  ['t5', t5ForSequenceClassification],
  ['mt5', mt5ForSequenceClassification],
])('a new head on a %s that writes', async (type, family) => {
  const body = fixtureOf(lm, type, 'seq2seq-t5.safetensors');
  const files = { 'config.json': body.config, 'model.safetensors': checkpointOf(await body.weights()) };
  using loaded = await load(folderOf(files), {
    ...{ device: await device(), families: [family] },
    newHead: { id2label: { 0: 'odd', 1: 'even' } },
  });
  expect(loaded.fresh).toEqual([
    ...['classifier.dense.weight', 'classifier.dense.bias'],
    ...['classifier.output.weight', 'classifier.output.bias'],
  ]);
  expect(loaded.model.labels).toEqual(['odd', 'even']);
});
