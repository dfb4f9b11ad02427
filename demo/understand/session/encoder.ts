/** The encoder that was chosen, as it came: fills in hidden words, and gives rows of numbers for texts. */
import { encodingOf, EngineError, type Device } from '../../../engine/index';
import { load, loadTokenizer, type ModelFolder } from '../../../models/index';
import {
  MaskFiller,
  openEmbedder,
  SentenceEmbedder,
  type EncoderModel,
  type MaskedModel,
} from '../../../models/tasks/index';
import type { LoadedTokenizer } from '../../../models/index';
import type { Found } from '../../bring/session/protocol';
import { masked, wordsOf, type Blanked } from '../words';
import { beyond, type Beyond } from './beyond';
import type { Candidate, Filled, ScoredWord } from './protocol';

export interface OpenOptions {
  readonly device: Device;
  readonly signal: AbortSignal;
  readonly onWeights: (done: number, total: number) => void;
}

/** Candidates for a blank, and words of a text that are tried one by one. */
const MOST = { candidates: 10, words: 64 } as const;

export class Encoder implements Disposable {
  readonly device: Device;
  readonly width: number;
  readonly context: number;
  readonly embedder: SentenceEmbedder;
  /** Whether nearness of its rows was trained: otherwise all have a large part in common. */
  readonly embeds: boolean;
  readonly #filler: MaskFiller | null;
  readonly #tokenizer: LoadedTokenizer;
  readonly #owned: readonly Disposable[];

  private constructor(
    device: Device,
    { config }: EncoderModel,
    parts: {
      readonly embedder: SentenceEmbedder;
      readonly filler: MaskFiller | null;
      readonly tokenizer: LoadedTokenizer;
      readonly owned: readonly Disposable[];
    },
  ) {
    [this.device, this.width, this.context] = [device, config.width, config.context];
    [this.embedder, this.#filler] = [parts.embedder, parts.filler];
    [this.#tokenizer, this.#owned, this.embeds] = [parts.tokenizer, parts.owned, parts.filler === null];
  }

  /** A load that fails or is aborted leaves nothing on the device. */
  static async open(
    folder: ModelFolder,
    { use, storage }: Found,
    { device, signal, onWeights }: OpenOptions,
  ): Promise<Encoder> {
    const { families } = await import('../../../models/families/index');
    const options = { device, families, signal, storage, onProgress: onWeights };
    if (use !== 'fill') {
      const opened = await openEmbedder(folder, options);
      const { embedder, tokenizer, loaded } = opened;
      const parts = { embedder, filler: null, tokenizer, owned: [opened] };
      return new Encoder(device, loaded.model as EncoderModel, parts);
    }
    const tokenizer = await loadTokenizer(folder, { signal });
    const loaded = await load(folder, options);
    try {
      const model = loaded.model as unknown as MaskedModel & EncoderModel;
      const filler = new MaskFiller(device, model, tokenizer);
      const embedder = new SentenceEmbedder(device, model, tokenizer);
      return new Encoder(device, model, { embedder, filler, tokenizer, owned: [filler, embedder, loaded] });
    } catch (error) {
      loaded[Symbol.dispose]();
      throw error;
    }
  }

  get fills(): boolean {
    return this.#filler !== null;
  }

  beyond(text: string): Beyond {
    return beyond(this.#tokenizer, text, this.context);
  }

  /** What may stand in the blank. */
  async fill({ text, blank }: Blanked, signal: AbortSignal): Promise<Filled> {
    const filler = this.#expectFiller();
    const asked = masked(text, [blank], filler.mask);
    const [[found]] = await filler.fill([asked], { topK: MOST.candidates, long: 'cut', signal });
    const own = this.#tokenOf(text, blank);
    const [[[hidden]]] =
      own === null ? [[[null]]] : await filler.fill([asked], { targets: [own], long: 'cut', signal });
    return { candidates: found.map(candidate), hidden: hidden && candidate(hidden), ...this.beyond(asked) };
  }

  /** By how much the logarithm of a token's probability falls where another word is hidden, too: for each of the others. */
  async reasons({ text, blank }: Blanked, token: number, signal: AbortSignal): Promise<ScoredWord[]> {
    const filler = this.#expectFiller();
    const others = wordsOf(text)
      .filter(({ start, end }) => end <= blank.start || start >= blank.end)
      .slice(0, MOST.words);
    const texts = [[], ...others.map((word) => [word])].map((more) =>
      masked(text, [blank, ...more], filler.mask),
    );
    const found = await filler.fill(texts, { targets: [token], topK: 1, long: 'cut', signal });
    const shares = found.map((places, i) => {
      const place = i > 0 && others[i - 1].end <= blank.start ? 1 : 0;
      return places[place]?.[0].score ?? NaN; // beyond where a long text is cut
    });
    return others.map((word, i) => {
      const score = Math.log(shares[0] / shares[i + 1]);
      return { ...word, score: Number.isFinite(score) ? score : 0 };
    });
  }

  #expectFiller(): MaskFiller {
    if (this.#filler) return this.#filler;
    throw new EngineError('Fill', 'this model was not trained to fill in words', 'Choose one that was.');
  }

  /** The token that a word is where it stands; null for one of several. */
  #tokenOf(text: string, { start, end }: Blanked['blank']): number | null {
    if (start === end) return null;
    const spaced = /\s$/u.test(text.slice(0, start));
    const { ids, texts } = encodingOf(this.#tokenizer, `${spaced ? ' ' : ''}${text.slice(start, end)}`);
    const own = ids.filter((_, t) => texts[t] >= 0); // those that stand for the text's ends are not
    return own.length === 1 ? own[0] : null;
  }

  [Symbol.dispose](): void {
    for (const one of this.#owned) one[Symbol.dispose]();
  }
}

const candidate = ({
  token,
  text,
  score,
}: {
  readonly token: number;
  readonly text: string;
  readonly score: number;
}): Candidate => ({ token, text: text.trim(), share: score });
