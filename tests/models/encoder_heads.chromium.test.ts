// Parity of the heads of RoBERTa and DistilBERT with Hugging Face Transformers, see tests/fixtures/make_heads.py.
import * as distilbert from '../../models/families/distilbert';
import * as roberta from '../../models/families/roberta';
import distilbertHeads from '../fixtures/distilbert-heads.json';
import robertaHeads from '../fixtures/roberta-heads.json';
import { headParity } from './head_parity';

headParity(robertaHeads, 'roberta-heads.safetensors', {
  'roberta-sequence': roberta.robertaForSequenceClassification,
  'roberta-several': roberta.robertaForSequenceClassification,
  'roberta-regression': roberta.robertaForSequenceClassification,
  'roberta-token': roberta.robertaForTokenClassification,
  'roberta-question': roberta.robertaForQuestionAnswering,
  'roberta-choice': roberta.robertaForMultipleChoice,
  'roberta-model': roberta.robertaModel,
});
headParity(distilbertHeads, 'distilbert-heads.safetensors', {
  'distilbert-sequence': distilbert.distilbertForSequenceClassification,
  'distilbert-token': distilbert.distilbertForTokenClassification,
  'distilbert-question': distilbert.distilbertForQuestionAnswering,
  'distilbert-choice': distilbert.distilbertForMultipleChoice,
  'distilbert-model': distilbert.distilbertModel,
});
