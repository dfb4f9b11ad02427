/** A model on the device that answers questions with words of a text. */
import { windowsOf, type Device } from '../../../engine/index';
import { answering, type AnswerExample } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { QuestionAnswerer, type Answer, type SpanModel } from '../../../models/tasks/index';
import type { OpenOptions } from './encoder';
import type { Answered, Asked, AskMistake } from './protocol';
import { openPupil, Pupil } from './pupil';

/** Tokens of a window at most, of an answer, answers that are told, and those that they are chosen from. */
export const ASK_LENGTH = 384;
const LONGEST = 30;
const [TOLD, CHOSEN_FROM] = [5, 500];

interface Tools extends Record<string, Disposable> {
  readonly answerer: QuestionAnswerer;
}

export class Answerer extends Pupil<Tools> {
  /** `fresh`: a head that is to learn; else the checkpoint's own. */
  static async open(folder: ModelFolder, fresh: boolean, options: OpenOptions): Promise<Answerer> {
    return new Answerer(options.device, await openPupil(folder, answering(), !fresh, options), []);
  }

  async answer({ question, context, impossible }: Asked, signal: AbortSignal): Promise<Answered> {
    const { how, length, stride } = this.#reading;
    const asked = { ...how, impossible, topK: CHOSEN_FROM, signal };
    const [found] = await this.tools.answerer.answer([{ question, context }], asked);
    const answers: Answer[] = [];
    for (const one of found) {
      const apart = answers.every(({ start, end }) => one.end <= start || one.start >= end);
      const none = one.text === '';
      if (none ? answers.every(({ text }) => text !== '') : apart) answers.push(one);
      if (answers.length === TOLD) break;
    }
    const windows = windowsOf(this.opened.tokenizer, question, { pair: context, maxLength: length, stride });
    return { answers, windows: windows.length, length };
  }

  /** Questions that it answers with other words, the surest first. */
  async mistakes(examples: readonly AnswerExample[], signal: AbortSignal): Promise<AskMistake[]> {
    const impossible = examples.some(({ answers }) => answers.length === 0);
    const told = await this.tools.answerer.answer(examples, { ...this.#reading.how, impossible, signal });
    return examples
      .map(({ context, question, answers }, i) => {
        const right = answers.length > 0 ? answers.map(({ text }) => text) : [''];
        const [{ text, score } = { text: '', score: 0 }] = told[i];
        return {
          context,
          question,
          answer: right[0],
          told: text,
          share: score,
          wrong: !right.includes(text),
        };
      })
      .filter(({ wrong }) => wrong)
      .sort((a, b) => b.share - a.share)
      .map(({ wrong: _, ...mistake }) => mistake);
  }

  /** As `answering` reads what it learns from. */
  get #reading() {
    const { config } = this.opened.loaded.model as { readonly config: { readonly context: number } };
    const length = Math.min(ASK_LENGTH, config.context);
    const stride = Math.floor(length / 4);
    const how = { maxLength: length, stride, maxAnswer: Math.min(LONGEST, length) };
    return { how, length, stride };
  }

  protected make(device: Device): Tools {
    const { loaded, tokenizer } = this.opened;
    return { answerer: new QuestionAnswerer(device, loaded.model as unknown as SpanModel, tokenizer) };
  }
}
