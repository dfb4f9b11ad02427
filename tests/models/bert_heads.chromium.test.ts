// Parity of BERT's heads with Hugging Face Transformers, see tests/fixtures/make_bert_heads.py.
import { describe, expect, it } from 'vitest';
import { openSafetensors, type Device } from '../../engine/index';
import * as heads from '../../models/families/bert';
import { load } from '../../models/family/load';
import about from '../fixtures/bert-heads.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import { withDevice } from '../harness/device';
import { parity, type FamilyFixture } from './family_parity';
import { checkpointOf, folderOf } from './folders';
import { trainingOf } from './head_parity';
import { portableWeights, type PortableParameter } from './parity';

type Head = keyof typeof about.heads;
let all: Promise<Map<string, FixtureTensor>> | null = null;
let shared: Device;
withDevice((opened) => (shared = opened), { empty: true });
const device = (): Promise<Device> => Promise.resolve(shared);

function fixtureOf(head: Head, more: Partial<FamilyFixture> = {}): FamilyFixture {
  const { config, losses, gradientNorms } = about.heads[head];
  const parameters: Readonly<Record<string, PortableParameter>> = about.heads[head].parameters;
  return {
    ...{ config, losses, gradientNorms, adamw: about.adamw, device },
    noisy: /attention\.qkv\.bias$/, // a bias of keys moves all scores of a row alike
    weights: () => {
      const data = portableWeights(parameters, head, about.seed);
      return Promise.resolve(
        new Map(
          [...data].map(([name, values]) => [name, { shape: [...parameters[name].shape], data: values }]),
        ),
      );
    },
    tensors: async () => {
      const found = await (all ??= fixtureTensors('bert-heads.safetensors'));
      return new Map(
        [...found].flatMap(([name, tensor]) =>
          name.startsWith(`${head}/`) ? [[name.slice(head.length + 1), tensor] as const] : [],
        ),
      );
    },
    ...more,
  };
}

const tested = {
  sequence: heads.bertForSequenceClassification,
  several: heads.bertForSequenceClassification,
  regression: heads.bertForSequenceClassification,
  token: heads.bertForTokenClassification,
  question: heads.bertForQuestionAnswering,
  choice: heads.bertForMultipleChoice,
  next: heads.bertForNextSentencePrediction,
  model: heads.bertModel,
};
for (const head of Object.keys(tested) as (keyof typeof tested)[])
  parity(tested[head], fixtureOf(head, trainingOf(head, about.shape)));
parity(heads.bertForPreTraining, fixtureOf('pretraining', trainingOf('order', about.shape)));

describe('a checkpoint of another class', () => {
  const folder = async (head: Head, drop = /^$/) => {
    const tensors = [...(await fixtureOf(head).weights())].filter(([name]) => !drop.test(name));
    return folderOf({
      'config.json': about.heads[head].config,
      'model.safetensors': checkpointOf(new Map(tensors)),
    });
  };

  it('is refused, unless a new head is asked for, which begins as from scratch and is saved', async () => {
    const families = [heads.bertForSequenceClassification, heads.bertForTokenClassification];
    const given = await folder('pretraining');
    await expect(load(given, { device: await device(), families })).rejects.toThrow(
      /architectures is \["BertForPreTraining"\].*To train a new head on it, say newHead\.$/,
    );
    const newHead = { id2label: { 0: 'no', 1: 'yes', 2: 'who knows' } };
    using loaded = await load(given, { device: await device(), families, newHead });
    // The pooler is that of the checkpoint.
    expect(loaded.fresh).toEqual(['classifier.output.weight', 'classifier.output.bias']);
    expect(loaded.model).toMatchObject({ labels: ['no', 'yes', 'who knows'] });
    expect((await loaded.store.read('classifier.output.weight')).every((x) => x !== 0)).toBe(true);
    const files = await loaded.save();
    const saved = await openSafetensors(files.get('model.safetensors')!);
    const names = [...(await fixtureOf('sequence').weights()).keys()];
    expect(saved.names().sort()).toEqual(names.sort());
    using again = await load((name) => Promise.resolve(files.get(name) ?? null), {
      device: await device(),
      families,
    });
    expect(again.fresh).toEqual([]);
    expect(await again.store.readAll('weights')).toEqual(await loaded.store.readAll('weights'));
  });

  it('of as many classes as config.json says: others are a new head, too', async () => {
    const families = [heads.bertForSequenceClassification];
    const given = await folder('sequence');
    using same = await load(given, { device: await device(), families, newHead: {} });
    expect(same.fresh).toEqual([]);
    expect(same.model.labels).toEqual(['ham', 'spam', 'neither']);
    using other = await load(given, {
      device: await device(),
      families,
      newHead: { num_labels: 5 },
      seed: 4,
    });
    expect(other.fresh).toEqual(['classifier.output.weight', 'classifier.output.bias']);
    expect(other.model.labels).toHaveLength(5);
  });

  it('lacks what its class has', async () => {
    const families = [heads.bert, heads.bertForSequenceClassification] as const;
    await expect(
      load(await folder('sequence', /pooler|classifier/), { device: await device(), families }),
    ).rejects.toThrow(
      'BERT checkpoint: weights of BertForSequenceClassification are not in the checkpoint (bert.pooler.dense.weight, ' +
        'bert.pooler.dense.bias, classifier.weight, classifier.bias). To train new ones on a task, say newHead.',
    );
    const settings = { ...about.heads.sequence.config, num_labels: 4 };
    const wrong = folderOf({
      'config.json': settings,
      'model.safetensors': checkpointOf(await fixtureOf('sequence').weights()),
    });
    await expect(load(wrong, { device: await device(), families })).rejects.toThrow(
      'config.json: num_labels is 4, but id2label names 3. Make them agree.',
    );
  });
});
