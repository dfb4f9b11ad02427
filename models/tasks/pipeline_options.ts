/** Choices of generation by Transformers' names. */
import { expectOptions } from '../../engine/index';
import type { GenerationResultOptions, SearchResultOptions } from './pipeline_calls';
import { definedOf } from '../option_checks';
import type { RewriteOptions, WriteOptions } from './text_writer';

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

function renamed(options: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const given = Object.entries(definedOf(options)).filter(([name]) => name !== 'do_sample');
  return Object.fromEntries(given.map(([name, value]) => [names[name], value]));
}

/** For `TextWriter.write`. Throws `EngineError` for options that are not known. */
export function generationOf(options: GenerationResultOptions): WriteOptions {
  expectOptions('text-generation', options, { ...CHOICES, do_sample: 0 });
  const { do_sample: draws } = options;
  return {
    ...renamed(options, CHOICES),
    ...(draws === false && { temperature: 0 }),
    ...(draws === true && options.temperature === undefined && { temperature: 1 }),
  };
}

/** For `TextRewriter.rewrite`. */
export function searchOf(options: SearchResultOptions): RewriteOptions {
  const names = { ...CHOICES, ...SEARCH };
  expectOptions('text2text-generation', options, { ...names, do_sample: 0 });
  const { do_sample: draws, num_beams: beams } = options;
  const { beams: asked, ...rest } = renamed(options, names);
  const many = beams !== undefined && beams > 1;
  return {
    long: 'cut',
    ...rest,
    ...(many && { mode: 'beam' as const, beams: asked as number }),
    ...(beams === 1 && { mode: 'greedy' as const }),
    ...(draws === true && { mode: 'sample' as const }),
  };
}
