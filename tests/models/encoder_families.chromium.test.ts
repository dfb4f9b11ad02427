// Parity of ELECTRA, MPNet and ALBERT with Hugging Face Transformers, see tests/fixtures/make_heads.py.
import * as albert from '../../models/families/albert';
import * as electra from '../../models/families/electra';
import * as mpnet from '../../models/families/mpnet';
import albertHeads from '../fixtures/albert.json';
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
headParity(albertHeads, 'albert.safetensors', {
  'albert-masked': albert.albert,
  'albert-sequence': albert.albertForSequenceClassification,
  'albert-token': albert.albertForTokenClassification,
  'albert-question': albert.albertForQuestionAnswering,
  'albert-choice': albert.albertForMultipleChoice,
  'albert-model': albert.albertModel,
});
