import { DataError, Linear } from '../../engine/index';
import { bertEmbeddings, bertParts } from '../bert';
import { MaskedLM } from '../masked_lm';
import { activationIn, numberIn, refuse, type Json } from '../pretrained_config';
import { ReplacedTokens } from '../replaced_tokens';
import { BERT_INIT, type TextEncoder } from '../text_encoder';
import { MultipleChoice, type Summary } from '../text_heads';
import { bertConfig, bertWeights, tiedTo } from './bert_map';
import {
  body,
  dropoutIn,
  headOf,
  maskedLM,
  multipleChoice,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
  type EncoderKind,
} from './encoder_heads';

/** The first row, a layer and its activation, as Transformers' `SequenceSummary` is for ELECTRA. */
function summaryIn(json: Json): Summary {
  refuse(json, 'summary_type', ['first']);
  refuse(json, 'summary_use_proj', [true]);
  refuse(json, 'summary_proj_to_labels', [false]);
  refuse(json, 'summary_first_dropout', [0]);
  for (const key of ['summary_type', 'summary_use_proj', 'summary_activation']) {
    if (json[key] === null)
      throw new DataError('config.json', `${key} is null`, 'This variant is not supported.');
  }
  return {
    ...{ pooled: false, dropoutBefore: false },
    activation: activationIn(json, 'summary_activation', 'gelu'),
    dropout: numberIn(json, 'summary_last_dropout', 0.1),
  };
}

/** Where the layer of a head lies: multiple choice has it elsewhere. */
const layersOf = (model: TextEncoder): readonly [dense: string, output: string] => {
  if (model instanceof ReplacedTokens)
    return ['discriminator_predictions.dense', 'discriminator_predictions.dense_prediction'];
  if (model instanceof MultipleChoice) return ['sequence_summary.summary', 'classifier'];
  const { dense = null } = ('classifier' in model ? model.classifier : {}) as {
    readonly dense?: object | null;
  };
  return ['classifier.dense', dense ? 'classifier.out_proj' : 'classifier'];
};

/** ELECTRA: BERT, whose tokens may have narrower rows, taught to find replaced tokens (Clark et al. 2020). */
const ELECTRA: EncoderKind = {
  ...{ type: 'electra', title: 'ELECTRA', classes: 'Electra', pooler: null },
  parts(json, file) {
    const parts = bertParts(bertConfig(json, file));
    const { width } = parts.config;
    const embedded = numberIn(json, 'embedding_size', 128);
    if (embedded === width) return parts;
    const projection = new Linear(embedded, width, { init: BERT_INIT });
    return { ...parts, ...bertEmbeddings(parts.config, embedded), projection };
  },
  weights(model) {
    const { tensors, ...map } = bertWeights(model, 'electra.');
    const [dense, output] = layersOf(model);
    return {
      ...map,
      heads:
        /^(generator_(predictions|lm_head)|discriminator_predictions|classifier|qa_outputs|sequence_summary)\./,
      tensors: {
        ...tensors,
        'tokens.weight': {
          from: 'electra.embeddings.word_embeddings.weight',
          copies: tiedTo(model, 'generator_lm_head.weight'),
        },
        'projection.{weight,bias}': 'electra.embeddings_project.{weight,bias}',
        'head.transform.{weight,bias}': 'generator_predictions.dense.{weight,bias}',
        'head.norm.{weight,bias}': 'generator_predictions.LayerNorm.{weight,bias}',
        'head.weight': 'generator_lm_head.weight',
        'head.bias': 'generator_lm_head.bias',
        'classifier.dense.{weight,bias}': `${dense}.{weight,bias}`,
        'classifier.output.{weight,bias}': `${output}.{weight,bias}`,
      },
    };
  },
  sequence: (json) => ({ pooled: false, activation: 'gelu', ...dropoutIn(json) }),
  choice: summaryIn,
  token: (json) => dropoutIn(json),
  question: () => ({}),
};

/** ELECTRA's generator, which has gelu before its output whatever hidden_act says. */
export const electra = maskedLM(ELECTRA, { make: (parts) => new MaskedLM(parts, { activation: 'gelu' }) });
/** ELECTRA with a head for classes of texts, or numbers: `ElectraForSequenceClassification`. */
export const electraForSequenceClassification = sequenceClassification(ELECTRA);
/** ELECTRA with a head for classes of tokens, such as names: `ElectraForTokenClassification`. */
export const electraForTokenClassification = tokenClassification(ELECTRA);
/** ELECTRA with a head for the place of an answer: `ElectraForQuestionAnswering`. */
export const electraForQuestionAnswering = questionAnswering(ELECTRA);
/** ELECTRA with a head for the text that fits best of several: `ElectraForMultipleChoice`. */
export const electraForMultipleChoice = multipleChoice(ELECTRA);
/** ELECTRA without a head: Transformers' `ElectraModel`. */
export const electraModel = body(ELECTRA);

/** ELECTRA's discriminator. */
export const electraForPreTraining = headOf(ELECTRA, 'ForPreTraining', (parts) => new ReplacedTokens(parts));
