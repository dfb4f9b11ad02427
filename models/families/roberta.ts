import { Bert } from '../bert';
import type { Family } from '../family/family';
import { numberIn, refuse } from '../pretrained_config';
import { bertConfig, bertWeights } from './bert';

/** RoBERTa and what has its shape: BERT, whose positions are counted from behind the id of padding (Liu et al. 2019). */
const like = (type: string, title: string, architecture: string): Family<Bert> => ({
  ...{ type, title, architectures: [architecture] },
  build(json, file) {
    refuse(json, 'hidden_act', ['gelu'], 'Its head has gelu whatever this says: other ones are not done.');
    const skippedPositions = numberIn(json, 'pad_token_id', 1) + 1;
    const { context, ...config } = bertConfig({ type_vocab_size: 2, pad_token_id: 1, ...json }, file);
    return new Bert({ ...config, skippedPositions, context: context! - skippedPositions });
  },
  weights(model) {
    const { prefix, spellings, ignored, tensors } = bertWeights(model, 'roberta.');
    return {
      ...{ prefix, spellings, ignored },
      kept: /^(roberta\.)?pooler\./,
      tensors: {
        ...tensors,
        'tokens.weight': {
          from: 'roberta.embeddings.word_embeddings.weight',
          copies: model.config.tied ? ['lm_head.decoder.weight'] : [],
        },
        'head.transform.{weight,bias}': 'lm_head.dense.{weight,bias}',
        'head.norm.{weight,bias}': 'lm_head.layer_norm.{weight,bias}',
        'head.weight': 'lm_head.decoder.weight',
        'head.bias': { from: 'lm_head.bias', copies: ['lm_head.decoder.bias'] },
      },
    };
  },
});

export const roberta = like('roberta', 'RoBERTa', 'RobertaForMaskedLM');
export const xlmRoberta = like('xlm-roberta', 'XLM-RoBERTa', 'XLMRobertaForMaskedLM');
export const camembert = like('camembert', 'CamemBERT', 'CamembertForMaskedLM');
