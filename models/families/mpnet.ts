import { DistanceBuckets } from '../../engine/index';
import { bertParts } from '../bert';
import { MaskedLM } from '../masked_lm';
import { refuse } from '../pretrained_config';
import { BERT_INIT } from '../text_encoder';
import { bertConfig, bertWeights, robertaHeads } from './bert_map';
import {
  maskedLM,
  multipleChoice,
  pooledBody,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
  type EncoderKind,
} from './encoder_heads';

/** MPNet: RoBERTa's positions and heads, no segments, and distances that all layers know (Song et al. 2020). */
const MPNET: EncoderKind = {
  ...{ type: 'mpnet', title: 'MPNet', classes: 'MPNet', pooler: /^(mpnet\.)?pooler\./ },
  parts(json, file) {
    const fixed = 'Transformers has the numbers of 32 buckets, and of padding 1, whatever this says.';
    refuse(json, 'relative_attention_num_buckets', [32], fixed);
    refuse(json, 'pad_token_id', [1], fixed);
    const { context, ...config } = bertConfig({ ...json, type_vocab_size: 0, pad_token_id: 1 }, file);
    const distances = new DistanceBuckets({ heads: config.heads, init: BERT_INIT });
    return bertParts({ ...config, skippedPositions: 2, context: context! - 2 }, distances);
  },
  weights(model) {
    const { tensors, ...map } = bertWeights(model, 'mpnet.');
    const attention = 'mpnet.encoder.layer.*.attention';
    return {
      ...map,
      heads: /^((mpnet\.)?pooler|lm_head|classifier|qa_outputs)\./,
      tensors: {
        ...tensors,
        ...robertaHeads(model, 'mpnet.embeddings.word_embeddings.weight'),
        'stack.distances.weight': 'mpnet.encoder.relative_attention_bias.weight',
        'stack.layers.*.attention.qkv.{weight,bias}': `${attention}.attn.{q,k,v}.{weight,bias}`,
        'stack.layers.*.attention.output.{weight,bias}': `${attention}.attn.o.{weight,bias}`,
        'stack.layers.*.attentionNorm.{weight,bias}': `${attention}.LayerNorm.{weight,bias}`,
      },
    };
  },
  sequence: () => ({ pooled: false, activation: 'tanh' }),
  choice: () => ({}),
  token: () => ({}),
  question: () => ({}),
};

/** MPNet with its head for masked tokens, which has gelu whatever hidden_act says. */
export const mpnet = maskedLM(MPNET, { make: (parts) => new MaskedLM(parts, { activation: 'gelu' }) });
/** MPNet with a head for classes of texts, or numbers: `MPNetForSequenceClassification`. */
export const mpnetForSequenceClassification = sequenceClassification(MPNET);
/** MPNet with a head for classes of tokens, such as names: `MPNetForTokenClassification`. */
export const mpnetForTokenClassification = tokenClassification(MPNET);
/** MPNet with a head for the place of an answer: `MPNetForQuestionAnswering`. */
export const mpnetForQuestionAnswering = questionAnswering(MPNET);
/** MPNet with a head for the text that fits best of several: `MPNetForMultipleChoice`. */
export const mpnetForMultipleChoice = multipleChoice(MPNET);
/** MPNet without a head: Transformers' `MPNetModel`. */
export const mpnetModel = pooledBody(MPNET);
