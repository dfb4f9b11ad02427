// Where heads drop numbers while they train, and how likely: as the code of Transformers' classes says.
import { expect, it } from 'vitest';
import { Graph, type Tensor } from '../../engine/index';
import { fakeDevice } from '../../tests/harness/fake-device';
import { open, ownFamily, told } from '../../tests/models/described';
import type { Json } from '../pretrained_config';

interface Model {
  forward(g: Graph, ids: Tensor): Tensor;
}

/** Scopes of a forward pass that drop, and their probabilities. */
function drops(name: string, changes: Json): string[] {
  const { model } = open(ownFamily(told[name]), told[name], changes);
  const g = new Graph(fakeDevice(), { train: true });
  (model as Model).forward(g, g.input('ids', name.endsWith('choice') ? [2, 2, 5] : [2, 5], 'u32'));
  return g.dispatches.flatMap(({ label, uniforms: { kept } }) => {
    const [scope, kernel] = label.includes('/') ? label.split('/') : ['', label];
    return kernel === 'dropout.forward' ? [`${scope || 'embeddings'} ${(1 - 1 / kept).toFixed(2)}`] : [];
  });
}

/** Layers of a BERT drop so. */
const layer = (p: string): string[] =>
  ['attention', 'feedForward'].map((part) => `stack.layers.0.${part} ${p}`);
const bert = { hidden_dropout_prob: 0.1 };

it.each<[name: string, changes: Json, dropped: string[]]>([
  [
    'roberta-sequence',
    { ...bert, classifier_dropout: 0.3 },
    ['embeddings 0.10', ...layer('0.10'), 'classifier 0.30', 'classifier 0.30'],
  ],
  [
    'roberta-sequence',
    { ...bert, classifier_dropout: null },
    ['embeddings 0.10', ...layer('0.10'), 'classifier 0.10', 'classifier 0.10'],
  ],
  ['roberta-token', { classifier_dropout: 0.3 }, ['classifier 0.30']],
  [
    'roberta-choice',
    { ...bert, classifier_dropout: 0.3 },
    ['embeddings 0.10', ...layer('0.10'), 'classifier 0.10'],
  ],
  ['roberta-question', { classifier_dropout: 0.3 }, []],
  [
    'distilbert-sequence',
    { dropout: 0.1, seq_classif_dropout: 0.4 },
    ['embeddings 0.10', 'stack.layers.0.feedForward 0.10', 'classifier 0.40'],
  ],
  ['distilbert-sequence', { seq_classif_dropout: undefined }, ['classifier 0.20']],
  [
    'distilbert-token',
    { dropout: 0.1 },
    ['embeddings 0.10', 'stack.layers.0.feedForward 0.10', 'classifier 0.10'],
  ],
  ['distilbert-question', { qa_dropout: 0.25 }, ['embeddings 0.25']],
  ['distilbert-choice', { seq_classif_dropout: 0.4 }, ['classifier 0.40']],
  ['electra-sequence', { classifier_dropout: 0.3 }, ['classifier 0.30', 'classifier 0.30']],
  ['electra-choice', { summary_last_dropout: 0.4, classifier_dropout: 0.3 }, ['classifier 0.40']],
  ['mpnet-token', bert, ['embeddings 0.10', ...layer('0.10'), 'classifier 0.10']],
  [
    'albert-sequence',
    { ...bert, classifier_dropout_prob: 0.3 },
    ['embeddings 0.10', 'stack.layers.0.attention 0.10', 'stack.layers.1.attention 0.10', 'classifier 0.30'],
  ],
  ['albert-token', { classifier_dropout_prob: null }, []],
  ['albert-choice', { classifier_dropout_prob: undefined }, ['classifier 0.10']],
  ['llama-sequence', { classifier_dropout: 0.3 }, []],
  ['llama-token', { classifier_dropout: 0.3 }, ['classifier 0.30']],
  ['llama-token', { classifier_dropout: undefined }, ['classifier 0.10']],
  ['gpt2-token', { classifier_dropout: null, hidden_dropout: 0.2 }, ['classifier 0.20']],
  ['gpt_neox-token', { classifier_dropout: undefined }, ['classifier 0.10']],
  ['bloom-token', { classifier_dropout: undefined }, []],
  ['gpt2-question', { classifier_dropout: 0.3 }, []],
])('%s with %j', (name, changes, dropped) => {
  expect(drops(name, changes)).toEqual(dropped);
});
