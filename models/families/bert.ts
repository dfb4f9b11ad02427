import { bertParts } from '../bert';
import { PreTraining, NextSentencePrediction } from '../sentence_heads';
import { bertConfig, bertWeights } from './bert_map';
import {
  dropoutIn,
  headOf,
  maskedLM,
  multipleChoice,
  pooledBody,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
  type EncoderKind,
} from './encoder_heads';

const BERT: EncoderKind = {
  ...{ type: 'bert', title: 'BERT', classes: 'Bert', pooler: /^(bert\.)?pooler\./ },
  parts: (json, file) => bertParts(bertConfig(json, file)),
  weights: (model) => bertWeights(model),
  sequence: (json) => dropoutIn(json),
  choice: (json) => dropoutIn(json),
  token: (json) => dropoutIn(json),
  question: () => ({}),
};

/** BERT with its head for masked tokens (Devlin et al. 2019). */
export const bert = maskedLM(BERT, {
  more: ['BertForPreTraining'],
  kept: /^(bert\.)?pooler\.dense\.|^cls\.seq_relationship\./,
});
/** BERT with a head for classes of texts, or numbers: `BertForSequenceClassification`. */
export const bertForSequenceClassification = sequenceClassification(BERT);
/** BERT with a head for classes of tokens, such as names: `BertForTokenClassification`. */
export const bertForTokenClassification = tokenClassification(BERT);
/** BERT with a head for the place of an answer: `BertForQuestionAnswering`. */
export const bertForQuestionAnswering = questionAnswering(BERT);
/** BERT with a head for the text that fits best of several: `BertForMultipleChoice`. */
export const bertForMultipleChoice = multipleChoice(BERT);
/** BERT without a head: Transformers' `BertModel`. */
export const bertModel = pooledBody(BERT);

/** Whether one segment follows the other. */
export const bertForNextSentencePrediction = headOf(
  BERT,
  'ForNextSentencePrediction',
  (parts) => new NextSentencePrediction(parts),
);

/** Masked tokens and whether one segment follows the other, as in the paper's pre-training. */
export const bertForPreTraining = headOf(BERT, 'ForPreTraining', (parts) => new PreTraining(parts));
