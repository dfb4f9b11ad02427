// Parity of ELECTRA and MPNet with Hugging Face Transformers, see tests/fixtures/make_heads.py.
import * as electra from '../../models/families/electra';
import * as mpnet from '../../models/families/mpnet';
import electraHeads from '../fixtures/electra.json';
import mpnetHeads from '../fixtures/mpnet.json';
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
headParity(mpnetHeads, 'mpnet.safetensors', {
  'mpnet-masked': mpnet.mpnet,
  'mpnet-sequence': mpnet.mpnetForSequenceClassification,
  'mpnet-token': mpnet.mpnetForTokenClassification,
  'mpnet-question': mpnet.mpnetForQuestionAnswering,
  'mpnet-choice': mpnet.mpnetForMultipleChoice,
  'mpnet-model': mpnet.mpnetModel,
});
