/** Which words of a text decided what a classifier says of it. */
import {
  DataError,
  EngineError,
  expectOneOf,
  expectOptions,
  type Device,
  type Encoding,
  type Tokenizer,
} from '../../engine/index';
import { hasToken } from '../tasks/has_token';
import {
  encodingsOf,
  expectFinite,
  expectVocabulary,
  specialIds,
  type Long,
  type TextOrPair,
} from '../tasks/inputs';
import { logitsReader } from '../tasks/logits_reader';
import type { TaskOptions, TextReader } from '../tasks/text_reader';
import { TextEncoder } from '../text_encoder';
import { AttentionMaps } from './attention_flow';
import { rollout } from './rollout';
import { PathGradients, type ExplainedModel } from './gradients';
import { logOdds } from './log_odds';

/**
 * How tokens are scored:
 * - 'integratedGradients': gradients along the way from a text of masks to this one, times what each token adds (Sundararajan et al. 2017);
 * - 'gradientInput': the gradient at the text, times the token's row;
 * - 'leaveOneOut': by how much the score falls where the token is left out;
 * - 'attention': what the first token's row looks at in the last layer, the mean over heads;
 * - 'rollout': the same through all layers (Abnar and Zuidema 2020).
 * Attention tells where, not for or against: its scores are never below 0.
 */
export const EXPLANATIONS = [
  'integratedGradients',
  'gradientInput',
  'leaveOneOut',
  'attention',
  'rollout',
] as const;
/** One of the ways in `EXPLANATIONS`. */
export type ExplanationMethod = (typeof EXPLANATIONS)[number];

/** Which label `Explainer.explain` is asked about, and how it finds what speaks for it. */
export interface ExplainOptions extends TaskOptions {
  /** Default 'integratedGradients'. */
  readonly method?: ExplanationMethod;
  /** The label that is explained. Default: the likeliest. */
  readonly target?: string;
  /** Points of the path, of integrated gradients. Default 32. */
  readonly steps?: number;
  readonly long?: Long;
}

/** A token of a text, and how much it speaks for a label. */
export interface ExplainedToken {
  /** As it stands in its text. */
  readonly text: string;
  /** Of a pair the text that it is of, 0 or 1, and there [start, end) in UTF-16 units. */
  readonly of: number;
  readonly start: number;
  readonly end: number;
  /** Above 0 it speaks for the label, below 0 against it. In log-odds, but for attention, whose scores are shares. */
  readonly score: number;
}

/** What speaks for a label of a text, token by token. */
export interface Explanation {
  readonly target: string;
  /** ln p / (1 - p) of the label; a regression's number. */
  readonly logOdds: number;
  /** The text's own tokens, in order. */
  readonly tokens: readonly ExplainedToken[];
  /**
   * Of integrated gradients: by how much the scores of all tokens miss the difference of log-odds between the text and that of masks, which they
   * should sum up to. More `steps` bring it down. Null for other methods.
   */
  readonly gap: number | null;
}

/** Explains what a classifier of texts says. */
export class Explainer implements Disposable {
  readonly #model: ExplainedModel;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;
  readonly #gradients: PathGradients;
  readonly #maps: AttentionMaps;
  /** Stands for a token that is not there. */
  readonly #blank: number;

