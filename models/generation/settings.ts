/** How a Hugging Face folder says that its model generates: generation_config.json, and config.json in older ones. */
import { DataError } from '../../engine/index';
import type { Json } from '../pretrained_config';
import type { ChoiceOptions } from './option_table';

/** What changes what is generated and is nowhere done here, with the values that change nothing. */
const NOT_DONE: Readonly<Record<string, readonly unknown[]>> = {
  num_beam_groups: [1],
  diversity_penalty: [0],
  penalty_alpha: [0],
  dola_layers: [],
  encoder_repetition_penalty: [1],
  encoder_no_repeat_ngram_size: [0],
  exponential_decay_length_penalty: [],
  guidance_scale: [1],
  sequence_bias: [],
  begin_suppress_tokens: [],
  forced_decoder_ids: [],
  force_words_ids: [],
  constraints: [],
  stop_strings: [],
  max_time: [],
  watermarking_config: [],
  token_healing: [false],
};
/** The same, where tokens are drawn. */
const NOT_DRAWN: Readonly<Record<string, readonly unknown[]>> = {
  top_h: [],
  typical_p: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
};

/** Settings of generation, read strictly. */
export class GenerationSettings {
  readonly #config: Json;
  readonly #settings: Json;
  readonly #file: string;
  /** Ids are below it. */
  readonly #vocabulary: number;

  /**
   * `generation` is the parsed generation_config.json, null where the folder has none. As in Transformers, it stands for
   * itself: settings come from config.json only where it is missing or was copied from there. Ids of tokens that it
   * leaves out do too. Throws `DataError` for settings that change what is generated and are not done, also for those of
   * `more`, which the model at hand does not do; `done` are such that only it does.
   */
  constructor(
    config: Json,
    generation: Json | null,
    vocabulary: number,
    more: Readonly<Record<string, readonly unknown[]>> = {},
    done: readonly string[] = [],
  ) {
    if (generation !== null && (typeof generation !== 'object' || Array.isArray(generation))) {
      throw new DataError('generation_config.json', 'it is no object', 'Pass the parsed file, or null.');
    }
    this.#config = config;
    this.#vocabulary = vocabulary;
    this.#file = generation ? 'generation_config.json' : 'config.json';
    const copied = generation?._from_model_config === true;
    this.#settings = generation && !copied ? generation : { ...config, ...generation };
    const refused = { ...NOT_DONE, ...(this.draws && NOT_DRAWN), ...more };
    for (const [key, harmless] of Object.entries(refused)) {
      const value = this.get(key);
      if (done.includes(key)) continue;
      if (value === undefined || harmless.includes(value) || (Array.isArray(value) && value.length === 0)) {
        continue;
      }
      throw this.error(key, 'Heed does not do this: take the setting out to generate without it.');
    }
  }

  /** Undefined for what is not there, and for null. */
  get(key: string): unknown {
    return this.#settings[key] ?? undefined;
  }

  error(key: string, todo: string, value: unknown = this.get(key)): DataError {
    return new DataError(this.#file, `${key} is ${JSON.stringify(value)}`, todo);
  }

  number(
    key: string,
    { least = -Infinity, above = -Infinity, most = Number.MAX_VALUE, whole = false } = {},
  ): number | undefined {
    const value = this.get(key);
    if (value === undefined) return value;
    const fits =
      typeof value === 'number' &&
      value >= least &&
      value > above &&
      value <= most &&
      (!whole || Number.isInteger(value));
    if (fits) return value;
    const limits = [
      least > -Infinity ? ` of at least ${least}` : above > -Infinity ? ` above ${above}` : '',
      most < Number.MAX_VALUE ? ` and at most ${most}` : '',
    ];
    throw this.error(key, `It must be a ${whole ? 'whole' : 'finite'} number${limits.join('')}.`);
  }

  whole(key: string, least: number): number | undefined {
    return this.number(key, { least, whole: true });
  }

  /** do_sample, which is false where nobody says otherwise. */
  get draws(): boolean {
    return this.flag('do_sample');
  }

  /** A switch; off where nothing is said. */
  flag(key: string): boolean {
    const value = this.get(key) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.error(key, 'It must be true or false.');
  }

  /** Of samples, with Transformers' default of 50 for top_k. */
  get drawing(): Required<Pick<ChoiceOptions, 'topK' | 'topP'>> & {
    readonly temperature: number;
    readonly minP?: number;
  } {
    const minP = this.number('min_p', { least: 0, most: 1 }) ?? 0;
    return {
      temperature: this.number('temperature', { above: 0 }) ?? 1,
      topK: this.whole('top_k', 0) ?? (this.#settings.top_k === null ? 0 : 50), // null: all, as in Transformers
      topP: this.number('top_p', { above: 0, most: 1 }) ?? 1,
      ...(minP > 0 && { minP }),
    };
  }

  /** Penalties and n-grams, where they change something. */
  get repetition(): Pick<ChoiceOptions, 'repetitionPenalty' | 'noRepeatNgram'> {
    const repetitionPenalty = this.number('repetition_penalty', { above: 0 }) ?? 1;
    const noRepeatNgram = this.whole('no_repeat_ngram_size', 0) ?? 0;
    return {
      ...(repetitionPenalty !== 1 && { repetitionPenalty }),
      ...(noRepeatNgram > 0 && { noRepeatNgram }),
    };
  }

  /** What may not come up; as in Transformers, an end by itself is no bad word. */
  banned(end: readonly number[]): readonly (number | readonly number[])[] {
    const words = this.lists('bad_words_ids').filter((ids) => !(ids.length === 1 && end.includes(ids[0])));
    return [...words, ...this.list('suppress_tokens')];
  }

  /** Ids of a special token, which may be several (Llama 3 ends a text in three ways), from either file; else none. */
  ids(key: string): readonly number[] {
    const value = this.get(key) ?? this.#config[key] ?? [];
    const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (this.#areIds(ids)) return [...new Set(ids)];
    throw new DataError(
      this.#file,
      `${key} is ${JSON.stringify(value)}`,
      `It must be an id below ${this.#vocabulary}, or a list of such.`,
    );
  }

  #areIds(ids: unknown): ids is number[] {
    return (
      Array.isArray(ids) &&
      ids.every((id) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < this.#vocabulary)
    );
  }

  /** An id, or a list of the one, from these settings alone, such as forced_bos_token_id; undefined where there is none. */
  forced(key: string): number | undefined {
    const value = this.get(key);
    const id = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
    if (id === undefined || this.#areIds([id])) return id as number | undefined;
    throw this.error(key, `It must be one id below ${this.#vocabulary}.`);
  }

  /** The one id of a special token; throws `DataError` where there is none, or several. */
  id(key: string): number {
    const ids = this.ids(key);
    if (ids.length === 1) return ids[0];
    throw new DataError(this.#file, `${key} is ${JSON.stringify(ids)}`, 'This model needs one id there.');
  }

  /** A list of ids, such as suppress_tokens. */
  list(key: string): readonly number[] {
    const value = this.get(key) ?? [];
    if (this.#areIds(value)) return value;
    throw this.error(key, `It must be a list of ids below ${this.#vocabulary}.`);
  }

  /** Lists of ids, such as bad_words_ids. */
  lists(key: string): readonly (readonly number[])[] {
    const value = this.get(key) ?? [];
    if (Array.isArray(value) && value.every((ids): ids is number[] => this.#areIds(ids) && ids.length > 0)) {
      return value;
    }
    throw this.error(key, `It must be a list of lists of ids below ${this.#vocabulary}.`);
  }
}
