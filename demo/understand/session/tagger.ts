/** A tagger on the device: tells which words of a text have a tag, and which it gets wrong. */
import { EngineError, type Device } from '../../../engine/index';
import { tagging, type TagExample } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { TokenTagger, type Tag, type TaggerModel } from '../../../models/tasks/index';
import { grouped } from '../../../models/tasks/token_tagger';
import { kindsIn } from '../kinds';
import { wordsOf, type Word } from '../words';
import type { OpenOptions } from './encoder';
import type { Tagged, TagMistake } from './protocol';
import { headOf, openPupil, Pupil } from './pupil';

interface Tools extends Record<string, Disposable> {
  readonly tagger: TokenTagger;
}

export class Tagger extends Pupil<Tools> {
  /** `labels`: of a head that is to learn; null for a checkpoint that has its own. */
  static async open(
    folder: ModelFolder,
    labels: readonly string[] | null,
    options: OpenOptions,
  ): Promise<Tagger> {
    const names = labels ?? (await headOf(folder, options.signal)).labels;
    if (names.length < 2)
      throw new EngineError('Tagger', 'config.json names no tags', 'Open a model that has some.');
    const task = tagging({ labels: names });
    return new Tagger(options.device, await openPupil(folder, task, labels === null, options), names);
  }

  /**
   * Names with their places; words, where tags have no B- and I-. As `tag({ aggregation: 'first' })` joins them, but word by word with a
   * space between, as its examples were read: marks are no part of the word before.
   */
  async tag(text: string, signal: AbortSignal): Promise<Tagged> {
    const kinds = kindsIn(this.labels);
    const words = wordsOf(text);
    if (words.length === 0) return { tags: [], kinds };
    const read = joined(words.map(({ start, end }) => text.slice(start, end)));
    const [told] = await this.#first([read], signal);
    const parts = words.flatMap(({ start, end }, i) => {
      const { label, score } = told[i] ?? {};
      return label === undefined || score === undefined ? [] : [{ label, score, start, end }];
    });
    const named = this.labels.some((label) => /^[BIES]-/.test(label));
    const tags = (named ? grouped(parts) : parts).filter(({ label }) => label !== 'O');
    return { tags: tags.map((tag): Tag => ({ ...tag, text: text.slice(tag.start, tag.end) })), kinds };
  }

  /** Sentences with words that it takes for something else, those with most first. */
  async mistakes(examples: readonly TagExample[], signal: AbortSignal): Promise<TagMistake[]> {
    const read = examples.map(({ words }) => joined(words));
    const told = await this.#first(read, signal);
    return examples
      .map(({ tags }, e) => {
        const { line: text, places } = read[e];
        const words = places.flatMap((place, i) => {
          const [label, other] = [this.labels[tags[i]], told[e][i]?.label];
          return other === undefined || other === label ? [] : [{ ...place, label, told: other }];
        });
        return { text, words };
      })
      .filter(({ words }) => words.length > 0)
      .sort((a, b) => b.words.length - a.words.length);
  }

  /** What the first token of each word is taken for. */
  async #first(read: readonly Joined[], signal: AbortSignal): Promise<(Tag | undefined)[][]> {
    const how = { aggregation: 'none', ignore: [], long: 'windows', signal } as const;
    const tokens = await this.tools.tagger.tag(
      read.map(({ line }) => line),
      how,
    );
    return read.map(({ places }, i) =>
      places.map(({ start, end }) => tokens[i].find((token) => token.end > start && token.start < end)),
    );
  }

  protected make(device: Device): Tools {
    const { loaded, tokenizer } = this.opened;
    return { tagger: new TokenTagger(device, loaded.model as unknown as TaggerModel, tokenizer) };
  }
}

/** Words with a space between, as `tagging` reads them, and where each stands. */
interface Joined {
  readonly line: string;
  readonly places: readonly Word[];
}

function joined(words: readonly string[]): Joined {
  let end = -1;
  const places = words.map((word): Word => {
    const start = end + 1;
    end = start + word.length;
    return { start, end };
  });
  return { line: words.join(' '), places };
}
