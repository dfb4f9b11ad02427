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

export const roberta = masked(ROBERTA);
export const robertaForSequenceClassification = sequenceClassification(ROBERTA);
export const robertaForTokenClassification = tokenClassification(ROBERTA);
export const robertaForQuestionAnswering = questionAnswering(ROBERTA);
export const robertaForMultipleChoice = multipleChoice(ROBERTA);
export const robertaModel = pooledBody(ROBERTA);

export const xlmRoberta = masked(XLM_ROBERTA);
export const xlmRobertaForSequenceClassification = sequenceClassification(XLM_ROBERTA);
export const xlmRobertaForTokenClassification = tokenClassification(XLM_ROBERTA);
export const xlmRobertaForQuestionAnswering = questionAnswering(XLM_ROBERTA);
export const xlmRobertaForMultipleChoice = multipleChoice(XLM_ROBERTA);
export const xlmRobertaModel = pooledBody(XLM_ROBERTA);

export const camembert = masked(CAMEMBERT);
export const camembertForSequenceClassification = sequenceClassification(CAMEMBERT);
export const camembertForTokenClassification = tokenClassification(CAMEMBERT);
export const camembertForQuestionAnswering = questionAnswering(CAMEMBERT);
export const camembertForMultipleChoice = multipleChoice(CAMEMBERT);
export const camembertModel = pooledBody(CAMEMBERT);
