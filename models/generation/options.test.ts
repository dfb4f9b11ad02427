import { describe, expect, it } from 'vitest';
import { DataError, EngineError } from '../../engine/index';
import { completeEncoderDecoder } from '../encoder_decoder_config';
import type { ChoiceOptions } from './option_table';
import { completeGeneration, type GenerateOptions } from './generate_options';
import { completeOptions, type GenerateSequenceOptions } from './sequence_options';
import { scoreTranslations, trainTranslation, Translator } from '../translation/index';

/** Every option of every generator, with what it cannot be: fractions, signs, text, what is not finite. */
const COUNTS = [0.5, -1, NaN, Infinity, '3'];
const SEEDS = [0.1, Math.random() / 2, -1, 2 ** 32, NaN, Infinity, '3'];
const SHARES = [0, -0.1, 1.1, NaN, '0.9'];
/** What both ways of choosing refuse. */
const CHOICES: [keyof ChoiceOptions, readonly unknown[]][] = [
  ['minP', [-0.1, 1.1, NaN, '0.9']],
  ['repetitionPenalty', [0, -1, NaN, Infinity, '1']],
  ['presencePenalty', [NaN, Infinity, '1']],
  ['frequencyPenalty', [NaN, -Infinity, '1']],
  ['noRepeatNgram', COUNTS],
  ['minTokens', COUNTS],
];

const generate = (options: object): unknown =>
  completeGeneration([1, 2], options, { config: { context: 8, vocabulary: 10 } });

describe('Generator', () => {
  it.each<[keyof GenerateOptions, readonly unknown[]]>([
    ...CHOICES,
    ['seed', SEEDS],
    ['tokens', COUNTS],
    ['length', [2, ...COUNTS]],
    ['minLength', COUNTS],
    ['forceBegin', [3]], // a prompt begins the text
    ['topK', [2 ** 32, ...COUNTS]],
    ['topP', SHARES],
    ['temperature', [-1, NaN, Infinity, '1']],
    ['stop', [3, [0.5], [10], '1']],
    ['overflow', ['wrap', true]],
  ])('refuses a %s that cannot be', (name, values) => {
    for (const value of values) {
      expect(() => generate({ [name]: value }), `${name} ${String(value)}`).toThrow(
        new RegExp(`^generate: ${name} is `),
      );
    }
  });

  it('takes what can be', () => {
    for (const seed of [0, 1, 2 ** 32 - 1, undefined]) expect(() => generate({ seed })).not.toThrow();
    expect(() =>
      generate({ tokens: 0, topK: 5, topP: 1, temperature: 0, stop: [9], overflow: 'slide' }),
    ).not.toThrow();
  });

  it('counts the prompt for minLength', () => {
    expect(generate({ minLength: 5 })).toMatchObject({ minTokens: 3 });
    expect(generate({ minLength: 5, minTokens: 4 })).toMatchObject({ minTokens: 4 });
  });

  it('tells ids that it cannot ban, and words about sources', () => {
    expect(() => generate({ banned: [3, [4, 10]] })).toThrow(
      'generate: banned holds 10 at index 1, but ids must',
    );
    const covering = () =>
      completeOptions(
        [[1]],
        { coverage: 0.2 },
        { config: { context: 8, vocabulary: 10 }, beams: 4, begin: [], end: [] },
      );
    expect(covering).toThrow('coverage is 0.2. Only sources can be covered: use 0.');
  });

  it('tells names that it does not know', () => {
    expect(() => generate({ maxTokens: 3 })).toThrow(EngineError);
    expect(() => generate({ topk: 3 })).toThrow('generate: there is no option "topk". Did you mean topK?');
    expect(() => generate({ beams: 3 })).toThrow(
      /^generate: there is no option "beams"\. It takes .*temperature/,
    );
  });

  it('tells prompts that cannot be read', () => {
    const of = (prompt: ArrayLike<number>) => () =>
      completeGeneration(prompt, {}, { config: { context: 2, vocabulary: 10 } });
    expect(of([])).toThrow('generate: the prompt is empty');
    expect(of([1, 2, 3])).toThrow("the prompt has 3 tokens, but the model's context holds 2");
    expect(of([1, 10])).toThrow(DataError);
    expect(of([0.5])).toThrow('the prompt holds 0.5 at index 0, but ids must be below 10');
  });
});

