import {
  BertForMultipleChoice,
  BertForNextSentencePrediction,
  BertForPreTraining,
  BertForQuestionAnswering,
  BertForSequenceClassification,
  BertForTokenClassification,
  BertModel,
  type Problem,
} from '../bert_heads';
import type { Family } from '../family/family';
import { labelsIn, numberIn, type Json } from '../pretrained_config';
import { bertConfig, bertWeights } from './bert';

const head = <M extends Parameters<typeof bertWeights>[0]>(
  architecture: string,
  build: Family<M>['build'],
): Family<M> => ({
  ...{ type: 'bert', title: 'BERT', architectures: [architecture] },
  ...{ build, weights: bertWeights },
});

/** classifier_dropout, where config.json says one. */
const dropoutIn = (json: Json): { readonly classifierDropout?: number } =>
  (json.classifier_dropout ?? null) === null
    ? {}
    : { classifierDropout: numberIn(json, 'classifier_dropout') };

/** Classes of whole texts, or numbers: num_labels and problem_type say which. */
export const bertForSequenceClassification = head(
  'BertForSequenceClassification',
  (json, file) =>
    new BertForSequenceClassification({
      ...bertConfig(json, file),
      ...dropoutIn(json),
      labels: labelsIn(json),
      problem: (json.problem_type ?? null) as Problem | null,
    }),
);

/** Classes of tokens. */
export const bertForTokenClassification = head(
  'BertForTokenClassification',
  (json, file) =>
    new BertForTokenClassification({
      ...bertConfig(json, file),
      ...dropoutIn(json),
      labels: labelsIn(json),
    }),
);

/** Where the answer to a question is. */
export const bertForQuestionAnswering = head(
  'BertForQuestionAnswering',
  (json, file) => new BertForQuestionAnswering(bertConfig(json, file)),
);

/** Which of several texts fits. */
export const bertForMultipleChoice = head(
  'BertForMultipleChoice',
  (json, file) => new BertForMultipleChoice({ ...bertConfig(json, file), ...dropoutIn(json) }),
);

/** Whether one segment follows the other. */
export const bertForNextSentencePrediction = head(
  'BertForNextSentencePrediction',
  (json, file) => new BertForNextSentencePrediction(bertConfig(json, file)),
);

/** Masked tokens and whether one segment follows the other, as in the paper's pre-training. */
export const bertForPreTraining = head(
  'BertForPreTraining',
  (json, file) => new BertForPreTraining(bertConfig(json, file)),
);

/** The rows of tokens, and the pooler's of the text. */
export const bertModel = head('BertModel', (json, file) => new BertModel(bertConfig(json, file)));
