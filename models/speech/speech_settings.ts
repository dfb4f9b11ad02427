/** How a Whisper's folder says that it writes: languages, tasks, times, and what it must not write. */
import { DataError, EngineError, type Tokenizer } from '../../engine/index';
import { GenerationSettings } from '../generation/settings';
import type { Json } from '../pretrained_config';

/** What a text is begun with. */
export interface SpeechChoice {
  /** A code such as 'fr', or the language's English name. Undefined: what the files force, else it is detected. */
  readonly language?: string | undefined;
  readonly task?: 'transcribe' | 'translate' | undefined;
  readonly timestamps: boolean;
}

/** Ids and limits of a Whisper. */
export interface SpeechSettings {
  readonly begin: number;
  readonly end: readonly number[];
  /** The id of <|notimestamps|>; that of 0.00 s comes after it. */
  readonly noTimestamps: number;
  /** Ids of languages by their codes, of tasks by their names: empty where the model knows one of each. */
  readonly languages: Readonly<Record<string, number>>;
  readonly tasks: Readonly<Record<string, number>>;
  readonly suppressed: readonly number[];
  /** Not as the first token. */
  readonly suppressedAtBegin: readonly number[];
  /** The latest time that a window may begin with, in steps of 0.02 s. Null: any. */
  readonly maxInitialTimestamp: number | null;
  /** What is to follow the beginning; null is for a language that is detected. */
  readonly forced: readonly (number | null)[];
  /** Tokens of a text, with what it begins with; and without. Undefined: as many as the model has room for. */
  readonly length: number | undefined;
  readonly newTokens: number | undefined;
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  /** Whether times are asked for where nobody says. */
  readonly timestamps: boolean;
}

/** Settings of Transformers' generate that a `Transcriber` refuses, beyond those that are nowhere done. */
const REFUSED = {
  ...{ do_sample: [false], repetition_penalty: [1], no_repeat_ngram_size: [0], num_return_sequences: [1] },
  ...{ min_length: [0], min_new_tokens: [0], forced_bos_token_id: [], forced_eos_token_id: [] },
  ...{ bad_words_ids: [], renormalize_logits: [false], return_token_timestamps: [false], prompt_ids: [] },
  ...{ condition_on_prev_tokens: [false] },
};
const DONE = ['forced_decoder_ids', 'begin_suppress_tokens'];
const FILE = 'generation_config.json';

const isIds = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(Number.isInteger);

/** What a folder says of a Whisper's texts. Throws `DataError` for settings that change them and are not done. */
export function speechSettings(
  loaded: {
    readonly model: { readonly config: { readonly vocabulary: number } };
    readonly config: Json;
    readonly generationConfig: Json | null;
  },
  tokenizer: Tokenizer,
): SpeechSettings {
  const { config, generationConfig } = loaded;
  const { vocabulary } = loaded.model.config;
  const settings = new GenerationSettings(config, generationConfig, vocabulary, REFUSED, DONE);
  const known = new Map<string, number>();
  // Of older folders, which say none of this.
  const named = (token: string): number | undefined => {
    if (known.size === 0) {
      for (const { content, id } of tokenizer.toJson().added_tokens) known.set(content, id);
    }
    return known.get(token);
  };
  const noTimestamps = settings.whole('no_timestamps_token_id', 0) ?? named('<|notimestamps|>');
  if (noTimestamps === undefined || noTimestamps >= vocabulary) {
    const what = `no_timestamps_token_id is ${String(noTimestamps)}, and ids are below ${vocabulary}`;
    throw new DataError(FILE, what, "Give the folder's own generation_config.json, or its tokenizer.json.");
  }
  const table = (
    key: string,
    found: () => Record<string, number | undefined>,
  ): Readonly<Record<string, number>> => {
    const value = settings.get(key);
    const ids = Object.entries(isIds(value) ? value : value === undefined ? found() : {});
    const all = ids.flatMap(([name, id]): [string, number][] =>
      id === undefined ? [] : [[name.replace(/^<\||\|>$/g, ''), id]],
    );
    if (all.every(([, id]) => id >= 0 && id < vocabulary) && (value === undefined || all.length > 0)) {
      return Object.fromEntries(all);
    }
    throw settings.error(key, `It must give ids below ${vocabulary} by their tokens.`);
  };
  const begin = settings.id('decoder_start_token_id');
  const multilingual = settings.get('is_multilingual') ?? named('<|fr|>') !== undefined;
  const languages = (): Record<string, number> => {
    const [from, to] = [named('<|startoftranscript|>'), named('<|translate|>')];
    if (multilingual !== true || from === undefined || to === undefined) return {};
    return Object.fromEntries([...known].filter(([, id]) => id > from && id < to));
  };
  const names = ['transcribe', 'translate'] as const;
  const tasks = (): Record<string, number | undefined> =>
    multilingual === true ? Object.fromEntries(names.map((task) => [task, named(`<|${task}|>`)])) : {};
  const beams = settings.whole('num_beams', 1) ?? 1;
  const early = settings.get('early_stopping') ?? false;
  if (typeof early !== 'boolean' && early !== 'never') {
    throw settings.error('early_stopping', "It must be true, false or 'never'.");
  }
  return {
    ...{ begin, end: settings.ids('eos_token_id'), noTimestamps, beams, earlyStopping: early },
    languages: table('lang_to_id', languages),
    tasks: table('task_to_id', tasks),
    suppressed: settings.list('suppress_tokens'),
    suppressedAtBegin: settings.list('begin_suppress_tokens'),
    maxInitialTimestamp: settings.whole('max_initial_timestamp_index', 0) ?? null,
    forced: forcedIn(settings, config, vocabulary),
    length: settings.whole('max_length', 2),
    newTokens: settings.whole('max_new_tokens', 1),
    lengthPenalty: settings.number('length_penalty') ?? 1,
    timestamps: settings.flag('return_timestamps'),
  };
}

