import { expectOptions, type Device, type Tokenizer } from '../../engine/index';
import type { Pretrained } from '../family/load';
import type { Decoder } from '../generation/decoder';
import { SequenceGenerator, type GenerateSequenceOptions } from '../generation/sequence_generator';
import { sequenceOptions, type SequenceSettings } from '../generation/sequence_settings';
import { hasToken } from './has_token';
import { encodingsOf, expectTexts, expectVocabulary } from './inputs';
import type { TaskOptions } from './text_reader';

/** How `TextRewriter` searches for texts, and reads long sources. */
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
    // Rows for as many beams as may be asked for: caches are made for those that are.
    const beams = Math.max(MOST_BEAMS, this.#settings.generation.beams ?? 1);
    const sizes = { beams, sentences: Math.max(1, Math.floor((MOST_BEAMS * GROUP) / beams)) };
    this.#generator = new SequenceGenerator(device, loaded.model, { ...this.#settings.special, ...sizes });
  }

  /**
   * The best text for each source, as generation_config.json says unless options do.
   *
   * Throws `DataError` for sources that cannot be read, the signal's reason, and as `SequenceGenerator.generate`.
   */
  async rewrite(sources: readonly string[], options: RewriteOptions = {}): Promise<string[][]> {
    const { long = 'refuse', onProgress, ...generation } = options;
    expectOptions('rewrite', { long, onProgress }, { long, onProgress });
    expectTexts('rewrite', sources);
    const { context } = this.#loaded.model.config;
    // What the template puts at the ends stays where a text is cut.
    const encodings = encodingsOf('rewrite', this.#tokenizer, sources, { context, long });
    const ids = encodings.map((encoding) => encoding.ids);
    const found: string[][] = [];
    for (let at = 0; at < ids.length; at += GROUP) {
      const group = ids.slice(at, at + GROUP);
      const tokenizer = (made: readonly number[]): string => this.#decode(made);
      const choices = { beams: DEFAULT_BEAMS, ...this.#settings.generation, tokenizer, ...generation };
      const texts = await this.#generator.generate(group, choices);
      found.push(...texts.map((list) => list.map((one) => this.#decode(one.ids))));
      onProgress?.(found.length, ids.length);
    }
    return found;
  }

  #decode(ids: readonly number[]): string {
    const known = ids.filter((id) => hasToken(this.#tokenizer, id));
    return this.#tokenizer.decode(known, { special: false });
  }

  [Symbol.dispose](): void {
    this.#generator[Symbol.dispose]();
  }
}

/** Beams that may be asked for, and those of a search for which neither the model nor the call says how many. */
export const MOST_BEAMS = 8;
const DEFAULT_BEAMS = 4;
/** Sources between two reports of progress. */
const GROUP = 8;