describe('SequenceGenerator', () => {
  const config = completeEncoderDecoder({
    ...{ vocabulary: 10, context: 8, encoderLayers: 1, decoderLayers: 1, heads: 1, width: 4 },
  });
  const complete = (options: object) =>
    completeOptions([[1]], options, { config, beams: 4, begin: [1], end: [0] });

  it.each<[keyof GenerateSequenceOptions, readonly unknown[]]>([
    ...CHOICES,
    ['seed', SEEDS],
    ['tokens', [...COUNTS, 0, 9]],
    ['beams', [...COUNTS, 0, 5]],
    ['nBest', [...COUNTS, 0, 5]],
    ['topK', [2 ** 32, ...COUNTS]],
    ['topP', SHARES],
    ['temperature', [0, -1, NaN, Infinity, '1']],
    ['lengthPenalty', [NaN, Infinity, '1']],
    ['coverage', [-1, NaN, Infinity, '1']],
    ['forceEnd', [1, 'yes']],
    ['forceBegin', [10, 0.5, '3']],
    ['renormalize', [1, 'yes']],
    ['earlyStopping', [1, 'always']],
    ['mode', ['beams']],
  ])('refuses a %s that cannot be', (name, values) => {
    for (const value of values) {
      expect(() => complete({ [name]: value }), `${name} ${String(value)}`).toThrow(
        new RegExp(`^SequenceGenerator: ${name} is `),
      );
    }
  });

  it('begins texts with the id that is forced, then with what is asked for', () => {
    expect(complete({ forceBegin: 3, forced: [4, 5] })).toMatchObject({ forced: [[3, 4, 5]] });
    const prompts = { config, beams: 4, begin: [], end: [0] };
    expect(() => completeOptions([[1]], { forceBegin: 3 }, prompts)).toThrow(
      'forceBegin is 3. Only texts of a source are begun',
    );
  });

  it('takes the settings of a folder, whatever the mode', () => {
    const drawn = { mode: 'sample', temperature: 0.7, topK: 3, topP: 0.9, seed: 5 };
    expect(complete({ ...drawn, mode: 'beam' })).toMatchObject({ mode: 'beam', beams: 4 });
    expect(complete({ beams: 2, mode: 'greedy' })).toMatchObject({ mode: 'greedy', beams: 1 });
  });

  it('tells names that it does not know', () => {
    expect(() => complete({ noRepeatNgrams: 3 })).toThrow(
      'SequenceGenerator: there is no option "noRepeatNgrams". Did you mean noRepeatNgram?',
    );
  });
});

describe('translation', () => {
  const settings = { device: null as never, pairs: [{ source: 'a', target: 'b' }] };
  const train = (options: object) => trainTranslation({ ...settings, ...options });

  it.each([
    ['steps', [0.5, -1, NaN, Infinity, '3']],
    ['evaluateEvery', [0, ...COUNTS]],
    ['checkpointEvery', [0, ...COUNTS]],
    ['sample', [0, ...COUNTS]],
    ['patience', [0, ...COUNTS]],
    ['average', [0, ...COUNTS]],
    ['tokens', [1, ...COUNTS]],
    ['maxLength', [1, ...COUNTS]],
    ['maxShapes', [0, ...COUNTS]],
    ['accumulate', [0, ...COUNTS]],
    ['minFrequency', [0, ...COUNTS]],
    ['vocabularySize', COUNTS],
    ['lr', [-1, NaN, Infinity, '1']],
    ['warmup', [-1, NaN, Infinity, '1']],
    ['smoothing', [-0.1, 1, NaN, '0.1']],
    ['seed', SEEDS],
    ['splitSeed', SEEDS],
    ['apart', ['target']],
  ])('training refuses a %s that cannot be', async (name, values) => {
    for (const value of values) {
      await expect(train({ [name]: value }), `${name} ${String(value)}`).rejects.toThrow(
        new RegExp(`^trainTranslation: ${name} is `),
      );
    }
  });

  it('training refuses pairs that are none, and no pairs to evaluate', async () => {
    for (const pairs of ['ab', undefined, [null], [['a', 'b']], [{ source: 'a' }]]) {
      await expect(train({ pairs })).rejects.toThrow('trainTranslation: pair 0 is none.');
    }
    await expect(train({ validation: 0 })).rejects.toThrow('trainTranslation: validation is 0');
  });

  it('tells names that it does not know', async () => {
    await expect(train({ step: 3 })).rejects.toThrow(
      'trainTranslation: there is no option "step". Did you mean steps?',
    );
    const translator = Object.create(Translator.prototype) as Translator;
    await expect(translator.translate(['a'], { nbest: 3 } as object)).rejects.toThrow(
      'translate: there is no option "nbest". Did you mean nBest?',
    );
    await expect(translator.translate(['a'], { unknown: 'skip' } as object)).rejects.toThrow(
      'translate: unknown is skip.',
    );
    const scored = Object.assign(translator, { vocabulary: { kind: 'subwords' } });
    await expect(scoreTranslations(scored, settings.pairs, { beam: 3 } as object)).rejects.toThrow(
      'translate: there is no option "beam". Did you mean beams?',
    );
  });
});
