/**
 * Marian translation models from Hugging Face (Helsinki-NLP/opus-mt-…) as they are: reads `config.json` and gives the
 * weights under this library's names. Nothing is converted beforehand.
 */
import type { WeightSource } from '../engine/index';
import type { EncoderDecoderConfig } from './encoder_decoder_config';
import { marian } from './families/marian';
import { describe } from './family/family';
import { modelType, type Json } from './pretrained_config';
import { sequenceOptions, type SequenceSettings } from './generation/sequence_settings';

/** Configuration, weights and settings of generation of a Marian folder, see `pretrainedMarian`. */
export interface PretrainedMarian extends SequenceSettings {
  readonly config: EncoderDecoderConfig;
  readonly weights: WeightSource;
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
  return {
    config: model.config,
    weights,
    ...sequenceOptions({ model, config: json, generationConfig: generation }),
  };
}
