/** Every family, for who opens whatever comes; an app that names those that it opens carries only these. */
import * as albert from './albert';
import * as bart from './bart';
import * as bert from './bert';
import { bloom } from './bloom';
import * as decoderHeads from './decoder_heads';
import * as clip from './clip';
import * as deit from './deit';
import * as distilbert from './distilbert';
import * as electra from './electra';
import { gemma, gemma2 } from './gemma';
import { gpt2 } from './gpt2';
import { gptNeox } from './gpt_neox';
import { llama } from './llama';
import { m2m100 } from './m2m_100';
import { marian } from './marian';
import { mistral } from './mistral';
import { mixtral } from './mixtral';
import * as mpnet from './mpnet';
import { opt } from './opt';
import { pegasus } from './pegasus';
import { phi } from './phi';
import { phi3 } from './phi3';
import { qwen2 } from './qwen2';
import { qwen2Moe } from './qwen2_moe';
import { qwen3 } from './qwen3';
import { qwen3Moe } from './qwen3_moe';
import { qwen3Next } from './qwen3_next';
import * as roberta from './roberta';
import * as t5 from './t5';
import { visionEncoderDecoder } from './vision_encoder_decoder';
import * as vit from './vit';
import { whisper } from './whisper';

export * from './albert';
export * from './bert';
export * from './decoder_heads';
export * from './distilbert';
export * from './electra';
export * from './mpnet';
export * from './roberta';
export * from './bart';
export * from './t5';
export * from './clip';
export * from './deit';
export * from './vit';
export { m2m100, pegasus, visionEncoderDecoder };
export { mixtral, qwen2Moe, qwen3Moe, qwen3Next };
export { bloom, gemma, gemma2, gpt2, gptNeox, llama, marian, mistral, opt, phi, phi3, qwen2, qwen3, whisper };

/** For `load(folder, { device, families })`. Files of encoders export families alone, the one for masked tokens first. */
export const families = [
  ...Object.values(bert),
  ...Object.values(distilbert),
  ...Object.values(electra),
  ...Object.values(mpnet),
  ...Object.values(albert),
  ...Object.values(roberta),
  ...[bloom, gemma, gemma2, gpt2, gptNeox, llama],
  ...[bart.bart, m2m100, marian, bart.mbart, t5.mt5, pegasus, t5.t5],
  ...[mistral, mixtral, opt, phi, phi3, qwen2, qwen2Moe, qwen3, qwen3Moe, qwen3Next],
  // Behind the language models, which come first where a type is all that is said.
  ...Object.values(decoderHeads),
  bart.bartForSequenceClassification,
  bart.bartForQuestionAnswering,
  bart.mbartForSequenceClassification,
  bart.mbartForQuestionAnswering,
  t5.t5ForSequenceClassification,
  t5.t5ForTokenClassification,
  t5.t5ForQuestionAnswering,
  t5.mt5ForSequenceClassification,
  t5.mt5ForTokenClassification,
  t5.mt5ForQuestionAnswering,
  // Those that read images.
  ...Object.values(vit),
  ...Object.values(deit),
  ...Object.values(clip),
  visionEncoderDecoder,
  // The one that hears.
  whisper,
];
