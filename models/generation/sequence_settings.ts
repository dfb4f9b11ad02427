/** How a Hugging Face folder says that its model with a source and a target generates. */
import type { Json } from '../pretrained_config';
import type { GenerateSequenceOptions } from './sequence_options';
import { GenerationSettings } from './settings';

/** What the files of an encoder-decoder say of generation, see `sequenceOptions`. */
export interface SequenceSettings {
  /** What a generator needs: Marian's and T5's targets begin with padding, BART's with the end. */
  readonly special: { readonly begin: number; readonly end: number };
  /** What fills up batches of sources. */
  readonly pad: number;
  /** What Transformers' generate does with these files, except that nothing but the caches bounds the length by default. */
  readonly generation: GenerateSequenceOptions;
}

/** What classes of Transformers force at the end where config.json says nothing; null switches it off. */
const FORCED_ENDS: Readonly<Record<string, number>> = { marian: 0, bart: 2, mbart: 2, pegasus: 1 };

/** What Transformers' generate does by itself, where a file may say it all the same. */
const DEFAULTS: Json = {
  ...{
    max_length: 20,
    min_length: 0,
    do_sample: false,
    early_stopping: false,
    num_beams: 1,
    top_k: 50,
    top_p: 1,
  },
  ...{ num_beam_groups: 1, diversity_penalty: 0, temperature: 1, typical_p: 1, repetition_penalty: 1 },
  ...{ length_penalty: 1, no_repeat_ngram_size: 0, encoder_no_repeat_ngram_size: 0, num_return_sequences: 1 },
};

/** A model of two, such as ViT and GPT-2, generates as config.json's `decoder` says, where the rest says nothing of its own. */
function withDecoder(json: Json): Json {
  const { decoder } = json;
  if (typeof decoder !== 'object' || decoder === null) return json;
  const own = Object.entries(json).filter(([key, value]) => value !== null && value !== DEFAULTS[key]);
  return { ...decoder, ...Object.fromEntries(own) };
}

/**
 * Special ids of a folder as `load` gives it, and what Transformers' generate does with it, for a `SequenceGenerator`:
 * beams, lengths, bans, first and last tokens. Throws `DataError` for settings that change what is generated and are not
 * done.
 */
export function sequenceOptions(loaded: {
  readonly model: { readonly config: { readonly vocabulary: number; readonly context: number } };
  readonly config: Json;
  readonly generationConfig: Json | null;
}): SequenceSettings {
  const { generationConfig: file } = loaded;
  const json = withDecoder(loaded.config);
  const { context, vocabulary } = loaded.model.config;
  const settings = new GenerationSettings(json, file, vocabulary);
  const end = settings.id('eos_token_id');
  const bare = file === null;
  const legacyEnd =
    bare && json.forced_eos_token_id === undefined ? FORCED_ENDS[String(json.model_type)] : undefined;
  const forced = settings.forced('forced_eos_token_id') ?? legacyEnd;
  if (forced !== undefined && forced !== end) {
    throw settings.error('forced_eos_token_id', `Heed can only force the end, ${end}.`, forced);
  }
  // BART's before there was the other key.
  const legacyBegin =
    bare && settings.flag('force_bos_token_to_be_generated') ? settings.id('bos_token_id') : undefined;
  const first = settings.forced('forced_bos_token_id') ?? legacyBegin;
  const beams = settings.whole('num_beams', 1) ?? 1;
  const draws = settings.draws;
  if (draws && beams > 1) throw settings.error('num_beams', 'Heed draws samples without beams.');
  const length = settings.whole('max_length', 2);
  const most = settings.whole('max_new_tokens', 1) ?? (length === undefined ? undefined : length - 1);
  // min_length counts the token that a target begins with.
  const least = Math.max(
    settings.whole('min_new_tokens', 0) ?? 0,
    (settings.whole('min_length', 0) ?? 0) - 1,
  );
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
  const has = (key: string): boolean => settings.ids(key).length > 0;
  // Both as Transformers' generate has them.
  const starts = has('decoder_start_token_id') || !has('bos_token_id');
  return {
    special: { begin: settings.id(starts ? 'decoder_start_token_id' : 'bos_token_id'), end },
    pad: has('pad_token_id') ? settings.id('pad_token_id') : end,
    generation: {
      ...(draws ? { mode: 'sample', ...settings.drawing } : beams === 1 ? { mode: 'greedy' } : { beams }),
      ...(lengthPenalty !== undefined && { lengthPenalty }),
      ...(most !== undefined && { tokens: Math.min(most, context) }),
      ...(least > 0 && { minTokens: least }),
      ...(early !== undefined && { earlyStopping: early }),
      ...settings.repetition,
      ...(nBest !== undefined && { nBest }),
      ...(first !== undefined && { forceBegin: first }),
      forceEnd: forced === end,
      banned: settings.banned([end]),
      ...(settings.flag('renormalize_logits') && { renormalize: true }),
    },
  };
}
