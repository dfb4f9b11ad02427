/** Every family, for who opens whatever comes; an app that names those that it opens carries only these. */
import { bart, bartForSequenceClassification, mbart } from './bart';
import { bert } from './bert';
import {
  bertForSequenceClassification,
  bertForTokenClassification,
  bertForQuestionAnswering,
  bertForMultipleChoice,
  bertForNextSentencePrediction,
  bertForPreTraining,
  bertModel,
} from './bert_heads';
import { bloom } from './bloom';
import { distilbert } from './distilbert';
import { gemma, gemma2 } from './gemma';
import { gpt2 } from './gpt2';
import { gptNeox } from './gpt_neox';
import { llama } from './llama';
import { m2m100 } from './m2m_100';
import { marian } from './marian';
import { mistral } from './mistral';
import { opt } from './opt';
import { pegasus } from './pegasus';
import { phi } from './phi';
import { phi3 } from './phi3';
import { qwen2 } from './qwen2';
import { qwen3 } from './qwen3';
import { camembert, roberta, xlmRoberta } from './roberta';
import { mt5, t5 } from './t5';

export * from './bert_heads';
export { camembert, distilbert, roberta, xlmRoberta };
export { bart, bartForSequenceClassification, m2m100, mbart, mt5, pegasus, t5 };
export { bert, bloom, gemma, gemma2, gpt2, gptNeox, llama, marian, mistral, opt, phi, phi3, qwen2, qwen3 };

/** For `load(folder, { device, families })`. */
export const families = [
  ...[
    bert,
    bertForSequenceClassification,
    bertForTokenClassification,
    bertForQuestionAnswering,
    bertForMultipleChoice,
    bertForNextSentencePrediction,
    bertForPreTraining,
    bertModel,
  ],
  ...[distilbert, roberta, xlmRoberta, camembert],
  ...[bloom, gemma, gemma2, gpt2, gptNeox, llama],
  ...[bart, bartForSequenceClassification, m2m100, marian, mbart, mt5, pegasus, t5],
  ...[mistral, opt, phi, phi3, qwen2, qwen3],
] as const;
