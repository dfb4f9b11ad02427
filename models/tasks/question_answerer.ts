import {
  DataError,
  expectOneOf,
  expectOptions,
  windowsOf,
  type Device,
  type Encoding,
  type Graph,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import { expectFinite, named, softmaxOf } from './inputs';
import { logitsReader, type HeadModel } from './logits_reader';
import type { TaskOptions, TextReader, Texts } from './text_reader';

/** A model that tells where an answer begins and ends, such as `QuestionAnswering`. */
export interface SpanModel extends HeadModel {
  /** -> logits (B, T, 2). */
  forward(g: Graph, ids: Tensor, input: Texts['input']): Tensor;
}

/** A question and the text to look for its answer in. */
export interface Question {
  readonly question: string;
  /** The text that holds the answer, of any length. */
  readonly context: string;
}

/** A stretch of a text that answers a question. */
export interface Answer {
  /** As it stands in the context; empty where there is none. */
  readonly text: string;
  /** [start, end) in UTF-16 units of the context. */
  readonly start: number;
  readonly end: number;
  /** The probabilities of its begin and its end, multiplied. */
  readonly score: number;
}

/** How many answers `QuestionAnswerer` gives, how long they are, and how long texts are read. */
export interface AnswerOptions extends TaskOptions {
  /** How many answers to each question. Default 1. */
  readonly topK?: number;
  /** The longest answer, in tokens. Default 15. */
  readonly maxAnswer?: number;
  /** Tokens of a window, question included. Default 384, or the model's context where that is shorter. */
  readonly maxLength?: number;
  /** Tokens that a window shares with the one before. Default 128, or half of `maxLength` where that is less. */
  readonly stride?: number;
  /** Whether there may be no answer, which models that were trained so (SQuAD 2) tell by the first token. Default false. */
  readonly impossible?: boolean;
}

/** Answers questions with words of a text. */
export class QuestionAnswerer implements Disposable {
  readonly #model: SpanModel;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;

  /** Throws `DataError` for a tokenizer of another model. */
  constructor(device: Device, model: SpanModel, tokenizer: Tokenizer) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#reader = logitsReader('QuestionAnswerer', device, model, tokenizer);
  }

  /**
   * Answers to each question, the likeliest first. A long context is read in windows that overlap; whole words are answered.
   *
   * Throws `DataError` for a question that leaves no place for the context, the signal's reason.
   */
  async answer(questions: readonly Question[], options: AnswerOptions = {}): Promise<Answer[][]> {
    const most = Math.min(384, this.#model.config.context);
    const { topK = 1, maxAnswer = 15, maxLength = most, impossible = false, signal, onProgress } = options;
    const { stride = Math.min(128, Math.floor(maxLength / 2)) } = options;
    expectOptions('answer', options, { topK, maxAnswer, maxLength, stride, impossible, signal, onProgress });
    for (const [name, value] of Object.entries({ topK, maxAnswer, maxLength })) {
      if (Number.isInteger(value) && value >= 1) continue;
      throw new DataError('answer', `${name} is ${String(value)}`, 'Use a whole number of at least 1.');
    }
    if (maxLength > this.#model.config.context) {
      const what = `maxLength is ${maxLength}, the model reads ${this.#model.config.context} tokens`;
      throw new DataError('answer', what, 'Make windows shorter: a long context is read in several.');
    }
    expectOneOf('answer', 'impossible', impossible, [true, false]);
    expectQuestions(questions);
    const windows: Encoding[] = [];
    const owners: number[] = [];
    questions.forEach(({ question, context }, i) => {
      const how = { pair: context, maxLength, stride };
      const own = named('answer', `question ${i}`, () => windowsOf(this.#tokenizer, question, how));
      if (!own[0].texts.includes(1)) {
        throw new DataError(
          'answer',
          `the context of ${i} has no token`,
          'Give a text that the model reads.',
        );
      }
      for (const window of own) {
        windows.push(window);
        owners.push(i);
      }
    });
    const found: Answer[][] = questions.map(() => []);
    const none: number[] = questions.map(() => Infinity);
    await this.#reader.read(
      windows,
      (k, { logits }) => {
        expectFinite('answer', logits);
        const { spans, nothing } = spansOf(windows[k], logits, { topK, maxAnswer });
        const { context } = questions[owners[k]];
        for (const s of spans) found[owners[k]].push({ ...s, text: context.slice(s.start, s.end) });
        none[owners[k]] = Math.min(none[owners[k]], nothing);
      },
      options,
    );
    return found.map((answers, i) => {
      if (impossible) answers.push({ text: '', start: 0, end: 0, score: none[i] });
      return answers.sort((a, b) => b.score - a.score).slice(0, topK);
    });
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

/** For callers without types. */
function expectQuestions(given: readonly unknown[]): void {
  const list: unknown = given;
  if (!Array.isArray(list)) throw new DataError('answer', 'the questions are no list', 'Give a list.');
  for (const [i, one] of (list as readonly (Question | null | undefined)[]).entries()) {
    for (const name of ['question', 'context'] as const) {
      const text: unknown = one?.[name];
      if (typeof text === 'string' && text.trim() !== '') continue;
      const what = typeof text === 'string' ? 'empty' : `no text, but ${JSON.stringify(text)}`;
      throw new DataError('answer', `the ${name} of ${i} is ${what}`, 'Give a text.');
    }
  }
}

type Span = Omit<Answer, 'text'>;

/**
 * The best spans of a window, within its part of the context; and how likely it holds no answer. Probabilities are those among
 * tokens of the context and the first one.
 */
function spansOf(
  window: Encoding,
  logits: Float32Array,
  { topK, maxAnswer }: { readonly topK: number; readonly maxAnswer: number },
): { readonly spans: readonly Span[]; readonly nothing: number } {
  const own = [...window.texts.keys()].filter((at) => window.texts[at] === 1);
  const candidates = [0, ...own];
  const [starts, ends] = [0, 1].map((side) => softmaxOf(candidates.map((at) => logits[2 * at + side])));
  const spans: { readonly from: number; readonly to: number; readonly score: number }[] = [];
  let least = -1;
  const best = (): typeof spans => {
    spans.sort((x, y) => y.score - x.score).splice(topK);
    return spans;
  };
  for (let a = 1; a < candidates.length; a++) {
    for (let b = a; b < Math.min(candidates.length, a + maxAnswer); b++) {
      const score = starts[a] * ends[b];
      if (score <= least) continue;
      spans.push({ from: candidates[a], to: candidates[b], score });
      // Sorted now and then: a model that is asked for all spans has the square of its context.
      if (spans.length < 2 * topK) continue;
      least = best().at(-1)!.score;
    }
  }
  best();
  // The words that the ends are in.
  const edge = (at: number, side: 0 | 1): number => {
    const word = own.filter((k) => window.words[k] === window.words[at]);
    return window.offsets[2 * word.at(side === 0 ? 0 : -1)! + side];
  };
  return {
    spans: spans.map(({ from, to, score }) => ({ start: edge(from, 0), end: edge(to, 1), score })),
    nothing: starts[0] * ends[0],
  };
}
