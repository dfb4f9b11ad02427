// Heads beside checkpoints of other classes, and what is refused; nothing is read but names and shapes.
import { describe as group, expect, it } from 'vitest';
import { countParameters, parameters } from '../../engine/index';
import decoders from '../../tests/fixtures/decoders.json';
import roberta from '../../tests/fixtures/roberta-heads.json';
import { familyOf, open, ownFamily, told, type Told } from '../../tests/models/described';
import type { AnyFamily } from '../family/family';
import type { Json } from '../pretrained_config';
import { families } from './index';

it.each(Object.entries(roberta.named))(
  '%s: the model of a config.json has the parameters of its file',
  (_, named) => {
    const shapes = Object.fromEntries(
      Object.entries(named.parameters).map(([name, shape]) => [name, { shape }]),
    );
    const [architecture] = named.config.architectures;
    const { model } = open(familyOf(architecture), { config: named.config, parameters: shapes });
    const sizes = Object.values(named.parameters).map((shape) => shape.reduce((a, b) => a * b, 1));
    expect(countParameters(model)).toBe(sizes.reduce((a, b) => a + b, 0));
  },
);

group('a new head on the body of a file', () => {
  const bodies: Readonly<Record<string, string>> = {
    Roberta: 'roberta-model',
    DistilBert: 'distilbert-model',
    Electra: 'electra-masked',
    MPNet: 'mpnet-masked',
    Albert: 'albert-masked',
  };
  const made = Object.keys(bodies).flatMap((classes) =>
    ['SequenceClassification', 'TokenClassification', 'QuestionAnswering', 'MultipleChoice'].map(
      (end) => [`${classes}For${end}`, bodies[classes]] as const,
    ),
  );
  it.each(made)('%s from %s', (architecture, from) => {
    const { fresh, model, source, weights } = open(familyOf(architecture), told[from], {}, 1);
    const heads = /^(pooler|classifier|output)\./;
    const own = [...parameters(model).keys()].filter((name) => heads.test(name));
    const pooled = Object.keys(told[from].parameters).some((name) => name.includes('pooler'));
    expect(fresh).toEqual(own.filter((name) => !pooled || !name.startsWith('pooler')));
    expect(weights.names()).toHaveLength(parameters(model).size);
    expect(source.names()).toEqual(Object.keys(told[from].parameters));
    expect(() => open(familyOf(architecture), told[from])).toThrow(
      /are not in the checkpoint \(.*\)\. To train new ones on a task, say newHead\.$/,
    );
  });

  const language = Object.entries(decoders.families) as [string, Told][];
  const causal = language.flatMap(([type, model]) =>
    (families as readonly AnyFamily[])
      .filter((one) => one.type === type && /For[STQ]/.test(one.architectures[0]))
      .map((family) => [family.architectures[0], family, model] as const),
  );
  it.each(causal)('%s from a language model', (_, family, from) => {
    const { fresh, model } = open(family, from, {}, 1);
    const heads = /^(score|classifier|output)\./;
    expect(fresh).toEqual([...parameters(model).keys()].filter((name) => heads.test(name)));
    expect(() => open(family, from)).toThrow('To train new ones on a task, say newHead.');
  });
  it('of an answer takes the body under the name that its class has', () => {
    const { source } = open(familyOf('Qwen2ForQuestionAnswering'), decoders.families.qwen2, {}, 1);
    expect(source.names()).toContain('transformer.embed_tokens.weight');
    expect(source.names().filter((name) => name.startsWith('model.'))).toEqual([]);
  });
});

it('a body that was saved under the name of another class opens as one, with nothing new', () => {
  const { config, parameters: given } = told['mpnet-model'];
  const model = { config: { ...config, architectures: ['MPNetForMaskedLM'] }, parameters: given };
  expect(Object.keys(given)).toContain('pooler.dense.weight'); // without a prefix
  expect(open(familyOf('MPNetModel'), model, {}, 0).fresh).toEqual([]);
});

it('ALBERT with its head for masked tokens keeps what it has for the order of sentences', () => {
  const model = told['albert-masked'];
  const others = {
    'albert.pooler.weight': { shape: [20, 20] },
    'sop_classifier.classifier.bias': { shape: [2] },
  };
  const config = { ...model.config, architectures: ['AlbertForPreTraining'] };
  const file = { config, parameters: { ...model.parameters, ...others } };
  expect(open(familyOf('AlbertForMaskedLM'), file).kept).toEqual(Object.keys(others));
});

it.each<[model: string, changes: Json, why: string]>([
  ['mpnet-masked', { relative_attention_num_buckets: 64 }, 'relative_attention_num_buckets is 64'],
  ['mpnet-masked', { pad_token_id: 0 }, 'pad_token_id is 0'],
  ['albert-masked', { inner_group_num: 2 }, 'inner_group_num is 2'],
  ['albert-masked', { num_hidden_groups: 5 }, 'num_hidden_layers is 3 and num_hidden_groups 5'],
  ['albert-masked', { num_hidden_layers: 1e9 }, 'num_hidden_layers is 1000000000'],
  ['albert-masked', { embedding_size: 20 }, 'but config.json makes it (61, 20)'],
  [
    'electra-masked',
    { position_embedding_type: 'relative_key' },
    'position_embedding_type is "relative_key"',
  ],
  ['electra-choice', { summary_type: 'mean' }, 'summary_type is "mean"'],
  ['electra-choice', { summary_use_proj: false }, 'summary_use_proj is false'],
  ['electra-choice', { summary_activation: null }, 'summary_activation is null'],
  ['roberta-sequence', { problem_type: 'ranking' }, 'problem_type is "ranking"'],
  ['distilbert-question', { sinusoidal_pos_embds: true }, 'sinusoidal_pos_embds is true'],
])('%s refuses what it does not do: %j', (name, changes, why) => {
  const model = told[name];
  expect(() => open(ownFamily(model), model, changes)).toThrow(why);
});
