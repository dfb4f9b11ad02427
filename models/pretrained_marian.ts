/**
 * Marian translation models from Hugging Face (Helsinki-NLP/opus-mt-…) as they are: reads `config.json` and gives the
 * weights under this library's names. Nothing is converted beforehand.
 */
import type { WeightSource } from '../engine/index';
import type { CompleteEncoderDecoderConfig, EncoderDecoderConfig } from './encoder_decoder_config';
import { marian } from './families/marian';
import { describe } from './family/family';
import { modelType, type Json } from './pretrained_config';
import { GenerationSettings } from './generation/settings';
import type { GenerateSequenceOptions } from './generation/sequence_options';

export interface PretrainedMarian {
  readonly config: EncoderDecoderConfig;
  readonly weights: WeightSource;
  /** What a `SequenceGenerator` needs: Marian's targets begin with padding. */
  readonly special: { readonly begin: number; readonly end: number };
  /** What fills up batches of sources. */
  readonly pad: number;
  /** What Transformers' generate does with these files, except that nothing but the context bounds the length by default. */
  readonly generation: GenerateSequenceOptions;
}

/**
 * What `json` (a parsed config.json) and `source` (its safetensors) make. `generation` is the parsed
 * generation_config.json, if the folder has one: then settings of decoding are taken from there alone, as Transformers
 * does, and ids of special tokens that it leaves out from config.json. Names in `source` may all begin with `module.` or
 * `_orig_mod.`.
 *
 * @throws DataError for other kinds of models, quantized weights, adapters, tensors that are missing or left over, and
 * settings that would change the numbers silently; ShapeError where a tensor has another shape than config.json says.
 * Nothing has been read or written then.
 */
export function pretrainedMarian(
  json: Json,
  source: WeightSource,
  generation: Json | null = null,
): PretrainedMarian {
  modelType(json, 'pretrainedMarian', { [marian.type]: marian.architectures });
  const { model, weights } = describe(marian, json, source);
  return { config: model.config, weights, ...decodingOf(json, generation, model.config) };
}

/** Token ids, and how to decode. */
function decodingOf(
  json: Json,
  file: Json | null,
  { context, vocabulary }: CompleteEncoderDecoderConfig,
): Pick<PretrainedMarian, 'special' | 'pad' | 'generation'> {
  const settings = new GenerationSettings(json, file, vocabulary);
  const end = settings.id('eos_token_id');
  // MarianConfig forces id 0 where config.json says nothing; null switches it off.
  const legacy = file === null && json.forced_eos_token_id === undefined ? 0 : undefined;
  const given = settings.get('forced_eos_token_id') ?? legacy;
  const forced: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  if (forced !== undefined && forced !== end) {
    throw settings.error('forced_eos_token_id', `Heed can only force the end, ${end}.`, forced);
  }
  const beams = settings.whole('num_beams', 1) ?? 1;
  const draws = settings.draws;
  if (draws && beams > 1) throw settings.error('num_beams', 'Heed draws samples without beams.');
  const most = settings.whole('max_new_tokens', 1) ?? (settings.whole('max_length', 2) ?? context + 1) - 1;
  const early = settings.get('early_stopping');
  if (early !== undefined && typeof early !== 'boolean' && early !== 'never') {
    throw settings.error('early_stopping', "It must be true, false or 'never'.");
  }
  const lengthPenalty = settings.number('length_penalty');
  const nBest = settings.number('num_return_sequences', {
    least: 1,
    most: draws ? undefined : beams,
    whole: true,
  });
  return {
    special: { begin: settings.id('decoder_start_token_id'), end },
    pad: settings.id('pad_token_id'),
    generation: {
      ...(draws ? { mode: 'sample', ...settings.drawing } : beams === 1 ? { mode: 'greedy' } : { beams }),
      ...(lengthPenalty !== undefined && { lengthPenalty }),
      tokens: Math.min(most, context),
      ...(early !== undefined && { earlyStopping: early }),
      ...settings.repetition,
      ...(nBest !== undefined && { nBest }),
      forceEnd: forced === end,
      banned: settings.banned([end]),
      ...(settings.flag('renormalize_logits') && { renormalize: true }),
    },
  };
}
