/**
 * Hugging Face checkpoints as they are: reads `config.json`, decides which GPT it describes, and gives the weights
 * under this library's names. Nothing is converted beforehand.
 */
import type { WeightSource } from '../engine/index';
import { gpt2 } from './families/gpt2';
import { llama } from './families/llama';
import { describe } from './family/family';
import type { GenerateOptions } from './generation/generator';
import type { GPT, GPTConfig } from './gpt';
import { modelType, type Json } from './pretrained_config';
import { GenerationSettings } from './generation/settings';

/** Configuration, weights and settings of generation of a GPT-2 or Llama folder, see `pretrainedGPT`. */
export interface PretrainedGPT {
  readonly config: GPTConfig;
  readonly weights: WeightSource;
  /**
   * What Transformers' generate does with these files: the ids that end a text (Llama 3 has three), greedy (temperature 0)
   * unless they set do_sample, how many tokens where they say so. Give it to `Generator.generate`, with changes.
   */
  readonly generation: GenerateOptions & { readonly stop: readonly number[] };
}

/**
 * What `config` (a parsed config.json) and `source` (its safetensors) make: GPT-2 and Llama-shaped models. `generation` is
 * the parsed generation_config.json, if the folder has one: then settings of generation are taken from there alone, as
 * Transformers does, and ids of special tokens that it leaves out from config.json. Names in `source` may all begin with
 * `module.` or `_orig_mod.`.
 *
 * @throws DataError for other kinds of models, quantized weights, adapters, tensors that are missing or left over, and
 * settings that would change the numbers silently; ShapeError where a tensor has another shape than config.json says.
 * Nothing has been read or written then.
 */
export function pretrainedGPT(
  config: Json,
  source: WeightSource,
  generation: Json | null = null,
): PretrainedGPT {
  const families = [gpt2, llama];
  const type = modelType(config, 'GPT', Object.fromEntries(families.map((f) => [f.type, f.architectures])));
  const { model, weights } = describe<GPT>(
    families.find((f) => f.type === type)!,
    config,
    source,
  );
  return {
    config: model.config,
    weights,
    generation: generateOptions({ model, config, generationConfig: generation }),
  };
}

/**
 * What Transformers' generate does with the two files of a folder, as `load` gives them: the ids that end a text (Llama 3
 * has three), greedy (temperature 0) unless they set do_sample, how many tokens where they say so. Throws `DataError` for
 * settings that change what is generated and are not done.
 */
export function generateOptions(loaded: {
  readonly model: { readonly config: { readonly vocabulary: number } };
  readonly config: Json;
  readonly generationConfig: Json | null;
}): PretrainedGPT['generation'] {
  const { model, config, generationConfig } = loaded;
  const settings = new GenerationSettings(config, generationConfig, model.config.vocabulary, {
    forced_bos_token_id: [],
    forced_eos_token_id: [],
  });
  for (const key of ['num_beams', 'num_return_sequences']) {
    if ((settings.whole(key, 1) ?? 1) === 1) continue;
    const todo = 'Generator writes one text at a time: take it out, and search by SequenceGenerator.';
    throw settings.error(key, todo);
  }
  const stop = settings.ids('eos_token_id');
  const banned = settings.banned(stop);
  const tokens = settings.whole('max_new_tokens', 1);
  const length = settings.whole('max_length', 1);
  const minTokens = settings.whole('min_new_tokens', 0) ?? 0;
  const minLength = settings.whole('min_length', 0) ?? 0;
  return {
    ...(tokens !== undefined ? { tokens } : length !== undefined && { length }),
    ...(minTokens > 0 && { minTokens }),
    ...(minLength > 0 && { minLength }),
    ...(settings.draws ? settings.drawing : { temperature: 0 }),
    ...settings.repetition,
    ...(banned.length > 0 && { banned }),
    stop,
  };
}
