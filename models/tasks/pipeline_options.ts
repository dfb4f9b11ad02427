/** Choices of generation by Transformers' names. */
import { EngineError, expectOneOf, expectOptions } from '../../engine/index';
import type { GenerationResultOptions, SearchResultOptions, SpeechResultOptions } from './pipeline_calls';
import { definedOf, isWhole } from '../option_checks';
import { MOST_BEAMS, type RewriteOptions } from './text_rewriter';
import type { WriteOptions } from './text_writer';
import type { TranscribeOptions } from './transcriber';

const CHOICES = {
  max_new_tokens: 'tokens',
  min_new_tokens: 'minTokens',
  temperature: 'temperature',
  top_k: 'topK',
  top_p: 'topP',
  min_p: 'minP',
  repetition_penalty: 'repetitionPenalty',
  no_repeat_ngram_size: 'noRepeatNgram',
} as const;
const SEARCH = {
  num_beams: 'beams',
  length_penalty: 'lengthPenalty',
  early_stopping: 'earlyStopping',
} as const;

const SPEECH = {
  ...SEARCH,
  return_timestamps: 'timestamps',
  language: 'language',
  task: 'task',
  max_new_tokens: 'tokens',
} as const;

function renamed(options: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const given = Object.entries(definedOf(options)).filter(([name]) => name !== 'do_sample');
  return Object.fromEntries(given.map(([name, value]) => [names[name], value]));
}

/** For `TextWriter.write`. Throws `EngineError` for options that are not known. */
export function generationOf(options: GenerationResultOptions): WriteOptions {
  expectOptions('text-generation', options, { ...CHOICES, do_sample: 0 });
  const { do_sample: draws } = options;
  expectOneOf('text-generation', 'do_sample', draws, [true, false, undefined]);
  return {
    ...renamed(options, CHOICES),
    ...(draws === false && { temperature: 0 }),
    ...(draws === true && options.temperature === undefined && { temperature: 1 }),
  };
}

/** For `TextRewriter.rewrite`, `own` is what the model does by itself. Throws `EngineError` for what is not known or not done. */
export function searchOf(
  where: string,
  options: SearchResultOptions,
  own: { readonly mode?: string; readonly beams?: number },
): RewriteOptions {
  const names = { ...CHOICES, ...SEARCH };
  expectOptions(where, options, { ...names, do_sample: 0 });
  const { num_beams: beams = own.mode === undefined ? own.beams : 1 } = options;
  const { do_sample: draws = own.mode === 'sample' } = options;
  expectOneOf(where, 'do_sample', draws, [true, false]);
  if (beams !== undefined && !isWhole(beams, 1, MOST_BEAMS)) {
    throw new EngineError(
      where,
      `num_beams is ${String(beams)}`,
      `Use a whole number from 1 to ${MOST_BEAMS}.`,
    );
  }
  if (draws && beams !== 1) {
    const what = `samples are asked for, and ${beams ?? 'more than 1'} beams`;
    throw new EngineError(where, what, 'Heed draws samples without beams: set num_beams to 1.');
  }
  const rest = renamed(options, names);
  delete rest.beams;
  if (draws) return { long: 'cut', ...rest, mode: 'sample' };
  return {
    long: 'cut',
    ...rest,
    ...(beams === 1 ? { mode: 'greedy' } : { mode: 'beam', ...(beams && { beams }) }),
  };
}

/** For `Transcriber.transcribe`. Throws `EngineError` for options that are not known or not done. */
export function speechOf(options: SpeechResultOptions): TranscribeOptions {
  const where = 'automatic-speech-recognition';
  expectOptions(where, options, SPEECH);
  const { return_timestamps: timed = false } = options;
  if ((timed as unknown) === 'word') {
    const todo = 'Times of segments are done: say true.';
    throw new EngineError(where, "return_timestamps is 'word'", todo);
  }
  expectOneOf(where, 'return_timestamps', timed, [true, false]);
  return { ...renamed(options, SPEECH), timestamps: timed };
}
