// Parity of ELECTRA, MPNet and ALBERT with Hugging Face Transformers, see tests/fixtures/make_heads.py.
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  classify,
  Device,
  maskedToken,
  Run,
  TextBatches,
  type FitEvent,
  type Objective,
  type TextBatch,
} from '../../engine/index';
import * as albert from '../../models/families/albert';
import * as electra from '../../models/families/electra';
import * as mpnet from '../../models/families/mpnet';
import { load } from '../../models/family/load';
import albertHeads from '../fixtures/albert.json';
import electraHeads from '../fixtures/electra.json';
import mpnetHeads from '../fixtures/mpnet.json';
import { openTestGpu } from '../harness/host';
import { fixtureOf } from './family_fixture';
import { checkpointOf, folderOf } from './folders';
import { headParity } from './head_parity';

headParity(electraHeads, 'electra.safetensors', {
  'electra-masked': electra.electra,
  'electra-pretraining': electra.electraForPreTraining,
  'electra-sequence': electra.electraForSequenceClassification,
  'electra-token': electra.electraForTokenClassification,
  'electra-question': electra.electraForQuestionAnswering,
  'electra-choice': electra.electraForMultipleChoice,
  'electra-model': electra.electraModel,
});
headParity(mpnetHeads, 'mpnet.safetensors', {
  'mpnet-masked': mpnet.mpnet,
  'mpnet-sequence': mpnet.mpnetForSequenceClassification,
  'mpnet-token': mpnet.mpnetForTokenClassification,
  'mpnet-question': mpnet.mpnetForQuestionAnswering,
  'mpnet-choice': mpnet.mpnetForMultipleChoice,
  'mpnet-model': mpnet.mpnetModel,
});
headParity(albertHeads, 'albert.safetensors', {
  'albert-masked': albert.albert,
  'albert-order': albert.albertForPreTraining,
  'albert-sequence': albert.albertForSequenceClassification,
  'albert-token': albert.albertForTokenClassification,
  'albert-question': albert.albertForQuestionAnswering,
  'albert-choice': albert.albertForMultipleChoice,
  'albert-model': albert.albertModel,
});

describe('from a body for masked tokens to a classifier', () => {
  // Texts of one token again and again, and what it is.
  const rows = Array.from({ length: 24 }, (_, i) => ({
    ids: Array.from({ length: 5 + (i % 4) }, (_, t) => (t === 0 ? 5 : 10 + (i % 3))),
    label: i % 3,
  }));
  const batches = new TextBatches(rows, { pad: 1, shapes: [{ B: 8, T: 8 }], seed: 3 });
  const all = [
    ['electra', electraHeads, electra.electra, electra.electraForSequenceClassification],
    ['mpnet', mpnetHeads, mpnet.mpnet, mpnet.mpnetForSequenceClassification],
    ['albert', albertHeads, albert.albert, albert.albertForSequenceClassification],
  ] as const;

  it.each(all)('%s learns both, and goes back', async (name, about, masked, classifier) => {
    using device = await Device.open({ gpu: openTestGpu() });
    /** The mean losses of the first and of the last steps. */
    const fit = async (model: object, objective: Objective<TextBatch, never>): Promise<readonly number[]> => {
      const training = { device, model: model as never, objective, optimizer: new AdamW() };
      using run = await Run.create({ ...training, schedule: 1e-2 });
      const losses: number[] = [];
      const onEvent = (event: FitEvent): void => {
        if (event.kind === 'steps') losses.push(...event.reports.map(({ loss }) => loss));
      };
      await run.fit({ steps: 40, batches: (k) => batches.at(k), onEvent });
      return [losses.slice(0, 4), losses.slice(-4)].map((some) => some.reduce((a, b) => a + b) / 4);
    };
    const fixture = fixtureOf(about, `${name}-masked`, `${name}.safetensors`);
    const files = {
      'config.json': fixture.config,
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    using body = await load(folderOf(files), { device, families: [masked] });
    const hidden = maskedToken(batches, { mask: 4, vocabulary: 61, specials: [1, 5] });
    const [before, after] = await fit(body.model, hidden);
    expect(after).toBeLessThan(0.5 * before);
    const saved = await body.save();
    const opened = (found: ReadonlyMap<string, Blob>) => (file: string) =>
      Promise.resolve(found.get(file) ?? null);
    const newHead = { id2label: { 0: 'ten', 1: 'eleven', 2: 'twelve' } };
    using loaded = await load(opened(saved), { device, families: [classifier], newHead });
    expect(loaded.fresh.length).toBe(4); // a layer and the classes
    const [first, last] = await fit(loaded.model, classify(batches, { classes: 3 }));
    expect(last).toBeLessThan(0.1 * first);
    using again = await load(opened(await loaded.save()), { device, families: [masked, classifier] });
    expect(again.fresh).toEqual([]);
    expect(await again.store.readAll('weights')).toEqual(await loaded.store.readAll('weights'));
  });
});
