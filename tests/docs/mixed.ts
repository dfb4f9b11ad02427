import { poolRows, ScalarMix, type Device, type Graph, type Tensor } from '../../engine/index';
import {
  bertForSequenceClassification,
  bertModel,
  SequenceClassifier,
  type BertConfig,
  type Family,
  type ModelFolder,
  type TextEncoderInput,
} from '../../models/index';
import {
  classification,
  finetune,
  openFor,
  type ClassExample,
  type Split,
} from '../../models/finetune/index';

/** Classes of a text, read from the mean of its tokens in a mix of all layers. */
export class MixedClassifier extends SequenceClassifier<Required<BertConfig>> {
  readonly mix = new ScalarMix(this.stack.layers.length + 1);

  protected override scores(g: Graph, ids: Tensor, input: TextEncoderInput): Tensor {
    const rows = g.call(this, 'mix', this.hidden(g, ids, input));
    return g.call(this, 'classifier', poolRows(g, rows, input.lengths!, 'mean'));
  }
}

/** BERT's body below that, whatever head the checkpoint has. */
const mixedBert = (labels: readonly string[]): Family<MixedClassifier> => ({
  ...{ type: 'bert', title: 'Mixed BERT', architectures: ['MixedBertForSequenceClassification'] },
  build: (json, file) => {
    const { config, tokens, positions, segments, norm, stack } = bertModel.build(json, file);
    return new MixedClassifier(
      { config, tokens, positions, segments, norm, stack },
      { labels, pooled: false },
    );
  },
  weights: (model) => {
    const map = bertForSequenceClassification.weights(model);
    return { ...map, tensors: { ...map.tensors, 'mix.{weights,scale}': 'classifier.mix.{weights,scale}' } };
  },
});

/** Trains the head and the mix over a body that stays as it was. */
export async function learnAbove(
  device: Device,
  folder: ModelFolder,
  labels: readonly string[],
  { training, held }: Pick<Split<ClassExample>, 'training' | 'held'>,
) {
  const task = classification({ labels });
  using opened = await openFor(folder, task, { device, families: [mixedBert(labels)] });
  const { loaded, tokenizer } = opened;
  const { judgement } = await finetune({
    ...{ device, model: loaded.model, tokenizer, task, training, held, freeze: 'body' },
    ...{ lr: 3e-2, epochs: 24, tokens: 240 },
  });
  return { metrics: judgement!.metrics, files: await opened.save() };
}