/** forced_decoder_ids, of generation_config.json or config.json: [[1, id], [2, id] …]. */
function forcedIn(
  settings: GenerationSettings,
  config: Json,
  vocabulary: number,
): readonly (number | null)[] {
  const value = settings.get('forced_decoder_ids') ?? config.forced_decoder_ids ?? [];
  const pairs: readonly unknown[] = Array.isArray(value) ? value : [null];
  const ids = pairs.map((pair, i) => {
    const [place, id = null] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    const valid = id === null || (Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabulary);
    if (place === i + 1 && valid) return id as number | null;
    const todo = `It must be [[1, id], [2, id] …], with ids below ${vocabulary}.`;
    throw settings.error('forced_decoder_ids', todo, value);
  });
  return ids;
}

/** The code of a language that is given by it, by its token or by its English name. Throws `EngineError` for others. */
export function languageOf({ languages }: SpeechSettings, given: unknown): string {
  const text = typeof given === 'string' ? given : '';
  const code = text.toLowerCase().replace(/^<\||\|>$/g, '');
  if (Object.hasOwn(languages, code)) return code;
  const codes = Object.keys(languages);
  if (codes.length === 0) {
    const what = `language is ${JSON.stringify(given)}, and this model knows one language only`;
    throw new EngineError('transcribe', what, 'Leave it out, or load a multilingual model.');
  }
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });
  const named = codes.find((one) => /^[a-z]{2,3}$/.test(one) && names.of(one)?.toLowerCase() === code);
  if (named !== undefined) return named;
  throw new EngineError(
    'transcribe',
    `language is ${JSON.stringify(given)}`,
    `Known are ${codes.join(', ')}.`,
  );
}

/**
 * The ids that a text begins with, as Transformers' generate puts them together: the beginning, language, task, and <|notimestamps|>
 * where no times are asked for. Null stands for a language that is to be detected.
 */
export function beginningOf(settings: SpeechSettings, choice: SpeechChoice): readonly (number | null)[] {
  const { begin, forced, languages, tasks, noTimestamps } = settings;
  const ids: (number | null)[] = [begin, ...forced];
  const has = (table: Readonly<Record<string, number>>, id: number | null): boolean =>
    id !== null && Object.values(table).includes(id);
  const replaceOrAdd = (id: number, table: Readonly<Record<string, number>>): void => {
    const places = ids.flatMap((one, i) => (has(table, one) ? [i] : []));
    if (places.length === 0) ids.push(id);
    for (const i of places) ids[i] = id;
  };
  const detects = (ids[1] ?? null) === null;
  if (choice.language !== undefined) {
    const id = languages[languageOf(settings, choice.language)];
    if (detects) ids[1] = id;
    else replaceOrAdd(id, languages);
  } else if (detects && Object.keys(languages).length > 0) ids[1] = null;
  if (choice.task !== undefined) {
    if (!Object.hasOwn(tasks, choice.task)) {
      const names = Object.keys(tasks);
      const what = `task is ${JSON.stringify(choice.task)}`;
      const todo =
        names.length > 0 ? `Use ${names.join(' or ')}.` : 'This model transcribes only: leave it out.';
      throw new EngineError('transcribe', what, todo);
    }
    replaceOrAdd(tasks[choice.task], tasks);
  } else if (choice.language !== undefined && 'transcribe' in tasks && !ids.some((id) => has(tasks, id))) {
    ids.push(tasks.transcribe);
  }
  const last = ids.at(-1);
  if (!choice.timestamps && last !== noTimestamps) ids.push(noTimestamps);
  if (choice.timestamps && last === noTimestamps) ids.pop();
  return Object.keys(languages).length > 0 ? ids : ids.filter((id) => id !== null);
}