  /** Throws `DataError` for a tokenizer of another model, `EngineError` for a model whose tokens' rows cannot be given. */
  constructor(device: Device, model: ExplainedModel, tokenizer: Tokenizer) {
    const given = model as Partial<ExplainedModel>;
    if (!((model as unknown) instanceof TextEncoder) || !given.labels || !given.problem) {
      const what = 'the model is no classifier that reads texts in both directions';
      throw new EngineError('Explainer', what, 'Give one, such as SequenceClassifier.');
    }
    expectVocabulary('Explainer', tokenizer, model.config.vocabulary);
    [this.#model, this.#tokenizer] = [model, tokenizer];
    this.#reader = logitsReader('Explainer', device, model, tokenizer);
    this.#gradients = new PathGradients(device, model);
    this.#maps = new AttentionMaps(device, model);
    this.#blank = blankOf(tokenizer);
  }

  /** Throws `DataError` for a text that cannot be read and a label that is not the model's, the signal's reason. */
  async explain(text: TextOrPair, options: ExplainOptions = {}): Promise<Explanation> {
    const { method = 'integratedGradients', target, steps = 32, long, signal, onProgress } = options;
    expectOptions('explain', options, { method, target, steps, long, signal, onProgress });
    expectOneOf('explain', 'method', method, EXPLANATIONS);
    if (!(Number.isInteger(steps) && steps >= 1 && steps <= 4096))
      throw new EngineError('explain', `steps is ${steps}`, 'Use a whole number from 1 to 4096.');
    if (options.steps !== undefined && method !== 'integratedGradients')
      throw new EngineError('explain', `steps is given, but ${method} has no path`, 'Leave it out.');
    const { labels, problem } = this.#model;
    const { encoding, own } = this.#encoded(text, long);
    const [logits] = await this.#read([encoding], signal);
    const number = target === undefined ? likeliest(logits) : this.#numberOf(target);
    const value = logOdds(logits, number, problem);
    const { scores, gap } = await this.#scores(method, { encoding, own, number, value, steps }, options);
    const parts = typeof text === 'string' ? [text] : text;
    const tokens = own.map((t, i) => {
      const [start, end] = encoding.offsets.subarray(2 * t, 2 * t + 2);
      const of = encoding.texts[t];
      return { text: parts[of].slice(start, end), of, start, end, score: scores[i] };
    });
    return { target: labels[number], logOdds: value, tokens, gap };
  }

  async #scores(
    method: ExplanationMethod,
    asked: {
      readonly encoding: Encoding;
      readonly own: readonly number[];
      readonly number: number;
      readonly value: number;
      readonly steps: number;
    },
    { signal, onProgress }: ExplainOptions,
  ): Promise<{ readonly scores: readonly number[]; readonly gap: number | null }> {
    const { encoding, own, number, value, steps } = asked;
    if (method === 'leaveOneOut') {
      const others = own.map((t) => without(encoding, [t]));
      const read = await this.#read(others, signal, onProgress);
      return {
        scores: read.map((logits) => value - logOdds(logits, number, this.#model.problem)),
        gap: null,
      };
    }
    if (method === 'attention' || method === 'rollout') {
      const maps = await this.#maps.of(encoding);
      const T = encoding.ids.length;
      const flow = method === 'attention' ? maps.at(-1)! : rollout(maps, T);
      return { scores: own.map((t) => flow[t]), gap: null }; // row 0: the token that classes are read from
    }
    const rows = await this.#gradients.rows(encoding.ids);
    const E = rows.length / encoding.ids.length;
    const products = (gradient: Float64Array, base: Float32Array | null): number[] =>
      own.map((t) => {
        let sum = 0;
        for (let i = t * E; i < (t + 1) * E; i++) sum += gradient[i] * (rows[i] - (base?.[i] ?? 0));
        return sum;
      });
    if (method === 'gradientInput') {
      const { gradient } = await this.#gradients.along(
        encoding,
        number,
        { base: rows, rows, points: [1] },
        signal,
      );
      return { scores: products(gradient, null), gap: null };
    }
    const blank = encoding.ids.slice();
    for (const t of own) blank[t] = this.#blank;
    const base = await this.#gradients.rows(blank);
    const points = Array.from({ length: steps }, (_, k) => (k + 0.5) / steps);
    const { gradient } = await this.#gradients.along(encoding, number, { base, rows, points }, signal);
    const scores = products(gradient, base);
    const [hidden] = await this.#read([{ ...encoding, ids: blank }], signal);
    const difference = value - logOdds(hidden, number, this.#model.problem);
    onProgress?.(1, 1);
    return { scores, gap: scores.reduce((a, b) => a + b, 0) - difference };
  }

  /** Log-odds of a label where tokens of a text are left out, by their places among its own. For `faithfulness`. */
  async logOddsWithout(
    text: TextOrPair,
    target: string,
    left: readonly (readonly number[])[],
    options: TaskOptions & { readonly long?: Long } = {},
  ): Promise<number[]> {
    const { signal, onProgress, long } = options;
    expectOptions('logOddsWithout', options, { signal, onProgress, long });
    const { problem } = this.#model;
    const number = this.#numberOf(target);
    const { encoding, own } = this.#encoded(text, long);
    const outside = left.flat().find((place) => !(place in own));
    if (outside !== undefined) {
      const what = `there is no token ${outside} of ${own.length}`;
      throw new DataError('logOddsWithout', what, "Give places among the text's own tokens, from 0.");
    }
    const texts = left.map((places) =>
      without(
        encoding,
        places.map((i) => own[i]),
      ),
    );
    return (await this.#read(texts, signal, onProgress)).map((logits) => logOdds(logits, number, problem));
  }

  #numberOf(label: string): number {
    const { labels } = this.#model;
    const number = labels.indexOf(label);
    if (number >= 0) return number;
    throw new DataError('explain', `it has no label "${label}"`, `It has ${labels.join(', ')}.`);
  }

  /** A text's tokens, and the places of its own among them. */
  #encoded(
    text: TextOrPair,
    long: Long | undefined,
  ): { readonly encoding: Encoding; readonly own: readonly number[] } {
    const { context } = this.#model.config;
    const [encoding] = encodingsOf('explain', this.#tokenizer, [text], { context, long });
    return { encoding, own: [...encoding.texts.keys()].filter((t) => encoding.texts[t] >= 0) };
  }

  async #read(
    texts: readonly Encoding[],
    signal: AbortSignal | undefined,
    onProgress?: TaskOptions['onProgress'],
  ): Promise<Float32Array[]> {
    const found: Float32Array[] = [];
    const take = (i: number, { logits }: Readonly<Record<string, Float32Array>>): void => {
      expectFinite('explain', logits);
      found[i] = logits.slice();
    };
    await this.#reader.read(texts, take, { ...(signal && { signal }), ...(onProgress && { onProgress }) });
    return found;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#gradients[Symbol.dispose]();
    this.#maps[Symbol.dispose]();
  }
}

const likeliest = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

/** A text without some of its tokens. */
function without(encoding: Encoding, places: readonly number[]): Encoding {
  const left = new Set(places);
  const kept = (_: unknown, t: number): boolean => !left.has(t);
  const { ids, segments, texts, offsets, words } = encoding;
  return {
    ids: ids.filter(kept),
    segments: segments.filter(kept),
    texts: texts.filter(kept),
    offsets: offsets.filter((_, i) => !left.has(i >> 1)),
    words: words.filter(kept),
  };
}

/** The mask, or else padding, or else the first special token. */
function blankOf(tokenizer: Tokenizer): number {
  const special = [...specialIds(tokenizer)].filter((id) => hasToken(tokenizer, id));
  const named = (pattern: RegExp): number | undefined =>
    special.find((id) => pattern.test(tokenizer.token(id)));
  const blank = named(/mask/i) ?? named(/pad/i) ?? special[0];
  if (blank !== undefined) return blank;
  throw new DataError('Explainer', 'the tokenizer has no special token', 'Give one with a mask or padding.');
}
