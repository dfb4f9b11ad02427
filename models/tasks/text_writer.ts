import { DataError, expectOptions, type Device, type Tokenizer } from '../../engine/index';
import type { Pretrained } from '../family/load';
import type { Decoder } from '../generation/decoder';
import { Generator } from '../generation/generator';
import { SequenceGenerator, type GenerateSequenceOptions } from '../generation/sequence_generator';
import { sequenceOptions, type SequenceSettings } from '../generation/sequence_settings';
import { generateText, type TextOptions } from '../generation/text';
import { generateOptions } from '../pretrained';
import { expectVocabulary } from './inputs';
import type { TaskOptions } from './text_reader';

export type WriteOptions = Omit<TextOptions, 'tokenizer'>;

/** Goes on with texts: any model that writes the next token, such as GPT-2 or Llama. */
export class TextWriter implements Disposable {
  readonly #loaded: Pretrained<Decoder>;
  readonly #tokenizer: Tokenizer;
  readonly #generator: Generator;

  /** Throws `DataError` for a tokenizer of another model. */
  constructor(device: Device, loaded: Pretrained<Decoder>, tokenizer: Tokenizer) {
    expectVocabulary('TextWriter', tokenizer, loaded.model.config.vocabulary);
    [this.#loaded, this.#tokenizer] = [loaded, tokenizer];
    this.#generator = new Generator(device, loaded.model);
  }

  /** What follows a prompt, piece by piece, as generation_config.json says unless options do. Throws as `generateText`. */
  write(prompt: string, options: WriteOptions = {}): AsyncGenerator<string, void, undefined> {
    const all = { ...generateOptions(this.#loaded), ...options, tokenizer: this.#tokenizer };
    return generateText(this.#generator, prompt, all);
  }

  [Symbol.dispose](): void {
    this.#generator[Symbol.dispose]();
  }
}

export interface RewriteOptions extends GenerateSequenceOptions, TaskOptions {
  /** Sources over the model's context are refused, or cut at their end. Default 'refuse'. */
  readonly long?: 'refuse' | 'cut';
}

/** Says texts in other words, as an encoder-decoder was trained to: translations, summaries, answers. */
export class TextRewriter implements Disposable {
  readonly #loaded: Pretrained<Decoder>;
  readonly #tokenizer: Tokenizer;
  readonly #settings: SequenceSettings;
  readonly #generator: SequenceGenerator;

  /** Throws `DataError` for a tokenizer of another model, and settings of generation that are not done. */
  constructor(device: Device, loaded: Pretrained<Decoder>, tokenizer: Tokenizer) {
    expectVocabulary('TextRewriter', tokenizer, loaded.model.config.vocabulary);
    [this.#loaded, this.#tokenizer] = [loaded, tokenizer];
    this.#settings = sequenceOptions(loaded);
    const { beams = 4 } = this.#settings.generation;
    this.#generator = new SequenceGenerator(device, loaded.model, { ...this.#settings.special, beams });
  }

  /**
   * The best text for each source, as generation_config.json says unless options do.
   *
   * Throws `DataError` for sources that cannot be read, the signal's reason, and as `SequenceGenerator.generate`.
   */
  async rewrite(sources: readonly string[], options: RewriteOptions = {}): Promise<string[][]> {
    const { long = 'refuse', onProgress, ...generation } = options;
    expectOptions('rewrite', { long, onProgress }, { long, onProgress });
    const { context } = this.#loaded.model.config;
    const ids = sources.map((source, i) => {
      const all = this.#tokenizer.encode(source);
      if (all.length > context && long !== 'cut') {
        const what = `text ${i} has ${all.length} tokens of at most ${context}`;
        throw new DataError('rewrite', what, "Cut it into pieces, or say long: 'cut'.");
      }
      // The end stays.
      return all.length > context ? [...all.slice(0, context - 1), all.at(-1)!] : [...all];
    });
    const found: string[][] = [];
    for (let at = 0; at < ids.length; at += GROUP) {
      const group = ids.slice(at, at + GROUP);
      const texts = await this.#generator.generate(group, { ...this.#settings.generation, ...generation });
      found.push(
        ...texts.map((list) => list.map((one) => this.#tokenizer.decode(one.ids, { special: false }))),
      );
      onProgress?.(found.length, ids.length);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#generator[Symbol.dispose]();
  }
}

/** Sources between two reports of progress. */
const GROUP = 8;
