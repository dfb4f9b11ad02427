// Parity of ELECTRA with Hugging Face Transformers, see tests/fixtures/make_heads.py.
import * as electra from '../../models/families/electra';
import electraHeads from '../fixtures/electra.json';
import { headParity } from './head_parity';

headParity(electraHeads, 'electra.safetensors', {
  'electra-masked': electra.electra,
  'electra-pretraining': electra.electraForPreTraining,
  'electra-sequence': electra.electraForSequenceClassification,
  'electra-token': electra.electraForTokenClassification,
  'electra-question': electra.electraForQuestionAnswering,
  'electra-choice': electra.electraForMultipleChoice,
  'electra-model': electra.electraModel,
});
