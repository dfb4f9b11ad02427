import { bertParts } from '../bert';
import { MaskedLM } from '../masked_lm';
import { numberIn } from '../pretrained_config';
import { bertConfig, bertWeights, robertaHeads } from './bert_map';
import {
  dropoutIn,
  maskedLM,
  multipleChoice,
  pooledBody,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
  type EncoderKind,
} from './encoder_heads';

/** RoBERTa and what has its shape: BERT, whose positions are counted from behind the id of padding (Liu et al. 2019). */
const like = (type: string, title: string, classes: string): EncoderKind => ({
  ...{ type, title, classes, pooler: /^(roberta\.)?pooler\./ },
  parts(json, file) {
    const skippedPositions = numberIn(json, 'pad_token_id', 1) + 1;
    const { context, ...config } = bertConfig({ type_vocab_size: 2, pad_token_id: 1, ...json }, file);
    return bertParts({ ...config, skippedPositions, context: context! - skippedPositions });
  },
  weights(model) {
    const { tensors, ...map } = bertWeights(model, 'roberta.');
    return {
      ...map,
      heads: /^((roberta\.)?pooler|lm_head|classifier|qa_outputs)\./,
      tensors: { ...tensors, ...robertaHeads(model, 'roberta.embeddings.word_embeddings.weight') },
    };
  },
  sequence: (json) => ({ pooled: false, activation: 'tanh', ...dropoutIn(json) }),
  choice: () => ({}),
  token: (json) => dropoutIn(json),
  question: () => ({}),
});

const ROBERTA = like('roberta', 'RoBERTa', 'Roberta');
const XLM_ROBERTA = like('xlm-roberta', 'XLM-RoBERTa', 'XLMRoberta');
const CAMEMBERT = like('camembert', 'CamemBERT', 'Camembert');

const masked = (kind: EncoderKind) =>
  maskedLM(kind, {
    // The layer before its output has gelu whatever hidden_act says.
    make: (parts) => new MaskedLM(parts, { activation: 'gelu' }),
  });

/** RoBERTa with its head for masked tokens (Liu et al. 2019). */
export const roberta = masked(ROBERTA);
/** RoBERTa with a head for classes of texts, or numbers: `RobertaForSequenceClassification`. */
export const robertaForSequenceClassification = sequenceClassification(ROBERTA);
/** RoBERTa with a head for classes of tokens, such as names: `RobertaForTokenClassification`. */
export const robertaForTokenClassification = tokenClassification(ROBERTA);
/** RoBERTa with a head for the place of an answer: `RobertaForQuestionAnswering`. */
export const robertaForQuestionAnswering = questionAnswering(ROBERTA);
/** RoBERTa with a head for the text that fits best of several: `RobertaForMultipleChoice`. */
export const robertaForMultipleChoice = multipleChoice(ROBERTA);
/** RoBERTa without a head: Transformers' `RobertaModel`. */
export const robertaModel = pooledBody(ROBERTA);

/** XLM-RoBERTa, RoBERTa in 100 languages, with its head for masked tokens (Conneau et al. 2020). */
export const xlmRoberta = masked(XLM_ROBERTA);
/** XLM-RoBERTa with a head for classes of texts, or numbers: `XLMRobertaForSequenceClassification`. */
export const xlmRobertaForSequenceClassification = sequenceClassification(XLM_ROBERTA);
/** XLM-RoBERTa with a head for classes of tokens, such as names: `XLMRobertaForTokenClassification`. */
export const xlmRobertaForTokenClassification = tokenClassification(XLM_ROBERTA);
/** XLM-RoBERTa with a head for the place of an answer: `XLMRobertaForQuestionAnswering`. */
export const xlmRobertaForQuestionAnswering = questionAnswering(XLM_ROBERTA);
/** XLM-RoBERTa with a head for the text that fits best of several: `XLMRobertaForMultipleChoice`. */
export const xlmRobertaForMultipleChoice = multipleChoice(XLM_ROBERTA);
/** XLM-RoBERTa without a head: Transformers' `XLMRobertaModel`. */
export const xlmRobertaModel = pooledBody(XLM_ROBERTA);

/** CamemBERT, a French RoBERTa, with its head for masked tokens (Martin et al. 2020). */
export const camembert = masked(CAMEMBERT);
/** CamemBERT with a head for classes of texts, or numbers: `CamembertForSequenceClassification`. */
export const camembertForSequenceClassification = sequenceClassification(CAMEMBERT);
/** CamemBERT with a head for classes of tokens, such as names: `CamembertForTokenClassification`. */
export const camembertForTokenClassification = tokenClassification(CAMEMBERT);
/** CamemBERT with a head for the place of an answer: `CamembertForQuestionAnswering`. */
export const camembertForQuestionAnswering = questionAnswering(CAMEMBERT);
/** CamemBERT with a head for the text that fits best of several: `CamembertForMultipleChoice`. */
export const camembertForMultipleChoice = multipleChoice(CAMEMBERT);
/** CamemBERT without a head: Transformers' `CamembertModel`. */
export const camembertModel = pooledBody(CAMEMBERT);
